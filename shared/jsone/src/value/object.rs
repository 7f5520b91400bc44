//! Objects: keys in the order they came, found by hash once there are many.

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::{Map, Value, map};

use super::{Text, Val};

/// An object.
#[derive(Clone, Debug)]
pub(crate) enum Object<'v> {
    Borrowed(&'v Map<String, Value>),
    Shared(Rc<Record<'v>>),
}

/// An object made on the way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record<'v> {
    entries: Vec<(Text<'v>, Val<'v>)>,
    /// Where each key is in `entries`; empty while there are few.
    places: HashMap<Text<'v>, usize>,
    depth: usize,
}

/// Up to here looking through the entries is quicker than hashing.
const FEW: usize = 16;

impl<'v> Record<'v> {
    pub(crate) fn with_capacity(entries: usize) -> Self {
        Self { entries: Vec::with_capacity(entries), ..Self::default() }
    }

    /// Sets a key, in its old place if it had one.
    pub(crate) fn set(&mut self, key: Text<'v>, value: Val<'v>) {
        self.depth = self.depth.max(value.depth());
        if let Some(place) = self.place(&key) {
            self.entries[place].1 = value;
            return;
        }
        if self.entries.len() >= FEW {
            if self.places.is_empty() {
                let keys = self.entries.iter().map(|(key, _)| key.clone());
                self.places = keys.zip(0..).collect();
            }
            self.places.insert(key.clone(), self.entries.len());
        }
        self.entries.push((key, value));
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Val<'v>> {
        self.place(key).map(|place| &self.entries[place].1)
    }

    /// The value of a key. What it is replaced by must not go deeper.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Val<'v>> {
        self.place(key).map(|place| &mut self.entries[place].1)
    }

    /// Levels of arrays and objects, this one included.
    pub(crate) fn depth(&self) -> usize {
        self.depth + 1
    }

    fn place(&self, key: &str) -> Option<usize> {
        if self.places.is_empty() {
            self.entries.iter().position(|(own, _)| **own == *key)
        } else {
            self.places.get(key).copied()
        }
    }
}

impl<'v> Object<'v> {
    pub(crate) fn new(record: Record<'v>) -> Self {
        Self::Shared(Rc::new(record))
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Borrowed(map) => map.len(),
            Self::Shared(record) => record.entries.len(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn get(&self, key: &str) -> Option<Val<'v>> {
        match self {
            Self::Borrowed(map) => map.get(key).map(Val::from),
            Self::Shared(record) => record.get(key).cloned(),
        }
    }

    pub(crate) fn iter(&self) -> Entries<'_, 'v> {
        match self {
            Self::Borrowed(map) => Entries::Borrowed(map.iter()),
            Self::Shared(record) => Entries::Shared(record.entries.iter()),
        }
    }

    /// A copy that can be changed; the one there is, where nothing else holds it.
    pub(crate) fn into_record(self) -> Record<'v> {
        match self {
            Self::Borrowed(_) => {
                let mut record = Record::with_capacity(self.len());
                self.iter().for_each(|(key, value)| record.set(key, value));
                record
            }
            Self::Shared(record) => Rc::try_unwrap(record).unwrap_or_else(|shared| Record::clone(&shared)),
        }
    }

    /// Its entries, moved out where nothing else holds them.
    pub(crate) fn into_entries(self) -> Vec<(Text<'v>, Val<'v>)> {
        match self {
            Self::Borrowed(_) => self.iter().collect(),
            Self::Shared(record) => match Rc::try_unwrap(record) {
                Ok(own) => own.entries,
                Err(shared) => shared.entries.clone(),
            },
        }
    }
}

/// The entries of an object, in order.
pub(crate) enum Entries<'o, 'v> {
    Borrowed(map::Iter<'v>),
    Shared(std::slice::Iter<'o, (Text<'v>, Val<'v>)>),
}

impl<'v> Iterator for Entries<'_, 'v> {
    type Item = (Text<'v>, Val<'v>);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Borrowed(entries) => {
                entries.next().map(|(key, value)| (Text::Borrowed(key), Val::from(value)))
            }
            Self::Shared(entries) => entries.next().cloned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_keys_keep_their_order_and_their_last_value() {
        let keys: Vec<String> = (0..40).map(|i| format!("key{}", i * 7 % 40)).collect();
        let mut record = Record::default();
        for (i, key) in keys.iter().chain(&keys).enumerate() {
            record.set(Text::Borrowed(key), Val::number(i as f64));
            assert!(record.get(key).is_some());
        }
        assert!(record.get("key40").is_none());
        let object = Object::new(record);
        assert_eq!(object.len(), 40);
        for (i, (key, value)) in object.iter().enumerate() {
            assert_eq!(*key, *keys[i]);
            assert!(matches!(value, Val::Number(number) if number.float() == (i + 40) as f64));
        }
    }
}
