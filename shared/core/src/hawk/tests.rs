use super::*;
use proptest::prelude::*;

const KEY: &str = "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn";
const TARGET: Target<'_> =
    Target { method: "GET", resource: "/resource/1?b=1&a=2", host: "example.com", port: 8000 };
/// The example of the protocol's documentation.
const EXAMPLE: &str = r#"Hawk id="dh37fgj492je", ts="1353832234", nonce="j4h3g2", ext="some-app-ext-data", mac="6R4rV5iE+NPoym+WwjeHzjAGXUtLNIxmo1vpMofpLAE=""#;

#[test]
fn the_documented_request() {
    let header = Header::parse(EXAMPLE).unwrap();
    assert_eq!((header.id, header.time(), header.nonce), ("dh37fgj492je", 1_353_832_234, "j4h3g2"));
    assert_eq!((header.ext, header.hash), (Some("some-app-ext-data"), None));
    assert!(header.has_mac_of(KEY, &TARGET));
    assert!(header.has_mac_of(KEY, &Target { method: "get", host: "EXAMPLE.com", ..TARGET }));
    for wrong in [
        Target { method: "HEAD", ..TARGET },
        Target { resource: "/resource/1?a=2&b=1", ..TARGET },
        Target { resource: "/Resource/1?b=1&a=2", ..TARGET },
        Target { host: "example.org", ..TARGET },
        Target { port: 443, ..TARGET },
    ] {
        assert!(!header.has_mac_of(KEY, &wrong), "{wrong:?}");
    }
    assert!(!header.has_mac_of("another", &TARGET));
    assert!(!Header { mac: "", ..header }.has_mac_of(KEY, &TARGET));
    assert!(!Header { ts: "01353832234", ..header }.has_mac_of(KEY, &TARGET));
}

#[test]
fn the_documented_payload() {
    let body = b"Thank you for flying Hawk";
    let hash = "Yi9LfIIFRtBEPt74PVmbTF/xVAwPn7ub15ePICfgnuY=";
    assert_eq!(payload_hash("text/plain", body), hash);
    assert_eq!(payload_hash("Text/Plain; charset=utf-8", body), hash);
    let target = Target { method: "POST", ..TARGET };
    let unsigned =
        Unsigned { ts: 1_353_832_234, nonce: "j4h3g2", hash: Some(hash), ext: Some("some-app-ext-data") };
    let header = Signer::new("dh37fgj492je", KEY).header(&target, &unsigned).unwrap();
    assert_eq!(Header::parse(&header).unwrap().mac, "aSe1DERmZuRl3pI36/9BdZmnErTw3sNzOOAUlfeKjVw=");
}

/// A bewit made by the protocol's reference implementation.
#[test]
fn a_known_bewit() {
    let encoded =
        "MTIzNDU2XDEzNTY0MjA3MDdca3NjeHdOUjJ0SnBQMVQxekRMTlBiQjVVaUtJVTl0T1NKWFRVZEc3WDloOD1ceGFuZHlhbmR6";
    let target =
        Target { method: "HEAD", resource: "/somewhere/over/the/rainbow", host: "example.com", port: 443 };
    let bewit = Bewit::parse(encoded).unwrap();
    assert_eq!(
        (bewit.id.as_str(), bewit.expires(), bewit.ext.as_str()),
        ("123456", 1_356_420_707, "xandyandz")
    );
    assert!(bewit.has_mac_of("2983d45yun89q", &target));
    assert!(!bewit.has_mac_of("2983d45yun89q", &Target { port: 80, ..target }));
    assert!(!Bewit { expiry: "1356420708".into(), ..bewit }.has_mac_of("2983d45yun89q", &target));
    let signer = Signer::new("123456", "2983d45yun89q");
    assert_eq!(signer.bewit(&target, 1_356_420_707, "xandyandz").unwrap(), encoded);
}

#[test]
fn bewits_in_resources() {
    for (resource, expected) in [
        ("/a?bewit=x", Some(("/a", "x"))),
        ("/a?b=1&bewit=x", Some(("/a?b=1", "x"))),
        ("/a?bewit=x&b=1", Some(("/a?b=1", "x"))),
        ("/a?c=2&bewit=x&b=1", Some(("/a?c=2&b=1", "x"))),
        ("/a?bewit=", Some(("/a", ""))),
        ("/a?bewit=x&bewit=y", Some(("/a?bewit=x", "y"))),
        ("/a?xbewit=x", None),
        ("/a?bewit", None),
        ("/bewit=x", None),
        ("", None),
    ] {
        let found = split_bewit(resource);
        assert_eq!(found.as_ref().map(|(r, b)| (r.as_str(), *b)), expected, "{resource}");
    }
}

#[test]
fn bewits_that_are_none() {
    let encode = |text: &str| base64::Engine::encode(&super::bewit::ENCODING, text);
    for (encoded, error) in [
        (String::new(), BewitError::Empty),
        ("!".into(), BewitError::Encoding),
        ("_w".into(), BewitError::Encoding),
        (encode("a"), BewitError::Structure),
        (encode("a\\1\\m"), BewitError::Structure),
        (encode("a\\1\\m\\e\\f"), BewitError::Structure),
        (encode("\\1\\m\\"), BewitError::Missing),
        (encode("a\\1\\\\"), BewitError::Missing),
        (encode("a\\\\m\\"), BewitError::Missing),
        (encode("a\\-1\\m\\"), BewitError::Missing),
    ] {
        assert_eq!(Bewit::parse(&encoded), Err(error), "{encoded}");
    }
    let padded = format!("{}==", encode("ab\\9999999999999999999\\m\\"));
    assert_eq!(Bewit::parse(&padded).map(|b| b.expires()), Ok(i64::MAX));
}

#[test]
fn headers_that_are_none() {
    let long = format!("Hawk id=\"{}\"", "x".repeat(MAX_HEADER_LEN));
    for (value, error) in [
        ("", "Invalid header syntax"),
        ("Hawk", "Invalid header syntax"),
        ("Hawk  ", "Invalid header syntax"),
        ("Hawk, x", "Invalid header syntax"),
        ("=", "Invalid header syntax"),
        ("Basic dXNlcjpwYXNz", "Unauthorized"),
        ("Hawkish id=\"a\"", "Unauthorized"),
        ("Hawk id", "Bad header format"),
        ("Hawk id=\"a", "Bad header format"),
        ("Hawk id=\"a\" ts=\"1\"", "Bad header format"),
        ("Hawk ,id=\"a\"", "Bad header format"),
        ("Hawk =\"a\"", "Bad header format"),
        ("Hawk id=\"a\\\", ts=\"1\"", "Bad attribute value: id"),
        ("Hawk id=\"a\tb\"", "Bad attribute value: id"),
        ("Hawk id=\"é\"", "Bad attribute value: id"),
        ("Hawk x=\"a\"", "Unknown attribute: x"),
        ("Hawk id=\"a\", id=\"a\"", "Duplicate attribute: id"),
        ("Hawk id=\"a\", ts=\"1\", nonce=\"n\"", "Missing attributes"),
        ("Hawk id=\"\", ts=\"1\", nonce=\"n\", mac=\"m\"", "Missing attributes"),
        ("Hawk id=\"a\", ts=\"1.5\", nonce=\"n\", mac=\"m\"", "Bad attribute value: ts"),
        ("Hawk id=\"a\", ts=\"-1\", nonce=\"n\", mac=\"m\"", "Bad attribute value: ts"),
        (&long, "Header length too long"),
    ] {
        assert_eq!(Header::parse(value).map_err(|e| e.to_string()), Err(error.to_owned()), "{value}");
    }
}

#[test]
fn headers_as_clients_write_them() {
    let plain = Header { id: "a/b", ts: "1", nonce: "n", mac: "m=", ..Header::default() };
    for (value, expected) in [
        (r#"Hawk mac="m=", nonce="n", ts="1", id="a/b""#, plain),
        (r#"hAwK  id="a/b",ts="1" ,  nonce="n",mac="m=","#, plain),
        (r#"Hawk id="a/b", ts="1", nonce="n", mac="m=", ext="""#, plain),
        (
            r#"Hawk id="a/b", ts="1", nonce="n", mac="m=", hash="h", ext="e30=", app="o", dlg="d""#,
            Header { hash: Some("h"), ext: Some("e30="), app: Some("o"), dlg: Some("d"), ..plain },
        ),
    ] {
        assert_eq!(Header::parse(value), Ok(expected), "{value}");
    }
    let far = Header::parse(r#"Hawk id="a", ts="9999999999999999999", nonce="n", mac="m""#).unwrap();
    assert_eq!(far.time(), i64::MAX);
}

#[test]
fn what_cannot_be_signed() {
    let unsigned = Unsigned { ts: 1, nonce: "n", ..Unsigned::default() };
    let invalid = |name| Err(InvalidAttribute { name });
    assert_eq!(Signer::new("a\"b", KEY).header(&TARGET, &unsigned), invalid("id"));
    let signer = Signer::new("a", KEY);
    assert_eq!(signer.header(&TARGET, &Unsigned { nonce: "", ..unsigned }), invalid("nonce"));
    assert_eq!(signer.header(&TARGET, &Unsigned { ext: Some("a\\"), ..unsigned }), invalid("ext"));
    assert_eq!(signer.bewit(&TARGET, 1, "a\n"), invalid("ext"));
    assert!(!format!("{signer:?}").contains(KEY));
}

proptest! {
    #[test]
    fn reading_never_panics(text in any::<String>(), start in "Hawk |hawk id=\"|") {
        let _ = Header::parse(&format!("{start}{text}"));
        let _ = Bewit::parse(&text);
        let _ = split_bewit(&text);
    }

    #[test]
    fn near_misses_never_panic(mut bytes in Just(EXAMPLE.as_bytes().to_vec()), edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(text) = std::str::from_utf8(&bytes)
            && let Ok(header) = Header::parse(text) {
                let _ = (header.time(), header.has_mac_of(KEY, &TARGET));
            }
    }

    #[test]
    fn what_is_signed_verifies(
        id in "[ -!#-\\[\\]-~]{1,20}",
        key in ".{0,100}",
        ext in proptest::option::of("[ -!#-\\[\\]-~]{1,20}"),
        hash in proptest::option::of("[a-zA-Z0-9+/]{43}="),
        resource in "/[ -~]{0,30}",
        ts in 0..i64::MAX,
    ) {
        let target = Target { resource: &resource, ..TARGET };
        let signer = Signer::new(id.as_str(), key.as_str());
        let unsigned = Unsigned { ts, nonce: "n0n", hash: hash.as_deref(), ext: ext.as_deref() };
        let value = signer.header(&target, &unsigned).unwrap();
        let header = Header::parse(&value).unwrap();
        prop_assert_eq!((header.id, header.time(), header.ext, header.hash), (id.as_str(), ts, ext.as_deref(), hash.as_deref()));
        prop_assert!(header.has_mac_of(&key, &target));
        let wrong_key = format!("{key}!");
        prop_assert!(!header.has_mac_of(&wrong_key, &target));
        let bewit = Bewit::parse(&signer.bewit(&target, ts, ext.as_deref().unwrap_or_default()).unwrap()).unwrap();
        prop_assert!(bewit.has_mac_of(&key, &target) && bewit.id == id);
    }
}
