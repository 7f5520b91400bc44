//! `$map`, `$find` and `$reduce`.

use super::{Engine, Scope};
use crate::error::Error;
use crate::template::{Code, Each, Fold, Node};
use crate::value::{Array, Object, Record, Text, Val};

type Compiled<T> = Result<T, Error>;

impl<'v> Engine<'v> {
    pub(super) fn map(
        &self,
        over: &'v Node,
        each: &'v Compiled<Each<Node>>,
        scope: &Scope<'_, 'v>,
    ) -> Result<Val<'v>, Error> {
        let over = self.operand(over, scope)?;
        if !matches!(over, Val::Array(_) | Val::Object(_)) {
            return Err(Error::template("$map value must evaluate to an array or object"));
        }
        let each = each.as_ref().map_err(Error::clone)?;
        match over {
            Val::Object(object) => self.map_object(&object, each, scope),
            Val::Array(array) => self.map_array(&array, each, scope),
            _ => Ok(Val::Null),
        }
    }

    fn map_array(
        &self,
        array: &Array<'v>,
        each: &'v Each<Node>,
        scope: &Scope<'_, 'v>,
    ) -> Result<Val<'v>, Error> {
        let mut items = Vec::new();
        for (index, item) in array.iter().enumerate() {
            let names = self.names(each, item, Val::number(index as f64));
            if let Some(item) = self.render(&each.body, &scope.with_names(&names))? {
                self.budget.items(1)?;
                items.push(item);
            }
        }
        self.array_of_paid(items)
    }

    /// Each entry makes an object; the result is these merged.
    fn map_object(
        &self,
        object: &Object<'v>,
        each: &'v Each<Node>,
        scope: &Scope<'_, 'v>,
    ) -> Result<Val<'v>, Error> {
        let mut result = Record::default();
        for (key, value) in object.iter() {
            let names = match each.index {
                Some(_) => self.names(each, value, Val::Text(key)),
                None => vec![(&*each.item, self.entry(key, value)?)],
            };
            match self.render(&each.body, &scope.with_names(&names))? {
                None => {}
                Some(Val::Object(object)) => self.merge_into(&mut result, object)?,
                Some(_) => {
                    let name = &each.item;
                    let message = format!("$map on objects expects each({name}) to evaluate to an object");
                    return Err(Error::template(message));
                }
            }
        }
        self.object(result)
    }

    /// An entry of an object as one value.
    fn entry(&self, key: Text<'v>, value: Val<'v>) -> Result<Val<'v>, Error> {
        let mut record = Record::with_capacity(2);
        self.set(&mut record, Text::Borrowed("key"), Val::Text(key))?;
        self.set(&mut record, Text::Borrowed("val"), value)?;
        self.object(record)
    }

    fn names<B>(&self, each: &'v Each<B>, item: Val<'v>, index: Val<'v>) -> Vec<(&'v str, Val<'v>)> {
        let mut names = Vec::with_capacity(2);
        // The index first: in `each(x,x)` it hides the item.
        names.extend(each.index.as_ref().map(|name| (&**name, index)));
        names.push((&*each.item, item));
        names
    }

    pub(super) fn find(
        &self,
        over: &'v Node,
        each: &'v Compiled<Each<Code>>,
        scope: &Scope<'_, 'v>,
    ) -> Result<Option<Val<'v>>, Error> {
        let array = self.array_of(over, "$find value must evaluate to an array", scope)?;
        let each = each.as_ref().map_err(Error::clone)?;
        for (index, item) in array.iter().enumerate() {
            let names = self.names(each, item.clone(), Val::number(index as f64));
            if self.run(&each.body, &scope.with_names(&names))?.is_truthy() {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }

    pub(super) fn reduce(
        &self,
        over: &'v Node,
        each: &'v Compiled<Fold>,
        scope: &Scope<'_, 'v>,
    ) -> Result<Val<'v>, Error> {
        let array = self.array_of(over, "$reduce value must evaluate to an array", scope)?;
        let Fold { accumulator, initial, each } = each.as_ref().map_err(Error::clone)?;
        let mut result = Val::from(&**initial);
        for (index, item) in array.iter().enumerate() {
            let mut names = self.names(each, item, Val::number(index as f64));
            names.push((accumulator, result.clone()));
            if let Some(value) = self.render(&each.body, &scope.with_names(&names))? {
                result = value;
            }
        }
        Ok(result)
    }
}
