use crate::scope::*;
use proptest::prelude::*;

#[test]
fn satisfaction() {
    for (held, wanted, expected) in [
        ("a", "a", true),
        ("a", "b", false),
        ("a", "ab", false),
        ("a*", "a", true),
        ("a*", "ab", true),
        ("a*", "ab*", true),
        ("a*", "a*", true),
        ("a*", "b", false),
        ("ab*", "a*", false),
        ("a*b", "axb", false),
        ("a*b", "a*b", true),
        ("*", "", true),
        ("*", "anything", true),
        ("", "", true),
        ("", "a", false),
        ("a:**", "a:*", false),
        ("a:**", "a:**", true),
        ("a:**", "a:*x", true),
        ("a:*", "a:**", true),
    ] {
        assert_eq!(satisfies(held, wanted), expected, "{held:?} for {wanted:?}");
        let set: ScopeSet = [held, "zz", "!"].into_iter().collect();
        assert_eq!(set.satisfies(wanted), expected, "a set with {held:?} for {wanted:?}");
    }
}

#[test]
fn a_set_keeps_only_what_is_not_satisfied_by_the_rest() {
    let set: ScopeSet = ["b", "a*", "a", "ab*", "a b", "b", "c*"].into_iter().collect();
    assert_eq!(set.as_slice(), ["a*", "b", "c*"]);
    assert_eq!(set.missing(&["a1", "x", "b", "b1"]), ["x", "b1"]);
    assert!(set.satisfies_all(["a", "cc"]));
    assert!(set.satisfies_all::<[&str; 0]>([]));
    assert_eq!(set.union(&["*"].into_iter().collect()).as_slice(), ["*"]);
}

#[test]
fn what_a_scope_may_be() {
    assert_eq!(check_scope(""), Ok(()));
    assert_eq!(check_scope("a b~*"), Ok(()));
    assert_eq!(check_scope("a**"), Ok(()));
    assert!(matches!(check_scope("a\nb"), Err(ScopeError::NotPrintable { found: '\n', .. })));
    assert!(matches!(check_scope("é"), Err(ScopeError::NotPrintable { found: 'é', .. })));
    assert!(matches!(check_scope(&"x".repeat(5000)), Err(ScopeError::TooLong { len: 5000, .. })));
    assert!(matches!(check_grantable("a**"), Err(ScopeError::DoubleStar { .. })));
    assert_eq!(check_grantable("**a*"), Ok(()));
}

#[test]
fn what_a_role_may_have() {
    assert_eq!(check_role_scopes(["a:<..>/*", "b", "*"]), Ok(()));
    assert!(matches!(check_role_scopes(["a:<..><..>"]), Err(ScopeError::ParameterTwice { .. })));
    assert!(matches!(check_role_scopes(["ok", "a*<..>"]), Err(ScopeError::ParameterAfterStar { .. })));
    assert!(matches!(check_role_scopes(["a**"]), Err(ScopeError::DoubleStar { .. })));
}

#[test]
fn names() {
    assert_eq!(check_client_id("mozilla-auth0/ad|Mozilla-LDAP|someone/x@y:1.2+3_4!"), Ok(()));
    assert_eq!(check_role_id("hook-id:a/*"), Ok(()));
    assert_eq!(check_role_id("*"), Ok(()));
    assert!(matches!(check_client_id(""), Err(NameError::Empty { .. })));
    assert!(matches!(check_client_id("a b"), Err(NameError::Character { found: ' ', .. })));
    assert!(matches!(check_client_id("a*"), Err(NameError::Character { found: '*', .. })));
    assert!(matches!(check_client_id(&"x".repeat(2000)), Err(NameError::TooLong { len: 2000, .. })));
    assert!(matches!(check_role_id("a**"), Err(NameError::DoubleStar { .. })));
    assert!(matches!(check_role_id("é"), Err(NameError::Character { .. })));
}

proptest! {
    #[test]
    fn a_set_answers_as_its_members_do(
        members in proptest::collection::vec("[ab*!]{0,4}", 0..12),
        wanted in "[ab*!]{0,5}",
    ) {
        let set: ScopeSet = members.iter().map(String::as_str).collect();
        prop_assert_eq!(set.satisfies(&wanted), members.iter().any(|m| satisfies(m, &wanted)));
        for scope in set.iter() {
            let others = set.iter().filter(|s| *s != scope);
            prop_assert!(!others.into_iter().any(|s| satisfies(s, scope)), "{scope:?} is redundant");
        }
    }

    #[test]
    fn satisfaction_is_transitive(a in "[ab*]{0,4}", b in "[ab*]{0,4}", c in "[ab*]{0,4}") {
        prop_assert!(!(satisfies(&a, &b) && satisfies(&b, &c)) || satisfies(&a, &c));
    }
}
