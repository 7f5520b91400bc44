//! Which roles a scope names, found without looking at each role.

use std::collections::BTreeMap;

use super::ASSUME;

/// Roles by id, and those with a final `*` by prefix.
#[derive(Debug, Default)]
pub(super) struct RoleIndex {
    /// Sorted by id.
    roles: Vec<Role>,
    /// The roles whose id ends in `*`, sorted by what precedes it.
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
pub(super) struct Role {
    pub(super) id: String,
    pub(super) scopes: Vec<String>,
}

#[derive(Debug)]
struct Pattern {
    role: usize,
    /// The longest other pattern whose prefix is a prefix of this one's.
    parent: Option<usize>,
}

/// How a scope and a role meet, which says what becomes of the parameter in the role's scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match<'s> {
    /// The role's own name, or a scope with a final `*` that covers every name the role applies to.
    Whole,
    /// A role with a final `*`; the rest of the scope, which may itself end in `*`.
    Rest(&'s str),
}

impl Role {
    /// What precedes the final `*`, of a role that has one.
    pub(super) fn prefix(&self) -> Option<&str> {
        self.id.strip_suffix('*')
    }
}

impl RoleIndex {
    pub(super) fn new(roles: BTreeMap<String, Vec<String>>) -> Self {
        let roles: Vec<_> = roles.into_iter().map(|(id, scopes)| Role { id, scopes }).collect();
        let mut prefixes: Vec<(&str, usize)> =
            roles.iter().enumerate().filter_map(|(i, role)| Some((role.prefix()?, i))).collect();
        prefixes.sort_unstable();
        let mut patterns: Vec<Pattern> = Vec::with_capacity(prefixes.len());
        for (i, (prefix, role)) in prefixes.iter().enumerate() {
            // Sorted, a prefix of this one is the previous one or among that one's ancestors.
            let mut parent = i.checked_sub(1);
            while let Some(p) = parent.filter(|p| !prefix.starts_with(prefixes[*p].0)) {
                parent = patterns[p].parent;
            }
            patterns.push(Pattern { role: *role, parent });
        }
        Self { roles, patterns }
    }

    pub(super) fn role(&self, i: usize) -> &Role {
        &self.roles[i]
    }

    pub(super) fn len(&self) -> usize {
        self.roles.len()
    }

    /// The roles that a scope names, with how.
    pub(super) fn matching<'s>(&self, scope: &'s str) -> impl Iterator<Item = (usize, Match<'s>)> {
        let name = scope.strip_prefix(ASSUME);
        let covered = match (scope.strip_suffix('*'), name) {
            // `*`, `a*` … `assume:*` cover every role.
            (Some(prefix), _) if ASSUME.starts_with(prefix) => 0..self.len(),
            (Some(_), Some(name)) => self.starting_with(name.strip_suffix('*').unwrap_or(name)),
            (None, Some(name)) => self.named(name),
            (_, None) => 0..0,
        };
        let by_pattern =
            name.into_iter().flat_map(|name| self.patterns_of(name).map(move |role| (name, role)));
        let by_pattern = by_pattern.filter_map(|(name, role)| {
            let rest = name.strip_prefix(self.roles[role].prefix()?)?;
            // `x*` and the role `x*` meet in the other way already.
            (rest != "*").then_some((role, Match::Rest(rest)))
        });
        covered.map(|role| (role, Match::Whole)).chain(by_pattern)
    }

    /// Roles whose id starts with a prefix.
    fn starting_with(&self, prefix: &str) -> std::ops::Range<usize> {
        let start = self.roles.partition_point(|role| role.id.as_str() < prefix);
        let len = self.roles[start..].partition_point(|role| role.id.starts_with(prefix));
        start..start + len
    }

    /// The role of just this name, if there is one.
    fn named(&self, id: &str) -> std::ops::Range<usize> {
        match self.roles.binary_search_by(|role| role.id.as_str().cmp(id)) {
            Ok(i) => i..i + 1,
            Err(_) => 0..0,
        }
    }

    /// Roles whose prefix is a prefix of the name, longest first.
    fn patterns_of(&self, name: &str) -> impl Iterator<Item = usize> {
        let after = self.patterns.partition_point(|p| self.prefix_of(p) <= name);
        let mut at = after.checked_sub(1);
        while let Some(p) = at.filter(|p| !name.starts_with(self.prefix_of(&self.patterns[*p]))) {
            at = self.patterns[p].parent;
        }
        std::iter::successors(at, |p| self.patterns[*p].parent).map(|p| self.patterns[p].role)
    }

    fn prefix_of(&self, pattern: &Pattern) -> &str {
        self.roles[pattern.role].prefix().unwrap_or_default()
    }
}
