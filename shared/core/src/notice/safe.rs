//! Texts of others, fit for a mail.

/// Two addresses in one, a name beside it or a comment: what would make another mail of it.
const SPECIAL: &[char] = &['"', '(', ')', ',', ':', ';', '<', '>', '[', '\\', ']'];

/// A mail address without anything around it but space; None where a text is something else.
///
/// This is no judgement on whether there is such a mailbox: it is one word with one `@` and something on both sides of
/// it, and no character with which it could become a second address or another line of a mail's head.
pub(super) fn address(text: &str) -> Option<&str> {
    let text = text.trim_matches(' ');
    let (local, domain) = text.split_once('@')?;
    let word = |c: char| !c.is_whitespace() && !c.is_control() && !SPECIAL.contains(&c) && c != '@';
    let is_word = |part: &str| !part.is_empty() && part.chars().all(word);
    (is_word(local) && is_word(domain)).then_some(text)
}

/// A text in one line: control characters and the line separators of Unicode are spaces.
pub(super) fn line(text: &str) -> String {
    text.chars().map(|c| if is_line_break(c) || c.is_control() { ' ' } else { c }).collect()
}

/// A text of several lines, each with this before it: of the control characters only tabs are left.
pub(super) fn indented(text: &str, indent: &str) -> String {
    let mut lines = String::new();
    for text in text.trim_end().lines() {
        let kept: String = text.chars().filter(|&c| c == '\t' || !c.is_control()).collect();
        let kept = kept.trim_end();
        if !kept.is_empty() {
            lines += indent;
        }
        lines += kept;
        lines += "\n";
    }
    lines
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let good =
            ["o@example.com", " o@example.com ", "o+x.y-z_@a", "ö@bücher.example", "!#$%&'*+/=?^`{|}~@x"];
        for text in good {
            assert_eq!(address(text), Some(text.trim()), "{text:?}");
        }
        let bad = [
            "",
            "@",
            "o@",
            "@x",
            "nobody",
            "a@b@c",
            "a@b,c@d",
            "a@b c@d",
            "a@b;c@d",
            "O <o@example.com>",
            "o@example.com\r\nBcc: all@example.com",
            "o@example.com\n",
            "o@exam\0ple.com",
            "o@example.com\u{2028}x",
            "(x)o@example.com",
            "\"a b\"@example.com",
        ];
        for text in bad {
            assert_eq!(address(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_line_is_one() {
        assert_eq!(line("a\r\nBcc: b\u{2028}c\u{85}d\te"), "a  Bcc: b c d e");
    }

    #[test]
    fn lines_are_kept() {
        assert_eq!(indented("a\r\n\tb\x1b[31m\n\nc\r.\n\n", "  "), "  a\n  \tb[31m\n\n  c.\n");
        assert_eq!(indented("", "  "), "");
    }
}
