//! What a hook is fired with, put together from the command line.

use std::path::Path;

use serde_json::{Map, Value};

use super::exit::Usage;
use super::source;
use crate::cli::Payload;
use crate::output::Failure;

/// The payload, with the fields in it; an empty object if nothing is given.
pub(super) fn read(arguments: &Payload) -> Result<Value, Failure> {
    let mut payload = match arguments.payload.as_deref() {
        None => Value::Object(Map::new()),
        Some("-") => source::read_one(Path::new("-"))?,
        Some(text) => match text.strip_prefix('@') {
            Some(file) => source::read_one(Path::new(file))?,
            None => serde_json::from_str(text)
                .map_err(|error| Usage(format!("--payload must be JSON, @FILE or -: {error}")))?,
        },
    };
    if !arguments.fields.is_empty() {
        let Value::Object(members) = &mut payload else {
            return Err(Usage("--field needs a payload that is an object".to_owned()).into());
        };
        members.extend(arguments.properties());
    }
    Ok(payload)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn payload(payload: Option<&str>, fields: &[&str]) -> Result<Value, Failure> {
        let fields = fields.iter().map(|field| field.parse().unwrap()).collect();
        read(&Payload { payload: payload.map(str::to_owned), fields })
    }

    #[test]
    fn fields_are_put_into_it() {
        assert_eq!(payload(None, &[]).unwrap(), json!({}));
        assert_eq!(
            payload(Some(r#"{"a": 1, "b": 2}"#), &["b=x", "c:=[3]"]).unwrap(),
            json!({"a": 1, "b": "x", "c": [3]})
        );
        assert_eq!(payload(Some("3"), &[]).unwrap(), 3);
        for wrong in [payload(Some("{a: 1}"), &[]), payload(Some("3"), &["a=b"])] {
            assert!(wrong.unwrap_err().is::<Usage>());
        }
    }

    #[test]
    fn it_may_be_in_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "a: [1, no]\n").unwrap();
        let argument = format!("@{}", file.path().display());
        assert_eq!(payload(Some(&argument), &[]).unwrap(), json!({"a": [1, "no"]}));
        assert!(payload(Some("@/nowhere/at/all"), &[]).is_err());
    }
}
