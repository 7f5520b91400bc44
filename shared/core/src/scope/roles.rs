//! Roles and their expansion.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use super::index::{Match, Role, RoleIndex};
use super::{ASSUME, ScopeError, ScopeSet, check_grantable};

/// In a scope of a role whose id ends in `*`: the rest of the name that the role was called by.
pub const PARAMETER: &str = "<..>";

/// What one expansion may cost, in bytes of scopes looked at: some hundred times what a large deployment's
/// root client needs. It is there for roles that were stored without the checks and grow without end.
const EXPANSION_BUDGET: usize = 32 << 20;

/// What looking at a scope or a role costs beside its length.
const STEP_COST: usize = 32;

/// All roles of a deployment, indexed for expansion.
#[derive(Debug, Default)]
pub struct Roles {
    pub(super) index: RoleIndex,
}

/// Checks the scopes of a role that is about to be saved: each one grantable, with at most one [`PARAMETER`]
/// and none right after a star. [`Roles::check_cycles`] is the other half, on all roles with the new one.
pub fn check_role_scopes<I>(scopes: I) -> Result<(), ScopeError>
where
    I: IntoIterator<Item: AsRef<str>>,
{
    scopes.into_iter().try_for_each(|scope| check_role_scope(scope.as_ref()))
}

fn check_role_scope(scope: &str) -> Result<(), ScopeError> {
    check_grantable(scope)?;
    if scope.matches(PARAMETER).nth(1).is_some() {
        return Err(ScopeError::ParameterTwice { scope: scope.to_owned() });
    }
    if scope.contains("*<..>") {
        return Err(ScopeError::ParameterAfterStar { scope: scope.to_owned() });
    }
    Ok(())
}

impl Roles {
    /// Takes each role's id and scopes; of two roles with one id, the later. Scopes that a role may not have are
    /// left out: what was stored without the checks must not grant more than it says.
    pub fn new<I>(roles: I) -> Self
    where
        I: IntoIterator<Item = (String, Vec<String>)>,
    {
        let mut by_id = BTreeMap::new();
        for (id, mut scopes) in roles {
            scopes.retain(|scope| check_role_scope(scope).is_ok());
            if super::check_role_id(&id).is_ok() {
                by_id.insert(id, scopes);
            }
        }
        Self { index: RoleIndex::new(by_id) }
    }

    /// How many roles there are.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The scopes with all that their roles add, to a fixed point.
    ///
    /// `assume:<roleId>` adds the scopes of the role. A role id ending in `*` applies to every name that starts
    /// with what precedes it, and [`PARAMETER`] in its scopes becomes the rest of the name. A scope ending in `*`
    /// adds the scopes of every role that it covers; where its `*` goes into a parameter, what follows the
    /// parameter is dropped, so that the wildcard stays one.
    ///
    /// The cost is bounded; an expansion that would exceed the bound ends with what was found: less, never more.
    pub fn expand<I>(&self, scopes: I) -> ScopeSet
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        let given: ScopeSet = scopes.into_iter().map(|scope| scope.as_ref().to_owned()).collect();
        let mut work = Worklist::default();
        let mut taken_whole = vec![false; self.len()];
        for scope in given.iter() {
            work.add(Cow::Borrowed(scope));
        }
        while let Some(scope) = work.next() {
            for (i, how) in self.index.matching(&scope) {
                let role = self.index.role(i);
                if how == Match::Whole && std::mem::replace(&mut taken_whole[i], true) {
                    continue;
                }
                for scope in &role.scopes {
                    work.add(fill(scope, role, how));
                }
            }
        }
        work.seen.into_iter().collect()
    }
}

/// A role's scope with the parameter filled in.
fn fill<'r>(scope: &'r str, role: &Role, how: Match<'_>) -> Cow<'r, str> {
    let rest = match how {
        Match::Whole if role.prefix().is_none() => return Cow::Borrowed(scope),
        Match::Whole => "*",
        Match::Rest(rest) => rest,
    };
    match scope.split_once(PARAMETER) {
        None => Cow::Borrowed(scope),
        Some((before, _)) if rest.ends_with('*') => Cow::Owned(format!("{before}{rest}")),
        Some((before, after)) => Cow::Owned(format!("{before}{rest}{after}")),
    }
}

/// Scopes found, and those of them whose roles are still to be looked up.
#[derive(Default)]
struct Worklist<'r> {
    seen: HashSet<Cow<'r, str>>,
    todo: Vec<Cow<'r, str>>,
    spent: usize,
}

impl<'r> Worklist<'r> {
    fn add(&mut self, scope: Cow<'r, str>) {
        self.spent = self.spent.saturating_add(scope.len() + STEP_COST);
        if self.spent > EXPANSION_BUDGET || self.seen.contains(&scope) {
            return;
        }
        if names_roles(&scope) {
            self.todo.push(scope.clone());
        }
        self.seen.insert(scope);
    }

    fn next(&mut self) -> Option<Cow<'r, str>> {
        // A lone `*` satisfies whatever could still be found.
        if self.spent > EXPANSION_BUDGET || self.seen.contains("*") { None } else { self.todo.pop() }
    }
}

/// Whether a scope can name a role. One that ends in `**`, which nobody can be given, names none.
pub(super) fn names_roles(scope: &str) -> bool {
    let covers_all = || scope.strip_suffix('*').is_some_and(|prefix| ASSUME.starts_with(prefix));
    !scope.ends_with("**") && (scope.starts_with(ASSUME) || covers_all())
}
