//! `Authorization` headers: a key, a resource, and a header, a line each.
//!
//! What is read is written again and read as the same, in any order of its attributes and by the protocol's published
//! implementation; what is signed is believed for what it was signed for, and for nothing else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use treble_core::hawk::{Header, MAX_HEADER_LEN, Signer, Target, Unsigned};

use crate::input::{joined, lines};

/// See the module.
pub fn check(input: &[u8]) -> bool {
    let Some([key, resource, text]) = lines(input) else { return false };
    let Ok(header) = Header::parse(text) else { return false };
    let attributes = attributes(&header);
    // Without blanks between the attributes it is no longer than it was.
    let mut written: Vec<String> =
        attributes.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
    assert_eq!(Header::parse(&format!("Hawk {}", written.join(","))), Ok(header));
    agrees_with_hawk(&header, &written.join(", "));
    written.reverse();
    assert_eq!(Header::parse(&format!("hAWK\t{} ,", written.join(" ,\t"))).ok(), fitting(&written, header));
    twice(&written);
    signed(key, resource, &header);
    true
}

/// The attributes that a header has, by name.
fn attributes<'h>(header: &Header<'h>) -> Vec<(&'static str, &'h str)> {
    let Header { id, ts, nonce, mac, hash, ext, app, dlg } = *header;
    let required = [("id", id), ("ts", ts), ("nonce", nonce), ("mac", mac)];
    let optional = [("hash", hash), ("ext", ext), ("app", app), ("dlg", dlg)];
    let given = optional.into_iter().filter_map(|(name, value)| Some((name, value?)));
    required.into_iter().chain(given).collect()
}

/// The header, if written with all the blanks above it isn't too long.
fn fitting<'h>(written: &[String], header: Header<'h>) -> Option<Header<'h>> {
    let len = "hawk\t ,".len() + written.join(" ,\t").len();
    (len <= MAX_HEADER_LEN).then_some(header)
}

/// No attribute may come again.
fn twice(written: &[String]) {
    for attribute in written {
        assert!(Header::parse(&format!("Hawk {}, {attribute}", written.join(", "))).is_err(), "{attribute}");
    }
}

/// Where the published implementation can read a header, it reads the same. (It panics at times beyond the clock's, knows
/// no empty `mac`, and wants base64 where ours compares texts.)
fn agrees_with_hawk(header: &Header<'_>, written: &str) {
    if header.time() > i64::from(u32::MAX) {
        return;
    }
    let Ok(theirs) = written.parse::<hawk::Header>() else { return };
    let seconds = |at: std::time::SystemTime| at.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert_eq!(theirs.id.as_deref(), Some(header.id));
    assert_eq!(theirs.ts.map(seconds), u64::try_from(header.time()).ok());
    assert_eq!(theirs.nonce.as_deref(), Some(header.nonce));
    assert_eq!(theirs.mac.map(|mac| mac.as_ref().to_vec()), STANDARD.decode(header.mac).ok());
    assert_eq!(theirs.hash, header.hash.and_then(|hash| STANDARD.decode(hash).ok()));
    let texts = [theirs.ext, theirs.app, theirs.dlg];
    assert_eq!(texts.each_ref().map(Option::as_deref), [header.ext, header.app, header.dlg]);
}

/// Signs with what the header says, by both implementations.
fn signed(key: &str, resource: &str, header: &Header<'_>) {
    let target = Target { method: "post", resource, host: "Example.com", port: 443 };
    let unsigned = Unsigned { ts: header.time(), nonce: header.nonce, hash: header.hash, ext: header.ext };
    let text = Signer::new(header.id, key).header(&target, &unsigned).expect("attributes that were read");
    if text.len() > MAX_HEADER_LEN {
        return;
    }
    let ours = Header::parse(&text).expect("a header that was written");
    let ts = header.time().to_string();
    let expected = Header { ts: &ts, mac: ours.mac, app: None, dlg: None, ..*header };
    assert_eq!(ours, expected);
    assert!(ours.has_mac_of(key, &target));
    let elsewhere = format!("{resource}/");
    for other in [
        Target { method: "put", ..target },
        Target { port: 80, ..target },
        Target { host: "example.org", ..target },
        Target { resource: &elsewhere, ..target },
    ] {
        assert!(!ours.has_mac_of(key, &other), "{other:?}");
    }
    assert!(!ours.has_mac_of(&format!("{key}x"), &target));
    assert!(!Header { mac: header.mac, ..ours }.has_mac_of(key, &target) || header.mac == ours.mac);
    believed_by_hawk(key, &target, &text, &ours);
}

/// The published implementation believes what ours signed, where it can read it.
fn believed_by_hawk(key: &str, target: &Target<'_>, text: &str, ours: &Header<'_>) {
    let Some(written) = text.strip_prefix("Hawk ").filter(|_| ours.time() <= i64::from(u32::MAX)) else {
        return;
    };
    let (Ok(theirs), Ok(key)) = (written.parse::<hawk::Header>(), hawk::Key::new(key, hawk::SHA256)) else {
        return;
    };
    // Base64 that isn't the usual form of its bytes is another text to us, and in the MAC.
    let is_usual = |text: &str| STANDARD.decode(text).is_ok_and(|bytes| STANDARD.encode(bytes) == text);
    if !ours.hash.is_none_or(is_usual) {
        return;
    }
    let any_skew = std::time::Duration::from_secs(u64::from(u32::MAX));
    let hash = theirs.hash.clone();
    let request = hawk::RequestBuilder::new("POST", "example.com", target.port, target.resource)
        .hash(hash.as_deref())
        .ext(ours.ext)
        .request();
    assert!(request.validate_header(&theirs, &key, any_skew), "{text}");
}

/// Headers with each attribute, and what is nearly one.
pub fn seeds() -> Vec<Vec<u8>> {
    let mac = "aXr9/lIWxoBgCpYxMOWwOqHoP5PyXjWLHgdKu5sQ8eI=";
    let plain = format!(r#"Hawk id="root", ts="1767225600", nonce="abc", mac="{mac}""#);
    [
        plain.clone(),
        format!(r#"{plain}, ext="eyJhdXRob3JpemVkU2NvcGVzIjpbXX0=", hash="{mac}""#),
        format!(r#"{plain}, app="app", dlg="dlg""#),
        format!(r#"{plain}, ext="""#),
        plain.replace("1767225600", "99999999999999999999"),
        plain.replace(", ", " ,\t"),
        plain.replace("Hawk", "Bearer"),
        plain.replace("nonce", "once"),
        "Hawk ".to_owned(),
    ]
    .map(|header| joined(["a key", "/api/hooks/v1/hooks/g/a%2Fb?limit=1", &header]))
    .into()
}
