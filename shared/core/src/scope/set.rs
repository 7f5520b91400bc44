//! A normalized set of scopes.

use super::satisfies;

/// Scopes, none of which is satisfied by another of them, in an order that makes asking cheap.
///
/// The order is by what precedes a final `*`, `prefix*` before anything else that starts with the prefix. No
/// scope of the set being satisfied by another, whatever satisfies a wanted scope is then its direct predecessor:
/// asking is one binary search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeSet(Vec<String>);

/// The key of the order.
fn key(scope: &str) -> (&str, bool) {
    match scope.strip_suffix('*') {
        Some(prefix) => (prefix, false),
        None => (scope, true),
    }
}

impl ScopeSet {
    /// No scopes at all.
    pub const fn empty() -> Self {
        Self(Vec::new())
    }

    /// Whether the set satisfies one scope.
    pub fn satisfies(&self, wanted: &str) -> bool {
        let after = self.0.partition_point(|held| key(held) <= key(wanted));
        after.checked_sub(1).is_some_and(|i| satisfies(&self.0[i], wanted))
    }

    /// Whether the set satisfies each of the scopes; true of none.
    pub fn satisfies_all<I>(&self, wanted: I) -> bool
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        wanted.into_iter().all(|scope| self.satisfies(scope.as_ref()))
    }

    /// Those of the scopes that the set doesn't satisfy, in their order.
    pub fn missing<'a, S: AsRef<str>>(&self, wanted: &'a [S]) -> Vec<&'a str> {
        wanted.iter().map(AsRef::as_ref).filter(|scope| !self.satisfies(scope)).collect()
    }

    /// The scopes, in the set's order.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }

    /// The scopes, in the set's order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// How many scopes there are, after normalization.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The scopes of both sets.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.iter().chain(other.iter()).collect()
    }
}

impl<S: AsRef<str> + Into<String>> FromIterator<S> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = S>>(scopes: I) -> Self {
        let mut all: Vec<S> = scopes.into_iter().collect();
        all.sort_unstable_by(|a, b| key(a.as_ref()).cmp(&key(b.as_ref())));
        let mut kept: Vec<String> = Vec::with_capacity(all.len());
        for scope in all {
            if !kept.last().is_some_and(|held| satisfies(held, scope.as_ref())) {
                kept.push(scope.into());
            }
        }
        Self(kept)
    }
}

impl From<ScopeSet> for Vec<String> {
    fn from(set: ScopeSet) -> Self {
        set.0
    }
}
