//! Roles and their expansion: lines of a role's id and scopes, separated by tabs; an empty line; scopes, a line each.
//!
//! Expanding takes nothing away, doesn't depend on an order, and gives no less for more; and it is what following the rules
//! word by word gives.

use std::collections::BTreeSet;

use treble_core::scope::{ASSUME, PARAMETER, Roles, check_grantable, check_role_scopes, satisfies};

/// As many as a slow search can be compared with.
const MOST: usize = 12;

/// The length from which on scopes that grow from role to role are left alone.
const LONG: usize = 400;

/// See the module.
pub fn check(input: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(input) else { return false };
    let Some((roles, scopes)) = text.split_once("\n\n") else { return false };
    let roles: Vec<(String, Vec<String>)> = roles.lines().take(MOST).map(role).collect();
    let scopes: Vec<&str> =
        scopes.lines().filter(|scope| check_grantable(scope).is_ok()).take(MOST).collect();
    let index = Roles::new(roles.iter().cloned());
    // Roles that call each other in a circle are not saved.
    if index.check_cycles().is_err() || scopes.is_empty() {
        return false;
    }
    let expanded = index.expand(&scopes);
    assert!(expanded.satisfies_all(&scopes));
    assert_eq!(index.expand(expanded.iter()), expanded, "once more");
    assert_eq!(index.expand(scopes.iter().rev()), expanded, "in another order");
    let fewer = index.expand(&scopes[1..]);
    assert!(expanded.satisfies_all(fewer.iter()), "{fewer:?} of {expanded:?}");
    if let Some(found) = word_by_word(&roles, &scopes) {
        assert_eq!(found.into_iter().collect::<treble_core::scope::ScopeSet>(), expanded);
    }
    true
}

fn role(line: &str) -> (String, Vec<String>) {
    let mut words = line.split('\t').map(str::to_owned);
    (words.next().unwrap_or_default(), words.collect())
}

/// Each scope against each role, until nothing is added; None if that would take long.
fn word_by_word(roles: &[(String, Vec<String>)], scopes: &[&str]) -> Option<BTreeSet<String>> {
    let is_last = |i: usize| !roles[i + 1..].iter().any(|(id, _)| *id == roles[i].0);
    let mut found: BTreeSet<String> = scopes.iter().map(|&scope| scope.to_owned()).collect();
    loop {
        let mut added = BTreeSet::new();
        for held in &found {
            for (i, (id, scopes)) in roles.iter().enumerate() {
                if treble_core::scope::check_role_id(id).is_err() || !is_last(i) {
                    continue;
                }
                let Some(rest) = called_by(id, held) else { continue };
                let grantable = scopes.iter().filter(|scope| check_role_scopes([scope]).is_ok());
                added.extend(grantable.map(|scope| filled(scope, rest)));
            }
        }
        let before = found.len();
        found.append(&mut added);
        if found.len() == before {
            return Some(found);
        }
        if found.len() > 200 || found.iter().any(|scope| scope.len() > LONG) {
            return None;
        }
    }
}

/// The rest of the name that a scope calls a role by, if it does; for a role without a star that is nothing to fill in.
fn called_by<'s>(id: &str, held: &'s str) -> Option<Option<&'s str>> {
    let whole = format!("{ASSUME}{id}");
    let Some(prefix) = whole.strip_suffix('*') else {
        return satisfies(held, &whole).then_some(None);
    };
    match held.strip_prefix(prefix) {
        Some(rest) => Some(Some(rest)),
        None => held.strip_suffix('*').filter(|start| prefix.starts_with(start)).map(|_| Some("*")),
    }
}

fn filled(scope: &str, rest: Option<&str>) -> String {
    match (scope.split_once(PARAMETER), rest) {
        (Some((before, _)), Some(rest)) if rest.ends_with('*') => format!("{before}{rest}"),
        (Some((before, after)), Some(rest)) => format!("{before}{rest}{after}"),
        _ => scope.to_owned(),
    }
}

/// Roles that call each other in each of the ways that there are.
pub fn seeds() -> Vec<Vec<u8>> {
    [
        "a\tx:y\tassume:b\nb\tz*\n\nassume:a",
        "hook-id:*\tqueue:route:<..>\nproject-admin:*\tsecrets:get:project/<..>/*\tassume:hook-id:project-<..>/*\n\nassume:project-admin:ops\nassume:project-admin:web*",
        "*\tall:<..>\nanonymous\tx\n\nassume:*\nassume:anonymous",
        "a*\tassume:b<..>\nb*\tassume:c-<..>\nc-*\tend:<..>:end\n\nassume:a1\nassu*",
        "a\tassume:b\nb\tassume:a\n\nassume:a",
        "a\t*\n\nassume:a*\nx",
        "a*\tx**\t<..><..>\t*<..>\tok\n\nassume:ab",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}
