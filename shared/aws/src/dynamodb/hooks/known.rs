//! Definitions that were read before. Reading a hook again mostly finds the same text, which need not be parsed and
//! compiled again.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use treble_core::definition::Definition;

/// The most [`weight`](Definition::weight) that is kept, in bytes: a hundred usual definitions, or some with
/// patterns. Parsed and compiled, one takes some ten times its weight.
const MAX_WEIGHT: usize = 512 * 1024;

/// As much as there is room for of the definitions that were read last.
///
/// A definition is known by the whole of its text, so that none is ever taken for another, whoever writes the table.
#[derive(Debug, Default)]
pub(super) struct Known {
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    /// The one that was used last comes first.
    recent: VecDeque<Entry>,
    weight: usize,
}

#[derive(Debug)]
struct Entry {
    text: String,
    definition: Definition,
    weight: usize,
}

impl Known {
    /// The definition of this text, if it is known.
    pub(super) fn find(&self, text: &str) -> Option<Definition> {
        let mut entries = self.entries();
        let place = entries.recent.iter().position(|entry| entry.text == text)?;
        let entry = entries.recent.remove(place)?;
        let definition = entry.definition.clone();
        entries.recent.push_front(entry);
        Some(definition)
    }

    /// Keeps the definition of a text that wasn't known, in the place of those that were used longest ago.
    pub(super) fn keep(&self, text: &str, definition: &Definition) {
        let weight = definition.weight(text.len());
        let mut entries = self.entries();
        // Another reader may have been quicker.
        if weight > MAX_WEIGHT || entries.recent.iter().any(|entry| entry.text == text) {
            return;
        }
        entries.recent.push_front(Entry { text: text.to_owned(), definition: definition.clone(), weight });
        entries.weight += weight;
        while entries.weight > MAX_WEIGHT
            && let Some(last) = entries.recent.pop_back()
        {
            entries.weight -= last.weight;
        }
    }

    /// Nothing that can panic is done under the lock.
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use treble_core::hook::Hook;

    use super::*;

    fn definition(id: &str) -> Definition {
        let hook = json!({
            "hookId": id, "hookGroupId": "g", "task": {}, "triggerSchema": {},
            "metadata": {"name": "n", "description": "d", "owner": "o"},
        });
        serde_json::from_value::<Hook>(hook).unwrap().into()
    }

    /// A text of a fifth of what there is room for.
    fn text(name: &str) -> String {
        name.repeat(MAX_WEIGHT / 5)
    }

    #[test]
    fn a_definition_is_known_by_its_whole_text() {
        let known = Known::default();
        known.keep("text", &definition("a"));
        assert_eq!(known.find("text"), Some(definition("a")));
        assert_eq!((known.find("texts"), known.find("tex")), (None, None));
    }

    #[test]
    fn what_was_not_used_for_longest_makes_room() {
        let known = Known::default();
        for name in ["a", "b", "c", "d", "e"] {
            known.keep(&text(name), &definition(name));
        }
        assert!(known.find(&text("a")).is_some());
        known.keep(&text("f"), &definition("f"));
        let kept = ["a", "b", "c", "d", "e", "f"].map(|name| known.find(&text(name)).is_some());
        assert_eq!(kept, [true, false, true, true, true, true]);
    }

    #[test]
    fn what_is_too_large_makes_no_room() {
        let known = Known::default();
        known.keep("text", &definition("a"));
        let large = "x".repeat(MAX_WEIGHT + 1);
        known.keep(&large, &definition("b"));
        assert!(known.find("text").is_some() && known.find(&large).is_none());
    }
}
