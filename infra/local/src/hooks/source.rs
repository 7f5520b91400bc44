//! Reading definitions and payloads from files: YAML 1.2 or JSON.

use std::fmt;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::Spanned;

/// What a directory's files end in.
const EXTENSIONS: [&str; 3] = ["yaml", "yml", "json"];

/// A value of a file, which may have several.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    /// Where it begins: `FILE:LINE`.
    pub(crate) origin: String,
    pub(crate) value: Value,
}

/// What is wrong with files: all of it, a line each.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub(super) struct Mistakes(pub(super) Vec<String>);

/// Reads files, directories of them, and, for `-`, the standard input. A list in a file counts as so many values.
pub(super) fn read(paths: &[PathBuf]) -> Result<Vec<Item>, Mistakes> {
    let (mut items, mut mistakes) = (Vec::new(), Vec::new());
    for path in paths {
        let read = files(path).and_then(|files| {
            files.iter().try_for_each(|file| {
                match text(file).and_then(|text| parse(&shown(file), &text)) {
                    Ok(found) => items.extend(found),
                    Err(mistake) => mistakes.push(mistake),
                }
                Ok(())
            })
        });
        mistakes.extend(read.err());
    }
    if mistakes.is_empty() { Ok(items) } else { Err(Mistakes(mistakes)) }
}

/// Reads a file that has one value.
pub(super) fn read_one(path: &Path) -> Result<Value, Mistakes> {
    let mistake = |mistake| Mistakes(vec![mistake]);
    let text = text(path).map_err(mistake)?;
    one(&shown(path), &text).map_err(mistake)
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn shown(path: &Path) -> String {
    if is_stdin(path) { "the standard input".to_owned() } else { path.display().to_string() }
}

fn text(path: &Path) -> Result<String, String> {
    let text = if is_stdin(path) {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(path)
    };
    text.map_err(|error| format!("can't read {}: {error}", shown(path)))
}

/// The file itself, or those of a directory, by name.
fn files(path: &Path) -> Result<Vec<PathBuf>, String> {
    if is_stdin(path) || !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path).and_then(|entries| {
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()
    });
    let mut files = entries.map_err(|error| format!("can't read {}: {error}", path.display()))?;
    files.retain(|file| {
        let extension = file.extension().and_then(|extension| extension.to_str());
        extension.is_some_and(|extension| EXTENSIONS.contains(&extension)) && file.is_file()
    });
    files.sort();
    if files.is_empty() {
        return Err(format!("there is no *.yaml, *.yml or *.json in {}", path.display()));
    }
    Ok(files)
}

/// The values of a text.
fn parse(file: &str, text: &str) -> Result<Vec<Item>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match json(file, text) {
        Some(Ok(items)) => Ok(items),
        // What begins as JSON may still be YAML.
        Some(Err(mistake)) if file.ends_with(".json") => Err(mistake),
        Some(Err(_)) | None => yaml(file, text),
    }
}

/// The one value of a text, which may be a list.
fn one(file: &str, text: &str) -> Result<Value, String> {
    let json: Result<Value, _> = serde_json::from_str(text);
    json.or_else(|_| serde_saphyr::from_str_with_options(text, options()))
        .map_err(|error| format!("{file}: {}", error.without_snippet()))
}

/// None where the text doesn't begin as JSON does. YAML takes most JSON, but not all: escaped surrogates, for one.
fn json(file: &str, text: &str) -> Option<Result<Vec<Item>, String>> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let mut items = Vec::new();
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    loop {
        let rest = text.get(values.byte_offset()..).unwrap_or_default();
        let start = text.len() - rest.trim_start().len();
        match values.next() {
            None => return Some(Ok(items)),
            Some(Ok(value)) => {
                let line = text.get(..start).unwrap_or_default().matches('\n').count() + 1;
                push_json(&mut items, format!("{file}:{line}"), value);
            }
            Some(Err(error)) => return Some(Err(format!("{file}:{}: {error}", error.line()))),
        }
    }
}

fn push_json(items: &mut Vec<Item>, origin: String, value: Value) {
    match value {
        Value::Array(list) => items.extend(
            (1..).zip(list).map(|(number, value)| Item { origin: format!("{origin}: item {number}"), value }),
        ),
        value => items.push(Item { origin, value }),
    }
}

fn yaml(file: &str, text: &str) -> Result<Vec<Item>, String> {
    let documents: Vec<Spanned<Document>> = serde_saphyr::from_multiple_with_options(text, options())
        .map_err(|error| {
            let line = error.location().map(|location| format!(":{}", location.line())).unwrap_or_default();
            format!("{file}{line}: {}", error.without_snippet())
        })?;
    let mut items = Vec::new();
    for document in documents {
        let line = document.referenced.line();
        match document.value {
            Document::One(value) => items.push(Item { origin: format!("{file}:{line}"), value }),
            Document::List(list) => items.extend(list.into_iter().map(|item| Item {
                origin: format!("{file}:{}", item.referenced.line()),
                value: item.value,
            })),
        }
    }
    Ok(items)
}

/// YAML 1.2, where `on` and `no` are texts; room for many hooks, but not for aliases that multiply.
fn options() -> serde_saphyr::Options {
    let budget = serde_saphyr::budget! {
        max_events: 20_000_000,
        max_nodes: 10_000_000,
        max_documents: 100_000,
        max_depth: 128,
    };
    serde_saphyr::options! { budget: budget, strict_booleans: true, with_snippet: false }
}

/// A document of a YAML stream.
enum Document {
    One(Value),
    List(Vec<Spanned<Value>>),
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DocumentVisitor)
    }
}

struct DocumentVisitor;

impl<'de> Visitor<'de> for DocumentVisitor {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a hook or a list of hooks")
    }

    fn visit_unit<E>(self) -> Result<Document, E> {
        Ok(Document::List(Vec::new()))
    }

    /// No hook, which is told later, with the line.
    fn visit_str<E>(self, text: &str) -> Result<Document, E> {
        Ok(Document::One(text.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Document, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(map)).map(Document::One)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Document, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Document::List(items))
    }
}

#[cfg(test)]
mod tests;
