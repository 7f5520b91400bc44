//! JSON as clients get it: indented by two spaces, unless that makes it much larger.
//!
//! A line of indented JSON begins with two spaces for each level around it. A request of some hundred kilobytes,
//! nested deeply, becomes some hundred times as large by that: more than a Lambda may reply, or than a small machine
//! has memory for.

use std::io::{self, Write};

use serde::Serialize;
use serde::ser::Error as _;

/// The largest reply that is indented, in bytes: with base64 around it, it fits the 6 MB that a Lambda may reply.
const MAX_INDENTED_BYTES: usize = 4 * 1024 * 1024;

/// What most replies fit in, so that their text is not copied to a larger place again and again as it grows.
const USUAL_BYTES: usize = 8 * 1024;

/// A value's JSON: indented up to [`MAX_INDENTED_BYTES`], beyond that without any white space.
pub(super) fn json_text(value: &impl Serialize) -> serde_json::Result<String> {
    match indented(value, MAX_INDENTED_BYTES)? {
        Some(text) => Ok(text),
        None => serde_json::to_string(value),
    }
}

/// A value's indented JSON; None if it has more than `most` bytes, which takes no longer to find out than to write
/// so many.
pub(super) fn indented(value: &impl Serialize, most: usize) -> serde_json::Result<Option<String>> {
    let mut bounded = Bounded { bytes: Vec::with_capacity(USUAL_BYTES), most };
    match serde_json::to_writer_pretty(&mut bounded, value) {
        Ok(()) => String::from_utf8(bounded.bytes).map(Some).map_err(serde_json::Error::custom),
        Err(error) if error.is_io() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Takes so many bytes and no more.
struct Bounded {
    bytes: Vec<u8>,
    most: usize,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.most - self.bytes.len() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn up_to_a_size_it_is_indented() {
        let value = json!({"a": [1, {}], "b": "ü"});
        let text = "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": \"ü\"\n}";
        assert_eq!(json_text(&value).unwrap(), text);
        assert_eq!(indented(&value, text.len()).unwrap().as_deref(), Some(text));
        assert_eq!(indented(&value, text.len() - 1).unwrap(), None);
        assert_eq!(indented(&value, 0).unwrap(), None);
    }

    #[test]
    fn what_would_grow_too_large_is_not() {
        let wide = Value::from(vec![0; 100_000]);
        let deep = (0..100).fold(wide, |inner, _| Value::from(vec![inner]));
        let text = json_text(&deep).unwrap();
        assert_eq!(text.len(), 200_201);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), deep);
    }
}
