//! JSON in requests, messages and configurations.

use serde_json::Value;

use super::PayloadError;
use super::entries::{Entries, PAYLOAD};
use super::flatten::{Texts, TooLarge};
use crate::cds::{Config, InvalidConfig};

/// The text of bytes. What is not UTF-8 in them is shown as U+FFFD: a payload is text, and the execution keeps the bytes.
pub(super) fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A document; None where the text is none, which CDS takes as well. A byte order mark before it is no part of it.
///
/// # Errors
/// When it is nested too deep to be read.
pub(super) fn read(text: &str) -> Result<Option<Value>, TooLarge> {
    match parse(text) {
        Ok(document) => Ok(Some(document)),
        // The parser's own bound, which it tells by its message only.
        Err(error) if error.to_string().starts_with("recursion limit exceeded") => Err(TooLarge::Depth),
        Err(_) => Ok(None),
    }
}

/// A document.
pub(super) fn parse(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// What a message says: its values where it is JSON, and its text.
pub(super) fn of_message(text: String) -> Result<Entries, PayloadError> {
    let mut entries = Entries::default();
    let said = |error: TooLarge| PayloadError(format!("the message can't be made a payload: {error}"));
    if let Some(document) = read(&text).map_err(said)? {
        entries.flattened(&document, Texts::AreRead).map_err(said)?;
    }
    entries.set(PAYLOAD, text);
    Ok(entries)
}

/// The values of config `payload`, and its text; none where there is none.
pub(super) fn of_config(config: &Config) -> Result<Entries, InvalidConfig> {
    let mut entries = Entries::default();
    if let Some(text) = config.get(PAYLOAD) {
        let document = parse(text).map_err(|error| {
            let problem = format!("must be JSON, e.g. {{\"branch\": \"main\"}}, and is not: {error}");
            InvalidConfig::new(PAYLOAD, problem)
        })?;
        entries
            .flattened(&document, Texts::Stay)
            .map_err(|error| InvalidConfig::new(PAYLOAD, format!("can't be made a payload: {error}")))?;
        entries.set(PAYLOAD, text);
    }
    Ok(entries)
}
