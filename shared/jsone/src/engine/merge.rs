//! `$merge` and `$mergeDeep`.

use super::{Engine, Scope};
use crate::error::Error;
use crate::template::Node;
use crate::value::{Object, Record, Val};

impl<'v> Engine<'v> {
    /// Objects into one: of a key that several have, the last value counts.
    pub(super) fn merge(&self, operand: &'v Node, scope: &Scope<'_, 'v>) -> Result<Val<'v>, Error> {
        let objects = self.objects(operand, "$merge value must evaluate to an array of objects", scope)?;
        let mut result = Record::default();
        for object in objects {
            self.merge_into(&mut result, object)?;
        }
        self.object(result)
    }

    /// As [`merge`](Self::merge), but arrays are joined and objects merged where both sides have one.
    pub(super) fn merge_deep(&self, operand: &'v Node, scope: &Scope<'_, 'v>) -> Result<Val<'v>, Error> {
        let objects =
            self.objects(operand, "$mergeDeep value must evaluate to an array of objects", scope)?;
        let mut result = Val::Object(Object::new(Record::default()));
        for object in objects {
            result = self.merge_values(result, Val::Object(object), 1)?;
        }
        Ok(result)
    }

    fn objects(
        &self,
        operand: &'v Node,
        wrong: &str,
        scope: &Scope<'_, 'v>,
    ) -> Result<Vec<Object<'v>>, Error> {
        let array = self.array_of(operand, wrong, scope)?;
        self.budget.steps(array.len())?;
        let object = |item| match item {
            Val::Object(object) => Ok(object),
            _ => Err(Error::template(wrong)),
        };
        array.into_items().into_iter().map(object).collect()
    }

    pub(super) fn merge_into(&self, result: &mut Record<'v>, object: Object<'v>) -> Result<(), Error> {
        object.iter().try_for_each(|(key, value)| self.set(result, key, value))
    }

    fn merge_values(&self, left: Val<'v>, right: Val<'v>, depth: usize) -> Result<Val<'v>, Error> {
        self.budget.depth(depth)?;
        match (left, right) {
            (Val::Array(left), Val::Array(right)) => {
                self.budget.items(left.len().saturating_add(right.len()))?;
                let mut items = left.into_items();
                items.extend(right.iter());
                self.array_of_paid(items)
            }
            (Val::Object(left), Val::Object(right)) => {
                self.budget.items(left.len())?;
                let mut result = left.into_record();
                for (key, value) in right.iter() {
                    let value = match result.get_mut(&key) {
                        Some(own) => {
                            self.merge_values(std::mem::replace(own, Val::Null), value, depth + 1)?
                        }
                        None => value,
                    };
                    self.set(&mut result, key, value)?;
                }
                self.object(result)
            }
            (_, right) => Ok(right),
        }
    }
}
