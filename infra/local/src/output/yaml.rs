//! JSON values as YAML, for people.

use serde_json::Value;

use super::{Failure, plain};

/// A value in YAML 1.2, as it could be read again; ends in a newline.
pub(crate) fn text(value: &Value) -> Result<String, Failure> {
    let options = serde_saphyr::ser_options! {
        compact_list_indent: false,
        // Folding would have lines of a diff begin and end where a change elsewhere in the text moved them.
        folded_wrap_chars: usize::MAX,
    };
    Ok(serde_saphyr::to_string_with_options(value, options)?)
}

/// The same to look at, each line behind so many spaces.
pub(crate) fn indented(value: &Value, spaces: usize) -> Result<String, Failure> {
    let indent = " ".repeat(spaces);
    let lines: Vec<String> = text(value)?.lines().map(|line| format!("{indent}{}", plain(line))).collect();
    Ok(lines.join("\n"))
}
