//! The one hook that `render` and `next` are about.

use super::connect;
use super::definition::Definition;
use super::exit::Usage;
use super::source::{self, Item, Mistakes};
use crate::cli::{HooksCommon, Which};
use crate::output::Failure;

/// The group and the id of a hook of a file that nobody named.
const UNNAMED: &str = "unnamed";

/// The service's hook of that name, or the file's.
pub(super) async fn find(which: &Which, common: &HooksCommon) -> Result<Definition, Failure> {
    match (&which.file, &which.hook) {
        (Some(file), _) => Ok(of_file(source::read(std::slice::from_ref(file))?, which)?),
        (None, Some(hook)) => Ok(Definition::stored(hook, &connect(common)?.hook(hook).await?)),
        (None, None) => Err(Usage("name a hook, as GROUP/ID or with --file".to_owned()).into()),
    }
}

fn of_file(mut items: Vec<Item>, which: &Which) -> Result<Definition, Failure> {
    let (group, id) = which.hook.as_ref().map_or((UNNAMED, UNNAMED), |hook| (hook.group(), hook.id()));
    if which.hook.is_some() {
        let is = |item: &Item, property: &str, given: &str| {
            item.value.get(property).is_none_or(|said| said.as_str() == Some(given))
        };
        items.retain(|item| is(item, "hookGroupId", group) && is(item, "hookId", id));
    }
    let found = items.len();
    match items.pop() {
        Some(item) if found == 1 => {
            Definition::check(item, Some(group), Some(id)).map_err(|mistakes| Mistakes(mistakes).into())
        }
        Some(_) => Err(Usage(format!("there are {found} hooks in the file: name one, as GROUP/ID")).into()),
        None => Err(Usage("there is no such hook in the file".to_owned()).into()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn item(ids: Value) -> Item {
        let mut value = json!({"metadata": {"name": "n", "description": "d", "owner": "o"}, "task": {}});
        value.as_object_mut().unwrap().extend(ids.as_object().unwrap().clone());
        Item { origin: "f:1".into(), value }
    }

    fn found(items: &[Item], hook: Option<&str>) -> Result<String, Failure> {
        let which = Which { hook: hook.map(|hook| hook.parse().unwrap()), file: None };
        of_file(items.to_vec(), &which).map(|definition| definition.name.to_string())
    }

    #[test]
    fn a_file_may_have_several() {
        let (a, b) = (
            item(json!({"hookGroupId": "g", "hookId": "a"})),
            item(json!({"hookGroupId": "g", "hookId": "b"})),
        );
        assert_eq!(found(&[a.clone(), b.clone()], Some("g/b")).unwrap(), "g/b");
        assert_eq!(found(std::slice::from_ref(&a), None).unwrap(), "g/a");
        assert_eq!(found(&[item(json!({}))], Some("x/y")).unwrap(), "x/y");
        assert_eq!(found(&[item(json!({}))], None).unwrap(), "unnamed/unnamed");
        for wrong in [found(&[a.clone(), b], None), found(&[a], Some("g/c")), found(&[], None)] {
            assert!(wrong.unwrap_err().is::<Usage>());
        }
    }
}
