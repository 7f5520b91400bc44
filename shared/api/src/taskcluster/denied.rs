//! The exchanges that no hook may be bound to: bound to them, a hook could fire itself without end.

use std::convert::Infallible;
use std::str::FromStr;

use treble_core::hook::Binding;

/// The prefixes of exchanges that no hook may be bound to. As text, with commas in between; nothing is an empty list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeniedExchanges(Vec<String>);

impl Default for DeniedExchanges {
    /// The messages that a hook's own firing, or its own change, causes.
    fn default() -> Self {
        Self::new(["exchange/taskcluster-queue/v1/task-created", "exchange/taskcluster-hooks/"])
    }
}

impl DeniedExchanges {
    /// Denies every exchange that starts with one of these.
    pub fn new<S: Into<String>>(prefixes: impl IntoIterator<Item = S>) -> Self {
        Self(prefixes.into_iter().map(Into::into).collect())
    }

    /// The bindings to exchanges that are denied.
    pub fn among<'b>(&self, bindings: &'b [Binding]) -> Vec<&'b Binding> {
        let denied = |binding: &&Binding| self.0.iter().any(|prefix| binding.exchange.starts_with(prefix));
        bindings.iter().filter(denied).collect()
    }
}

impl FromStr for DeniedExchanges {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::new(text.split(',').map(str::trim).filter(|prefix| !prefix.is_empty())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_prefix_is_none() {
        for (text, expected) in
            [("", &[][..]), (" exchange/a/, ,exchange/b ", &["exchange/a/", "exchange/b"])]
        {
            assert_eq!(text.parse(), Ok(DeniedExchanges::new(expected.iter().copied())));
        }
    }

    #[test]
    fn prefixes_deny() {
        let denied = DeniedExchanges::default();
        for (exchange, expected) in [
            ("exchange/taskcluster-queue/v1/task-created", 1),
            ("exchange/taskcluster-queue/v1/task-createdX", 1),
            ("exchange/taskcluster-hooks/v1/hook-created", 1),
            ("exchange/taskcluster-queue/v1/task-completed", 0),
            ("x/exchange/taskcluster-hooks/", 0),
        ] {
            let binding = Binding { exchange: exchange.into(), routing_key_pattern: "#".into() };
            assert_eq!(denied.among(&[binding]).len(), expected, "{exchange}");
        }
    }
}
