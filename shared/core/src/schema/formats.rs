//! The formats that Ajv (with ajv-formats 3) asserts and the validator doesn't know in every dialect.

use std::sync::LazyLock;

use jsonschema::{Draft, Keyword, ValidationError, ValidationOptions, Validator};
use serde_json::{Map, Value, json};

/// Formats about strings. This is Ajv's list: any other name is refused in a trigger schema.
const OF_STRINGS: &[&str] = &[
    "date",
    "time",
    "date-time",
    "iso-time",
    "iso-date-time",
    "duration",
    "uri",
    "uri-reference",
    "uri-template",
    "url",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "regex",
    "uuid",
    "json-pointer",
    "json-pointer-uri-fragment",
    "relative-json-pointer",
    "byte",
    "password",
    "binary",
];
/// Formats about numbers.
const OF_NUMBERS: &[&str] = &["int32", "int64", "float", "double"];

/// The keyword that stands for `format` where the format is about numbers: the validator's own is about strings.
pub(super) const NUMBER_FORMAT: &str = "treble:numberFormat";

/// Whether a schema may use this format.
pub(crate) fn is_known(format: &str) -> bool {
    OF_STRINGS.contains(&format) || is_about_numbers(format)
}

/// Whether this format says something about numbers.
pub(super) fn is_about_numbers(format: &str) -> bool {
    OF_NUMBERS.contains(&format)
}

/// Adds what is missing to a validator's formats.
pub(super) fn register(mut options: ValidationOptions<'_>) -> ValidationOptions<'_> {
    // Older dialects lack these names; a format means the same in all of them for Ajv.
    for format in ["json-pointer", "relative-json-pointer", "uri-reference", "uri-template", "duration"] {
        options = options.with_format(format, move |text| newest(format, text));
    }
    options
        .with_format("uuid", |text| newest("uuid", text.strip_prefix("urn:uuid:").unwrap_or(text)))
        .with_format("url", is_url)
        .with_format("byte", is_base64)
        .with_format("json-pointer-uri-fragment", is_pointer_fragment)
        .with_format("iso-time", is_iso_time)
        .with_format("iso-date-time", is_iso_date_time)
        .with_format("password", |_| true)
        .with_format("binary", |_| true)
        .with_keyword(NUMBER_FORMAT, number_format)
}

/// Asks the validator of the newest draft, which knows the most formats.
fn newest(format: &str, text: &str) -> bool {
    static VALIDATORS: LazyLock<Vec<(&str, Validator)>> = LazyLock::new(|| {
        let names = ["json-pointer", "relative-json-pointer", "uri-reference", "uri-template"];
        let names = names.into_iter().chain(["uri", "duration", "uuid", "date", "time"]);
        let build = |format| {
            let options = jsonschema::options().with_draft(Draft::Draft202012);
            let options = options.should_validate_formats(true).offline();
            Some((format, options.build(&json!({ "format": format })).ok()?))
        };
        names.filter_map(build).collect()
    });
    let mut known = VALIDATORS.iter().filter(|(name, _)| *name == format);
    known.all(|(_, validator)| validator.is_valid(&Value::from(text)))
}

/// A public web or FTP address: a URI with a host that has a dot.
fn is_url(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let mut schemes = ["http://", "https://", "ftp://"].into_iter();
    let Some(rest) = schemes.find_map(|scheme| lower.strip_prefix(scheme)) else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    host.split('.').count() > 1
        && host.split('.').all(|label| !label.is_empty())
        && !text.contains(char::is_whitespace)
}

/// Base64 with its padding, as RFC 4648 section 4 has it.
fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    text.len().is_multiple_of(4) && padding <= 2 && digits.bytes().all(is_digit)
}

/// A JSON pointer as a URI fragment, RFC 6901 section 6.
fn is_pointer_fragment(text: &str) -> bool {
    let Some(fragment) = text.strip_prefix('#') else {
        return false;
    };
    let decoded = percent_encoding::percent_decode_str(fragment).decode_utf8();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/%~_-.!$&'()*+,;:=@".contains(&byte);
    fragment.bytes().all(plain) && decoded.is_ok_and(|pointer| newest("json-pointer", &pointer))
}

/// A time with or without its zone.
fn is_iso_time(text: &str) -> bool {
    newest("time", text) || newest("time", &format!("{text}Z"))
}

/// A date and a time, with or without a zone.
fn is_iso_date_time(text: &str) -> bool {
    let parts = text.split_once(|c: char| matches!(c, 't' | 'T') || c.is_whitespace());
    parts.is_some_and(|(date, time)| newest("date", date) && is_iso_time(time))
}

/// An integer between two bounds; other types of value pass, as they do for every format.
struct IntegerFormat {
    name: &'static str,
    fits: fn(f64) -> bool,
}

impl<'i> Keyword<'i> for IntegerFormat {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) {
            return Ok(());
        }
        Err(ValidationError::custom(format!("must match format \"{}\"", self.name)))
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        instance.as_f64().is_none_or(|number| number.fract() == 0.0 && (self.fits)(number))
    }
}

fn number_format<'a>(
    _schema: &'a Map<String, Value>,
    format: &'a Value,
    _location: jsonschema::paths::Location,
) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    let int32 = |number: f64| (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number);
    Ok(Box::new(match format.as_str() {
        Some("int32") => IntegerFormat { name: "int32", fits: int32 },
        _ => IntegerFormat { name: "int64", fits: |_| true },
    }))
}
