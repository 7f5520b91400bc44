//! Reading a request's JSON: content encoding, character set, syntax, and what no store could hold.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use super::error::{ApiError, Code};
use crate::content::{self, Undecodable};
use crate::request::Body;

/// A body that was understood.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// JSON: an object or an array.
    Json(Value),
    /// Something else, or nothing: not looked at.
    Ignored,
}

/// A body that was not, with what an error's envelope repeats of it.
#[derive(Debug)]
pub struct Unreadable {
    /// What to tell the client.
    pub error: ApiError,
    /// The text that is not JSON; None where no text could be read.
    pub text: Option<String>,
}

impl Unreadable {
    fn malformed(message: impl Into<String>) -> Self {
        Self { error: ApiError::new(Code::MalformedPayload, message), text: None }
    }
}

/// Reads a body that says it is JSON; any other is ignored.
pub fn read(headers: &HeaderMap, body: &Body) -> Result<Payload, Unreadable> {
    let content_type = ContentType::of(headers);
    let bytes = match body {
        Body::Complete(bytes) => bytes,
        Body::TooLarge => return Err(too_large()),
        Body::Incomplete => return Err(Unreadable::malformed("The request's body ended before its time")),
    };
    if !content_type.is_json() {
        return Ok(Payload::Ignored);
    }
    let bytes = content::decode(headers, bytes)?;
    let text = decode_text(content_type.charset.as_deref(), &bytes)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if text.is_empty() {
        return Ok(Payload::Json(Value::Object(serde_json::Map::new())));
    }
    parse(text)
        .map(Payload::Json)
        .map_err(|message| Unreadable { text: Some(text.to_owned()), ..Unreadable::malformed(message) })
}

fn too_large() -> Unreadable {
    Unreadable { error: ApiError::new(Code::InputTooLarge, content::too_large()), text: None }
}

impl From<Undecodable> for Unreadable {
    fn from(error: Undecodable) -> Self {
        match error {
            Undecodable::TooLarge => too_large(),
            error => Self::malformed(error.to_string()),
        }
    }
}

/// What a Content-Type header says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ContentType {
    /// The header, as it came.
    pub raw: Option<String>,
    /// The media type, in lower case.
    essence: String,
    /// The `charset` parameter, in lower case.
    charset: Option<String>,
}

impl ContentType {
    /// What a request's header says.
    pub fn of(headers: &HeaderMap) -> Self {
        let Some(raw) = headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()))
        else {
            return Self::default();
        };
        let mut parts = raw.split(';').map(str::trim);
        let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
        let charset = parts
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
            .map(|(_, value)| value.trim().trim_matches('"').to_ascii_lowercase());
        Self { essence, charset, raw: Some(raw.into_owned()) }
    }

    /// Whether it is `application/json`.
    pub fn is_json(&self) -> bool {
        self.essence == "application/json"
    }
}

/// JSON is UTF-8 unless the header names another form of Unicode.
fn decode_text(charset: Option<&str>, bytes: &[u8]) -> Result<String, Unreadable> {
    let units = |unit: fn([u8; 2]) -> u16| {
        let whole = bytes.len().is_multiple_of(2);
        let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        let text: Result<String, _> = char::decode_utf16(units).collect();
        text.ok().filter(|_| whole)
    };
    let text = match charset.unwrap_or("utf-8") {
        "utf-8" | "utf8" | "us-ascii" => String::from_utf8(bytes.to_vec()).ok(),
        "utf-16" if bytes.starts_with(&[0xfe, 0xff]) => units(u16::from_be_bytes),
        "utf-16le" | "utf-16" => units(u16::from_le_bytes),
        "utf-16be" => units(u16::from_be_bytes),
        other => {
            let message = format!("Character set {other:?} is not supported: JSON is UTF-8");
            return Err(Unreadable::malformed(message));
        }
    };
    let name = charset.unwrap_or("utf-8");
    text.ok_or_else(|| {
        Unreadable::malformed(format!("The body is not {name} text, as its content type says"))
    })
}

fn parse(text: &str) -> Result<Value, String> {
    let mut value: Value = serde_json::from_str(text)
        // The parser names its limit, which is 127 levels, without saying what it is.
        .map_err(|error| {
            let told = error.to_string().replace("recursion limit exceeded", "nested deeper than 127 levels");
            format!("Failed to parse JSON: {told}")
        })?;
    if !(value.is_object() || value.is_array()) {
        return Err("Failed to parse JSON: Must be an object or array".into());
    }
    normalize(&mut value)?;
    Ok(value)
}

/// Gives numbers the value they have in JavaScript, which clients and the reference service share:
/// doubles, written without a fraction where they have none. Refuses NUL, which databases do.
fn normalize(value: &mut Value) -> Result<(), String> {
    match value {
        Value::Number(number) => {
            if let Some(plain) = plain_number(number) {
                *number = plain;
            }
            Ok(())
        }
        Value::String(text) => refuse_nul(text),
        Value::Array(items) => items.iter_mut().try_for_each(normalize),
        Value::Object(members) => members.iter_mut().try_for_each(|(key, value)| {
            refuse_nul(key)?;
            normalize(value)
        }),
        Value::Null | Value::Bool(_) => Ok(()),
    }
}

fn refuse_nul(text: &str) -> Result<(), String> {
    if text.contains('\0') {
        Err("Failed to parse JSON: a string contains the character NUL".into())
    } else {
        Ok(())
    }
}

/// The other form that a number is to be written in, if it is.
fn plain_number(number: &serde_json::Number) -> Option<serde_json::Number> {
    /// Integers up to here are exact in a double.
    const EXACT: u64 = 1 << 53;
    if number.as_u64().is_some_and(|n| n <= EXACT)
        || number.as_i64().is_some_and(|n| n.unsigned_abs() <= EXACT)
    {
        return None;
    }
    let double = number.as_f64()?;
    // Below 2^63, so that the conversion is exact.
    if double.fract() == 0.0 && double.abs() < 9.2e18 {
        return Some(serde_json::Number::from(double as i64));
    }
    serde_json::Number::from_f64(double)
}

#[cfg(test)]
mod tests;
