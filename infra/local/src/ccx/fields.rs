//! What a message is made of, as it is read from JSON.

use serde::de::{Error as _, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};

/// The names of a message's fields, as protobuf's JSON mapping has them.
pub(super) fn of<M: serde::de::DeserializeOwned>() -> Vec<&'static str> {
    let mut found: &'static [&'static str] = &[];
    // It is never read: there is nothing to read it from.
    let _ = M::deserialize(Names { found: &mut found });
    // The others are the names in the definition, which are understood as well.
    found.iter().copied().filter(|name| !name.contains('_')).collect()
}

/// Has nothing to read, and keeps what it is asked for.
struct Names<'a> {
    found: &'a mut &'static [&'static str],
}

impl<'de> Deserializer<'de> for Names<'_> {
    type Error = serde::de::value::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Self::Error> {
        *self.found = fields;
        Err(Self::Error::custom("only names are wanted"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Self::Error> {
        Err(Self::Error::custom("no struct"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct
        seq tuple tuple_struct map enum identifier ignored_any
    }
}
