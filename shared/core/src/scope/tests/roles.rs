use std::collections::BTreeSet;

use crate::scope::*;
use proptest::prelude::*;

fn roles(table: &[(&str, &[&str])]) -> Roles {
    Roles::new(
        table.iter().map(|(id, scopes)| (id.to_string(), scopes.iter().map(|s| s.to_string()).collect())),
    )
}

/// Cases of the documentation first, then corners.
#[test]
fn expansion() {
    type Case<'a> = (&'a [(&'a str, &'a [&'a str])], &'a [&'a str], &'a [&'a str]);
    let group: &[(&str, &[&str])] =
        &[("group:admins", &["admin-1", "admin-2", "assume:group:devs"]), ("group:devs", &["dev"])];
    let project: &[(&str, &[&str])] =
        &[("project-admin:*", &["auth:create-role:project-<..>/*", "secrets:get:project/<..>/*"])];
    let cases: &[Case<'_>] = &[
        (
            group,
            &["assume:group:admins", "mine"],
            &["admin-1", "admin-2", "assume:group:admins", "assume:group:devs", "dev", "mine"],
        ),
        (&[("repo:a/b", &["s"])], &["assume:repo:a/*"], &["assume:repo:a/*", "s"]),
        (&[("hook-id:t/*", &["q"])], &["assume:hook-id:t/n"], &["assume:hook-id:t/n", "q"]),
        (
            project,
            &["assume:project-admin:zap"],
            &["assume:project-admin:zap", "auth:create-role:project-zap/*", "secrets:get:project/zap/*"],
        ),
        (
            project,
            &["assume:project-admin:ops*"],
            &["assume:project-admin:ops*", "auth:create-role:project-ops*", "secrets:get:project/ops*"],
        ),
        (
            project,
            &["assume:project-*"],
            &["assume:project-*", "auth:create-role:project-*", "secrets:get:project/*"],
        ),
        (
            project,
            &["assume:project-admin:*"],
            &["assume:project-admin:*", "auth:create-role:project-*", "secrets:get:project/*"],
        ),
        (project, &["ass*"], &["ass*", "auth:create-role:project-*", "secrets:get:project/*"]),
        // Not a scope for a role: nothing is added.
        (project, &["assumed*", "b*"], &["assumed*", "b*"]),
        (project, &["*"], &["*"]),
        // A star elsewhere than at the end is a star.
        (
            project,
            &["assume:project-admin:a*b"],
            &["assume:project-admin:a*b", "auth:create-role:project-a*b/*", "secrets:get:project/a*b/*"],
        ),
        // Nothing after the prefix.
        (&[("a:*", &["x:<..>:y"])], &["assume:a:"], &["assume:a:", "x::y"]),
        // Several roles meet one scope, nested and not; the parameter is each one's own.
        (
            &[
                ("*", &["any:<..>"]),
                ("a*", &["a:<..>"]),
                ("ab*", &["ab:<..>"]),
                ("ac*", &["ac"]),
                ("abc", &["me"]),
            ],
            &["assume:abc"],
            &["a:bc", "ab:c", "any:abc", "assume:abc", "me"],
        ),
        // Without a star in its id, a role has no parameter.
        (&[("a", &["x:<..>"])], &["assume:a"], &["assume:a", "x:<..>"]),
        (&[("a", &["x:<..>"])], &["assume:*"], &["assume:*", "x:<..>"]),
        // A parameter that names the next role.
        (
            &[("a:*", &["assume:b:<..>:z"]), ("b:*", &["c:<..>"])],
            &["assume:a:1"],
            &["assume:a:1", "assume:b:1:z", "c:1:z"],
        ),
        // A role that holds everything.
        (&[("root", &["*"])], &["assume:root", "x"], &["*"]),
        (&[("a", &["x"])], &["assume:**"], &["assume:**"]),
    ];
    for (table, given, expected) in cases {
        let expanded = roles(table).expand(*given);
        let expected: ScopeSet = expected.iter().copied().collect();
        assert_eq!(expanded, expected, "{given:?} with {table:?}");
    }
}

#[test]
fn scopes_that_a_role_may_not_have_grant_nothing() {
    let stored = roles(&[("a*", &["x**", "y*<..>", "z<..><..>", "é", "ok"]), ("b**", &["no"])]);
    assert_eq!(stored.expand(["assume:a1", "assume:b*1"]).as_slice(), ["assume:a1", "assume:b*1", "ok"]);
}

#[test]
fn cycles() {
    type Case<'a> = (&'a [(&'a str, &'a [&'a str])], Option<&'a [&'a str]>);
    let cases: &[Case<'_>] = &[
        (&[("a", &["assume:b"]), ("b", &["x"])], None),
        (&[("a", &["assume:a"])], Some(&["a", "a"])),
        (&[("a", &["assume:b"]), ("b", &["assume:c"]), ("c", &["assume:a"])], Some(&["a", "b", "c", "a"])),
        (&[("a", &["assume:b*"]), ("bc", &["assume:a"])], Some(&["a", "bc", "a"])),
        (&[("a*", &["assume:a<..>x"])], Some(&["a*", "a*"])),
        (&[("a*", &["assume:b<..>"]), ("bx", &["assume:ay"])], Some(&["a*", "bx", "a*"])),
        (&[("a:*", &["assume:b:<..>:z"]), ("b:*", &["c:<..>"])], None),
        (&[("a", &["ass*"])], Some(&["a", "a"])),
        (&[("a", &["*"])], None),
        // Two ways to one role are no cycle.
        (&[("a", &["assume:b", "assume:c"]), ("b", &["assume:d"]), ("c", &["assume:d"]), ("d", &[])], None),
    ];
    for (table, expected) in cases {
        let found = roles(table).check_cycles().err().map(|cycle| cycle.path);
        assert_eq!(found, expected.map(|p| p.iter().map(|s| s.to_string()).collect()), "{table:?}");
    }
    let text = roles(&[("a", &["assume:b"]), ("b", &["assume:a"])]).check_cycles().unwrap_err().to_string();
    assert_eq!(text, "roles may not lead back to themselves: a -> b -> a");
}

#[test]
fn growing_roles_end() {
    let growing = roles(&[("a:*", &["assume:a:x<..>", "assume:a:y<..>"]), ("b:*", &["assume:b:<..>z"])]);
    assert!(growing.expand(["assume:a:1"]).satisfies("assume:a:x1"));
    assert!(growing.expand(["assume:b:1"]).satisfies("assume:b:1zzzzzzzz"));
}

#[test]
fn a_chain_as_long_as_the_table() {
    let chain = Roles::new((0..20_000).map(|i| (format!("r{i}"), vec![format!("assume:r{}", i + 1)])));
    assert_eq!(chain.check_cycles(), Ok(()));
    assert!(chain.expand(["assume:r0"]).satisfies("assume:r20000"));
}

/// What a scope gets from a role, by the documentation's sentences, looking at each role.
fn naive_step(scope: &str, id: &str, scopes: &[String]) -> Vec<String> {
    let role = format!("assume:{id}");
    let fill = |rest: &str| {
        let one = |s: &String| match s.find("<..>") {
            Some(at) if rest.ends_with('*') => format!("{}{rest}", &s[..at]),
            Some(_) => s.replacen("<..>", rest, 1),
            None => s.clone(),
        };
        scopes.iter().map(one).collect()
    };
    let wide = role.strip_suffix('*');
    match scope.strip_suffix('*') {
        Some(covered) if role.starts_with(covered) => match wide {
            Some(_) => fill("*"),
            None => scopes.to_vec(),
        },
        _ => match wide {
            Some(prefix) if scope.starts_with(prefix) => fill(&scope[prefix.len()..]),
            _ if scope == role => scopes.to_vec(),
            _ => vec![],
        },
    }
}

fn naive_expand(table: &[(String, Vec<String>)], given: &[String]) -> ScopeSet {
    let mut all: BTreeSet<String> = given.iter().cloned().collect();
    loop {
        let found: Vec<String> = all
            .iter()
            .flat_map(|scope| table.iter().flat_map(move |(id, scopes)| naive_step(scope, id, scopes)))
            .filter(|scope| !all.contains(scope))
            .collect();
        if found.is_empty() {
            return all.into_iter().collect();
        }
        all.extend(found);
    }
}

fn some_roles() -> impl Strategy<Value = Vec<(String, Vec<String>)>> {
    let id = "[abc]{0,3}[ab*]";
    let scope = prop_oneof![
        3 => "assume:[abc]{1,3}(<\\.\\.>)?[ab]{0,1}\\*?",
        1 => "[xyz]:[ab]{0,2}(<\\.\\.>)?z?\\*?",
        1 => "x<\\.\\.>",
    ];
    proptest::collection::vec((id, proptest::collection::vec(scope, 0..4)), 0..8).prop_map(|table| {
        // Keep each role that closes no cycle; the first of one id.
        let mut kept: Vec<(String, Vec<String>)> = vec![];
        for (id, mut scopes) in table {
            scopes.retain(|s| check_role_scopes([s]).is_ok());
            if kept.iter().all(|(other, _)| *other != id) {
                kept.push((id, scopes));
                if Roles::new(kept.clone()).check_cycles().is_err() {
                    kept.pop();
                }
            }
        }
        kept
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn as_the_naive_expansion(table in some_roles(), given in proptest::collection::vec("assume:[abc]{1,4}\\*?|ass\\*|y", 0..4)) {
        prop_assert_eq!(Roles::new(table.clone()).expand(&given), naive_expand(&table, &given));
    }

    /// Whoever holds more gets more: delegating a satisfied scope never widens it.
    #[test]
    fn expansion_is_monotonic(table in some_roles(), held in "assume:[abc]{0,4}", rest in "[abc]{0,3}\\*?") {
        let roles = Roles::new(table);
        let more = roles.expand([format!("{held}*")]);
        let less = roles.expand([format!("{held}{rest}")]);
        prop_assert!(more.satisfies_all(less.iter()), "{:?} doesn't satisfy {:?}", more, less);
    }
}
