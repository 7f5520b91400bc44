//! Slugids: the names of tasks.
//!
//! A slugid is a random UUID (version 4) in 22 characters of URL-safe base64. Ours are all "nice": the
//! first bit of the UUID is clear, so that none starts with `-` and looks like an option on a command line.
//! What Taskcluster accepts as a `taskId` is wider by that one bit, and so is what parses here.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// A slugid, as text: 22 characters that match Taskcluster's pattern for a `taskId`,
/// `^[A-Za-z0-9_-]{8}[Q-T][A-Za-z0-9_-][CGKOSWaeimquy26-][A-Za-z0-9_-]{10}[AQgw]$`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SlugId(String);

impl SlugId {
    /// The number of characters in a slugid, all of them ASCII.
    pub const LEN: usize = 22;

    /// Shapes 16 bytes, random or derived, into a nice slugid. Seven of the 128 bits are overwritten: the first, the
    /// four of the UUID's version and the two of its variant (RFC 9562, section 5.4).
    #[must_use]
    pub fn from_bytes(mut bytes: [u8; 16]) -> Self {
        bytes[0] &= 0b0111_1111;
        bytes[6] = (bytes[6] & 0b0000_1111) | 0b0100_0000;
        bytes[8] = (bytes[8] & 0b0011_1111) | 0b1000_0000;
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The slugid's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is not a slugid. Positions count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SlugIdError {
    /// Too short or too long.
    #[error("a slugid has 22 characters, not {found}")]
    Length {
        /// The number of characters in the text.
        found: usize,
    },
    /// A character that can't stand where it does.
    #[error("character {position} of a slugid is {expected}, not {found:?}")]
    Character {
        /// Where it stands, from 1.
        position: usize,
        /// The character itself.
        found: char,
        /// What may stand there, in words.
        expected: &'static str,
    },
}

/// What may stand at a position (from 1), in words and as a test.
fn expected_at(position: usize) -> (&'static str, fn(char) -> bool) {
    match position {
        9 => ("one of QRST (the version of a random UUID)", |c| matches!(c, 'Q'..='T')),
        11 => ("one of CGKOSWaeimquy26- (the variant of a UUID)", |c| "CGKOSWaeimquy26-".contains(c)),
        SlugId::LEN => ("one of AQgw (the last two bits of 128)", |c| "AQgw".contains(c)),
        _ => ("a letter, a digit, _ or -", |c| c.is_ascii_alphanumeric() || c == '_' || c == '-'),
    }
}

fn check(text: &str) -> Result<(), SlugIdError> {
    let found = text.chars().count();
    if found != SlugId::LEN {
        return Err(SlugIdError::Length { found });
    }
    for (position, found) in (1..).zip(text.chars()) {
        let (expected, allows) = expected_at(position);
        if !allows(found) {
            return Err(SlugIdError::Character { position, found, expected });
        }
    }
    Ok(())
}

impl FromStr for SlugId {
    type Err = SlugIdError;

    fn from_str(text: &str) -> Result<Self, SlugIdError> {
        check(text).map(|()| Self(text.to_owned()))
    }
}

impl TryFrom<String> for SlugId {
    type Error = SlugIdError;

    fn try_from(text: String) -> Result<Self, SlugIdError> {
        check(&text).map(|()| Self(text))
    }
}

impl From<SlugId> for String {
    fn from(id: SlugId) -> Self {
        id.0
    }
}

impl AsRef<str> for SlugId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SlugId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shaped_into_a_nice_slugid() {
        let cases = [
            ([0x00; 16], "AAAAAAAAQACAAAAAAAAAAA"),
            ([0xff; 16], "f_______T_-__________w"),
            // The version, the variant and the first bit as they should be: nothing to change.
            (*b"\x00\x11\x22\x33\x44\x55\x46\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff", "ABEiM0RVRneImaq7zN3u_w"),
        ];
        for (bytes, text) in cases {
            let id = SlugId::from_bytes(bytes);
            assert_eq!(id.as_str(), text);
            assert_eq!(text.parse(), Ok(id), "what we make, we accept");
        }
    }

    #[test]
    fn a_slugid_that_is_not_nice_is_still_one() {
        assert!("-_______T_-__________w".parse::<SlugId>().is_ok());
    }

    #[test]
    fn what_is_no_slugid_is_refused_with_the_place() {
        let cases = [
            ("", "a slugid has 22 characters, not 0"),
            ("f_______T_-__________w\n", "a slugid has 22 characters, not 23"),
            ("f_______T_-_________w", "a slugid has 22 characters, not 21"),
            ("f__ ____T_-__________w", "character 4 of a slugid is a letter, a digit, _ or -, not ' '"),
            ("f__é____T_-__________w", "character 4 of a slugid is a letter, a digit, _ or -, not 'é'"),
            (
                "f_______U_-__________w",
                "character 9 of a slugid is one of QRST (the version of a random UUID), not 'U'",
            ),
            (
                "f_______T_B__________w",
                "character 11 of a slugid is one of CGKOSWaeimquy26- (the variant of a UUID), not 'B'",
            ),
            (
                "f_______T_-__________x",
                "character 22 of a slugid is one of AQgw (the last two bits of 128), not 'x'",
            ),
        ];
        for (text, message) in cases {
            assert_eq!(text.parse::<SlugId>().unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn it_is_a_checked_string_in_json() {
        let id = SlugId::from_bytes([0xff; 16]);
        assert_eq!(serde_json::to_value(&id).unwrap(), "f_______T_-__________w");
        assert_eq!(serde_json::from_str::<SlugId>("\"f_______T_-__________w\"").unwrap(), id);
        let refused = serde_json::from_str::<SlugId>("\"f_______U_-__________w\"").unwrap_err();
        assert!(refused.to_string().starts_with("character 9 of a slugid"), "{refused}");
    }
}
