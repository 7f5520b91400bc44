use std::io::Write;

use bytes::Bytes;
use serde_json::json;

use super::*;
use crate::request::MAX_BODY_BYTES;

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

fn read_json(body: &[u8], extra: &[(&'static str, &str)]) -> Result<Payload, (Code, String)> {
    let mut pairs = vec![("content-type", "application/json")];
    pairs.extend(extra);
    read(&headers(&pairs), &Body::Complete(Bytes::copy_from_slice(body)))
        .map_err(|unreadable| (unreadable.error.code, unreadable.error.message))
}

#[test]
fn json_is_read_as_javascript_would() {
    let cases: [(&str, Value); 9] = [
        ("", json!({})),
        ("{}", json!({})),
        ("[1]", json!([1])),
        ("\u{feff}{\"a\":1}", json!({"a": 1})),
        (r#"{"a":1,"a":2}"#, json!({"a": 2})),
        (r#"{"a":1.0,"b":-0,"c":1e3,"d":0.5}"#, json!({"a": 1, "b": 0, "c": 1000, "d": 0.5})),
        (r#"{"a":9007199254740993}"#, json!({"a": 9_007_199_254_740_992_u64})),
        (r#"{"a":18446744073709551615}"#, json!({"a": 1.8446744073709552e19})),
        (r#"{"__proto__":{}}"#, json!({"__proto__": {}})),
    ];
    for (text, expected) in cases {
        let Ok(Payload::Json(value)) = read_json(text.as_bytes(), &[]) else { panic!("{text}") };
        assert_eq!(value.to_string(), expected.to_string(), "{text}");
    }
}

#[test]
fn what_is_not_json_is_refused() {
    let deep = "[".repeat(200) + &"]".repeat(200);
    let cases: [(&str, &str); 9] = [
        ("{", "Failed to parse JSON: EOF"),
        ("3", "Failed to parse JSON: Must be an object or array"),
        ("null", "Failed to parse JSON: Must be an object or array"),
        ("{} x", "Failed to parse JSON: trailing"),
        (r#"{"a":1e400}"#, "Failed to parse JSON: number out of range"),
        (r#"{"a":"\ud800"}"#, "Failed to parse JSON: "),
        (r#"{"a":["\u0000"]}"#, "Failed to parse JSON: a string contains the character NUL"),
        (r#"{"\u0000":1}"#, "Failed to parse JSON: a string contains the character NUL"),
        (&deep, "Failed to parse JSON: nested deeper than 127 levels at line 1 column 128"),
    ];
    for (text, message) in cases {
        let (code, told) = read_json(text.as_bytes(), &[]).unwrap_err();
        assert_eq!(code, Code::MalformedPayload, "{text}");
        assert!(told.starts_with(message), "{text}: {told}");
    }
}

#[test]
fn only_what_says_it_is_json_is_read() {
    for (content_type, json) in [
        ("application/json", true),
        ("Application/JSON; charset=utf-8", true),
        ("application/json;charset=\"UTF-8\"", true),
        ("text/plain", false),
        ("application/vnd.api+json", false),
        ("", false),
    ] {
        let read =
            read(&headers(&[("content-type", content_type)]), &Body::Complete("{\"a\":1}".into())).unwrap();
        assert_eq!(matches!(read, Payload::Json(_)), json, "{content_type}");
    }
    assert_eq!(read(&HeaderMap::new(), &Body::Complete("{".into())).unwrap(), Payload::Ignored);
}

#[test]
fn character_sets_of_unicode_are_decoded() {
    let text = r#"{"a":"ä"}"#;
    let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (charset, bytes) in [("utf-16le", &le), ("utf-16", &le), ("utf-16be", &be)] {
        let content_type = format!("application/json; charset={charset}");
        let read = read(&headers(&[("content-type", &content_type)]), &Body::Complete(bytes.clone().into()));
        assert_eq!(read.unwrap(), Payload::Json(json!({"a": "ä"})), "{charset}");
    }
    let latin = headers(&[("content-type", "application/json; charset=iso-8859-1")]);
    assert_eq!(read(&latin, &Body::Complete("{}".into())).unwrap_err().error.code, Code::MalformedPayload);
    assert_eq!(read_json(b"{\"a\":\"\xff\"}", &[]).unwrap_err().0, Code::MalformedPayload);
}

#[test]
fn content_encodings_are_undone_within_bounds() {
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    assert_eq!(
        read_json(&gzip(b"{\"a\":1}"), &[("content-encoding", "gzip")]),
        Ok(Payload::Json(json!({"a": 1})))
    );
    let bomb = gzip(&vec![b' '; MAX_BODY_BYTES + 1]);
    assert_eq!(read_json(&bomb, &[("content-encoding", "gzip")]).unwrap_err().0, Code::InputTooLarge);
    for encoding in ["gzip", "deflate", "br", "zstd"] {
        let (code, _) = read_json(b"{}", &[("content-encoding", encoding)]).unwrap_err();
        assert_eq!(code, Code::MalformedPayload, "{encoding}");
    }
}

#[test]
fn a_malformed_body_is_repeated_in_the_envelope() {
    let json = headers(&[("content-type", "application/json")]);
    let unreadable = read(&json, &Body::Complete("{oops".into())).unwrap_err();
    assert_eq!(unreadable.text.as_deref(), Some("{oops"));
    assert_eq!(read(&json, &Body::TooLarge).unwrap_err().text, None);
}
