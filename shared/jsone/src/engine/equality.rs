//! `==` and `in`.

use super::Engine;
use crate::error::Error;
use crate::value::{Array, Object, Val};

impl<'v> Engine<'v> {
    /// Whether two values are equal, through and through. Nothing is converted; no NaN equals another.
    pub(super) fn equal(&self, left: &Val<'v>, right: &Val<'v>) -> Result<bool, Error> {
        self.equal_at(left, right, 0)
    }

    fn equal_at(&self, left: &Val<'v>, right: &Val<'v>, depth: usize) -> Result<bool, Error> {
        self.budget.step()?;
        match (left, right) {
            (Val::Null, Val::Null) => Ok(true),
            (Val::Bool(a), Val::Bool(b)) => Ok(a == b),
            (Val::Number(a), Val::Number(b)) => Ok(a.float() == b.float()),
            (Val::Text(a), Val::Text(b)) => {
                self.budget.scan(a.len().min(b.len()))?;
                Ok(a == b)
            }
            (Val::Function(a), Val::Function(b)) => Ok(a == b),
            (Val::Array(a), Val::Array(b)) => self.equal_arrays(a, b, depth + 1),
            (Val::Object(a), Val::Object(b)) => self.equal_objects(a, b, depth + 1),
            _ => Ok(false),
        }
    }

    fn equal_arrays(&self, left: &Array<'v>, right: &Array<'v>, depth: usize) -> Result<bool, Error> {
        self.budget.depth(depth)?;
        if left.len() != right.len() {
            return Ok(false);
        }
        for (a, b) in left.iter().zip(right.iter()) {
            if !self.equal_at(&a, &b, depth)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn equal_objects(&self, left: &Object<'v>, right: &Object<'v>, depth: usize) -> Result<bool, Error> {
        self.budget.depth(depth)?;
        if left.len() != right.len() {
            return Ok(false);
        }
        for (key, a) in left.iter() {
            self.budget.scan(key.len())?;
            let Some(b) = right.get(&key) else { return Ok(false) };
            if !self.equal_at(&a, &b, depth)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether `container` has `value`: as a key, as a part, or as an element.
    pub(super) fn contains(&self, value: &Val<'v>, container: &Val<'v>) -> Result<bool, Error> {
        match (container, value) {
            (Val::Object(object), Val::Text(key)) => {
                self.budget.scan(key.len())?;
                Ok(object.get(key).is_some())
            }
            (Val::Object(_), _) => Err(Error::interpreter("Infix: in-object expects string on left side")),
            (Val::Text(text), Val::Text(part)) => {
                self.budget.scan(text.len())?;
                Ok(text.contains(&**part))
            }
            (Val::Text(_), _) => Err(Error::interpreter("Infix: in-string expects string on left side")),
            (Val::Array(array), _) => {
                for item in array.iter() {
                    if self.equal(value, &item)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            _ => Err(Error::interpreter("Infix: in expects Array, string, or object on right side")),
        }
    }
}
