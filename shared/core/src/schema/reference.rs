//! References within one document: `#`, `#/definitions/a`, `#anchor`, and the same behind the document's own id.

use serde_json::Value;

use super::dialect::Dialect;
use super::keyword;

/// A place in a document: its JSON pointer and what stands there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place<'a> {
    /// The JSON pointer, escaped as in RFC 6901; empty for the whole document.
    pub pointer: String,
    /// The value there.
    pub value: &'a Value,
}

/// Why a reference leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dangling {
    /// It names another document; those are never fetched.
    Remote,
    /// There is nothing where it points.
    Missing,
}

/// Finds what `reference` means in the document `root`.
pub(crate) fn resolve<'a>(root: &'a Value, dialect: Dialect, reference: &str) -> Result<Place<'a>, Dangling> {
    let fragment = fragment(root, dialect, reference).ok_or(Dangling::Remote)?;
    let fragment =
        percent_encoding::percent_decode_str(fragment).decode_utf8().map_err(|_| Dangling::Missing)?;
    if fragment.is_empty() || fragment.starts_with('/') {
        let value = root.pointer(&fragment).ok_or(Dangling::Missing)?;
        let pointer = canonical(&fragment);
        return Ok(Place { pointer, value });
    }
    anchored(root, dialect, &fragment, "").ok_or(Dangling::Missing)
}

/// Appends a segment to a JSON pointer.
pub(crate) fn push(pointer: &mut String, segment: &str) {
    pointer.push('/');
    pointer.push_str(&segment.replace('~', "~0").replace('/', "~1"));
}

/// The segments of a JSON pointer, unescaped.
pub(crate) fn segments(pointer: &str) -> impl Iterator<Item = String> {
    let raw = pointer.split('/').skip(1);
    raw.map(|segment| segment.replace("~1", "/").replace("~0", "~"))
}

/// What follows the `#` of a reference into the document itself.
fn fragment<'r>(root: &Value, dialect: Dialect, reference: &'r str) -> Option<&'r str> {
    let (document, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    let id = root.get(dialect.id_keyword()).and_then(Value::as_str);
    let own = id.and_then(|id| id.split('#').next()).unwrap_or("");
    (document.is_empty() || document == own).then_some(fragment)
}

/// The one spelling of a pointer, where several mean the same: `~` not followed by 0 or 1 is itself.
fn canonical(pointer: &str) -> String {
    let mut canonical = String::with_capacity(pointer.len());
    segments(pointer).for_each(|segment| push(&mut canonical, &segment));
    canonical
}

/// Searches the schema with this anchor, depth first.
fn anchored<'a>(schema: &'a Value, dialect: Dialect, anchor: &str, at: &str) -> Option<Place<'a>> {
    if has_anchor(schema, dialect, anchor) {
        return Some(Place { pointer: at.to_owned(), value: schema });
    }
    let mut below = keyword::children(dialect, schema.as_object()?).into_iter();
    below.find_map(|child| anchored(child.schema, dialect, anchor, &child.pointer(at)))
}

fn has_anchor(schema: &Value, dialect: Dialect, anchor: &str) -> bool {
    let text = |keyword| schema.get(keyword).and_then(Value::as_str);
    if dialect >= Dialect::Draft201909 {
        return text("$anchor") == Some(anchor) || text("$dynamicAnchor") == Some(anchor);
    }
    text(dialect.id_keyword()).and_then(|id| id.strip_prefix('#')) == Some(anchor)
}
