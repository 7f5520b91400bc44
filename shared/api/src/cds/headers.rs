//! The headers of a webhook's request, as CDS knows them.

use std::collections::BTreeMap;

use http::HeaderMap;

/// Headers that are no part of what happened. `Host` is none in Go, where CDS comes from, either.
const DROPPED: &[&str] =
    &["authorization", "proxy-authorization", "cookie", "host", "x_auth_header", "x-auth-header"];

/// Parts of the names of those that hold what only their sender is to know, or what shows that they do.
const SECRET_WORDS: &[&str] = &["token", "secret", "signature", "password", "api-key", "apikey"];

/// All headers, each with its values in their order; names as Go writes them.
pub(super) fn all(headers: &HeaderMap) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        all.entry(canonical(name.as_str())).or_default().push(value);
    }
    all
}

/// Leaves out what must not rest in a table: credentials and signatures.
pub(super) fn drop_secrets(headers: &mut BTreeMap<String, Vec<String>>) {
    headers.retain(|name, _| {
        let name = name.to_ascii_lowercase();
        !DROPPED.contains(&name.as_str()) && !SECRET_WORDS.iter().any(|word| name.contains(word))
    });
}

/// A header's name as Go writes it: a capital at the beginning and after each dash.
fn canonical(name: &str) -> String {
    let mut capital = true;
    let letter = |c: char| {
        let written = if capital { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
        capital = c == '-';
        written
    };
    name.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_in_go() {
        let cases = [
            ("x-github-event", "X-Github-Event"),
            ("content-type", "Content-Type"),
            ("CONTENT-MD5", "Content-Md5"),
            ("x_under_score", "X_under_score"),
            ("dnt", "Dnt"),
            ("a--b", "A--B"),
            ("", ""),
        ];
        for (name, written) in cases {
            assert_eq!(canonical(name), written);
        }
    }

    #[test]
    fn secrets_are_left_out_and_values_stay_in_order() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("x-github-delivery", "1"),
            ("accept", "a"),
            ("accept", "b"),
            ("authorization", "s"),
            ("cookie", "s"),
            ("host", "h"),
            ("x-gitlab-token", "s"),
            ("x-hub-signature", "s"),
            ("x-hub-signature-256", "s"),
            ("x-auth-header", "s"),
        ] {
            headers.append(name, value.parse().unwrap());
        }
        let mut all = all(&headers);
        assert_eq!(all["X-Hub-Signature-256"], ["s"]);
        drop_secrets(&mut all);
        let kept = [("Accept", vec!["a", "b"]), ("X-Github-Delivery", vec!["1"])];
        let expected =
            kept.map(|(name, values)| (name.into(), values.into_iter().map(String::from).collect()));
        assert_eq!(all, BTreeMap::from(expected));
    }
}
