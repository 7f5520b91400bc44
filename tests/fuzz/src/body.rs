//! Request bodies: a content type and a content encoding, a line each, and the body.
//!
//! What is read has nothing in it that no store could hold, and reads the same in each form of Unicode and once more; what
//! isn't read is the client's fault.

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use serde_json::Value;
use treble_api::request::Body;
use treble_api::taskcluster::body::{Payload, read};

use crate::input::table;

/// See the module.
pub fn check(input: &[u8]) -> bool {
    let mut parts = input.splitn(3, |byte| *byte == b'\n');
    let (Some(content_type), Some(encoding), Some(body)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let mut headers = HeaderMap::new();
    for (name, value) in [(CONTENT_TYPE, content_type), (CONTENT_ENCODING, encoding)] {
        match HeaderValue::from_bytes(value) {
            Ok(value) if !value.is_empty() => drop(headers.insert(name, value)),
            Ok(_) => {}
            Err(_) => return false,
        }
    }
    match read(&headers, &Body::Complete(Bytes::copy_from_slice(body))) {
        Ok(Payload::Json(json)) => {
            holds(&json);
            true
        }
        Ok(Payload::Ignored) => false,
        Err(unreadable) => {
            assert!(unreadable.error.code.status().is_client_error(), "{:?}", unreadable.error);
            assert!(!unreadable.error.message.is_empty());
            false
        }
    }
}

fn holds(json: &Value) {
    assert!(json.is_object() || json.is_array(), "{json}");
    let text = json.to_string();
    assert!(!text.contains("\\u0000"), "{text}");
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let with_mark = [b"\xfe\xff", &*big].concat();
    for (content_type, body) in [
        ("application/json", text.clone().into_bytes()),
        ("Application/JSON; charset=\"UTF-8\"", text.clone().into_bytes()),
        ("application/json;charset=utf-16le", little),
        ("application/json; charset=UTF-16BE", big),
        ("application/json; charset=utf-16", with_mark),
    ] {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        match read(&headers, &Body::Complete(body.into())) {
            Ok(again) => assert_eq!(again, Payload::Json(json.clone()), "{content_type}: {text}"),
            Err(unreadable) => panic!("{content_type}: {}: {text}", unreadable.error.message),
        }
    }
}

/// The bodies of the wire-level table, and what it has no text for.
pub fn seeds() -> Vec<Vec<u8>> {
    let cases = table(include_str!("../../cases/bodies.json"));
    let of_table = cases.iter().filter_map(|case| {
        let body = match (&case["text"], &case["body"]) {
            (Value::String(text), _) => text.clone(),
            (_, Value::Null) => return None,
            (_, body) => body.to_string(),
        };
        let header = |name: &str| case["headers"][name].as_str().unwrap_or_default().to_owned();
        let content_type = Some(header("content-type")).filter(|value| !value.is_empty());
        let content_type = content_type.unwrap_or_else(|| "application/json".to_owned());
        (body.len() < 2000).then(|| [content_type, header("content-encoding"), body].join("\n").into_bytes())
    });
    let json = "application/json";
    let own: [&[&[u8]]; 6] = [
        &[
            json.as_bytes(),
            b"",
            br#"{"a": [1.0, -0.0, 1e21, 9007199254740993, 1e400], "\u00e9": "\ud83d\ude00"}"#,
        ],
        &[json.as_bytes(), b"", b"\xef\xbb\xbf[]"],
        &[b"application/json; charset=utf-16le", b"", b"{\0}\0"],
        &[b"application/json; charset=utf-16", b"", b"\xfe\xff\0{\0}"],
        // `{}` in gzip, and in brotli as one uncompressed block.
        &[json.as_bytes(), b"gzip", b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\xae\x05\0\x43\xbf\xa6\xa3\x02\0\0\0"],
        &[json.as_bytes(), b"br", b"\x0b\x00\x80{}\x03"],
    ];
    of_table.chain(own.iter().map(|parts| parts.join(&b'\n'))).collect()
}
