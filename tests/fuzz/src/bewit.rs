//! Signed URLs: a key, a resource, an `ext` and a bewit, a line each; the bewit as it is ahead of its base64, or in it.
//!
//! What is read is written again and read as the same, also by the protocol's published implementation; a bewit is found in
//! the URL that it was put into, and believed there and nowhere else.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use treble_core::hawk::{Bewit, Signer, Target, split_bewit};

use crate::input::{joined, lines};

/// See the module.
pub fn check(input: &[u8]) -> bool {
    let Some([key, resource, ext, text]) = lines(input) else { return false };
    split(resource);
    let read = Bewit::parse(text).or_else(|_| Bewit::parse(&URL_SAFE_NO_PAD.encode(text)));
    let Ok(bewit) = read else { return false };
    let text = format!("{}\\{}\\{}\\{}", bewit.id, bewit.expiry, bewit.mac, bewit.ext);
    for encoded in [URL_SAFE_NO_PAD.encode(&text), URL_SAFE.encode(&text)] {
        assert_eq!(Bewit::parse(&encoded).as_ref(), Ok(&bewit));
    }
    agrees_with_hawk(&bewit, &URL_SAFE_NO_PAD.encode(&text));
    for ext in [ext, &bewit.ext] {
        signed(key, resource, ext, &bewit);
    }
    true
}

/// What is left of a URL is part of it, and so is the bewit.
fn split(resource: &str) {
    let Some((left, encoded)) = split_bewit(resource) else { return };
    assert!(!encoded.contains('&'));
    assert!(resource.contains(&format!("bewit={encoded}")));
    assert!(left.len() + "?bewit=".len() + encoded.len() <= resource.len() + 1, "{left} of {resource}");
}

/// Where the published implementation can read a bewit, it reads the same. (It panics at times beyond the clock's.)
fn agrees_with_hawk(bewit: &Bewit, encoded: &str) {
    if bewit.expires() > i64::from(u32::MAX) {
        return;
    }
    let Ok(theirs) = encoded.parse::<hawk::Bewit<'_>>() else { return };
    assert_eq!(theirs.id(), bewit.id);
    let expires = theirs.exp().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert_eq!(i64::try_from(expires), Ok(bewit.expires()));
    assert_eq!(Some(theirs.mac().as_ref().to_vec()), STANDARD.decode(&bewit.mac).ok());
    assert_eq!(theirs.ext().unwrap_or_default(), bewit.ext);
}

/// Signs the URL as the bewit's owner, puts the bewit into it, and takes it out again.
fn signed(key: &str, resource: &str, ext: &str, bewit: &Bewit) {
    let target = Target { method: "GET", resource, host: "example.com", port: 443 };
    let Ok(encoded) = Signer::new(&bewit.id, key).bewit(&target, bewit.expires(), ext) else { return };
    let separator = if resource.contains('?') { '&' } else { '?' };
    let url = format!("{resource}{separator}bewit={encoded}");
    assert_eq!(split_bewit(&url), Some((resource.to_owned(), &*encoded)));
    let read = Bewit::parse(&encoded).expect("a bewit that was written");
    assert_eq!((&read.id, read.expires(), &*read.ext), (&bewit.id, bewit.expires(), ext));
    assert!(read.has_mac_of(key, &target));
    assert!(read.has_mac_of(key, &Target { method: "HEAD", host: "EXAMPLE.com", ..target }));
    assert!(!read.has_mac_of(&format!("{key}x"), &target));
    assert!(!read.has_mac_of(key, &Target { resource: &url, ..target }));
    let later = Bewit { expiry: format!("{}0", read.expiry), ..read };
    assert!(!later.has_mac_of(key, &target));
}

/// Bewits of all shapes, in URLs of all shapes.
pub fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        r"root\1767225600\aXr9/lIWxoBgCpYxMOWwOqHoP5PyXjWLHgdKu5sQ8eI=\",
        r"root\1767225600\aXr9/lIWxoBgCpYxMOWwOqHoP5PyXjWLHgdKu5sQ8eI=\e30=",
        r"root\99999999999999999999\bWFj\",
        r"root\1767225600\mac",
        r"\\\",
        "cm9vdFwxNzY3MjI1NjAwXGJXRmpc",
    ];
    let resources = ["/a?bewit=x&limit=1", "/a?limit=1&bewit=x", "/a", "/a?", "/?bewit=&bewit=", "/"];
    let of = |(text, resource)| joined(["a key", resource, "e30=", text]);
    texts.into_iter().zip(resources).map(of).collect()
}
