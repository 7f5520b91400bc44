use crate::scope::*;

const MODIFY: ScopeTemplate = ScopeTemplate::AllOf(&[
    ScopeTemplate::Scope("hooks:modify-hook:<hookGroupId>/<hookId>"),
    ScopeTemplate::Scope("assume:hook-id:<hookGroupId>/<hookId>"),
]);

fn render(template: ScopeTemplate) -> Expr {
    let params = [("hookGroupId", "g"), ("hookId", "h")];
    template.render(|name| params.iter().find(|(n, _)| *n == name).map(|(_, v)| *v)).unwrap()
}

fn set(scopes: &[&str]) -> ScopeSet {
    scopes.iter().copied().collect()
}

#[test]
fn templates() {
    let expr = render(MODIFY);
    let scope = |s: &str| Expr::Scope(s.to_owned());
    assert_eq!(expr, Expr::AllOf(vec![scope("hooks:modify-hook:g/h"), scope("assume:hook-id:g/h")]));
    assert_eq!(render(ScopeTemplate::Scope("hooks:list-hooks:")), scope("hooks:list-hooks:"));
    assert_eq!(
        MODIFY.to_json().to_string(),
        r#"{"AllOf":["hooks:modify-hook:<hookGroupId>/<hookId>","assume:hook-id:<hookGroupId>/<hookId>"]}"#
    );
    let unknown = MODIFY.render(|name| (name == "hookGroupId").then_some("g")).unwrap_err();
    assert_eq!(unknown.name, "hookId");
}

#[test]
fn a_value_is_not_a_template() {
    let template = ScopeTemplate::Scope("a:<x>/<y>");
    let expr = template.render(|name| Some(if name == "x" { "<y>" } else { "v" })).unwrap();
    assert_eq!(expr, Expr::Scope("a:<y>/v".to_owned()));
}

#[test]
fn text() {
    assert_eq!(render(ScopeTemplate::Scope("hooks:get:<hookGroupId>:<hookId>")).to_string(), "hooks:get:g:h");
    let text = "{\n  \"AllOf\": [\n    \"hooks:modify-hook:g/h\",\n    \"assume:hook-id:g/h\"\n  ]\n}";
    assert_eq!(render(MODIFY).to_string(), text);
}

#[test]
fn what_is_missing() {
    let both = render(MODIFY);
    let nested =
        render(ScopeTemplate::AnyOf(&[MODIFY, ScopeTemplate::AllOf(&[ScopeTemplate::Scope("x"), MODIFY])]));
    for (expr, held, missing) in [
        (&both, set(&["hooks:*", "assume:hook-id:g/*"]), None),
        (&both, set(&["*"]), None),
        (&both, set(&["hooks:*"]), Some(r#""assume:hook-id:g/h""#)),
        (
            &both,
            set(&["hooks:modify-hook:g/hh"]),
            Some(r#"{"AllOf":["hooks:modify-hook:g/h","assume:hook-id:g/h"]}"#),
        ),
        (&nested, set(&["hooks:*", "assume:*"]), None),
        (
            &nested,
            set(&["hooks:*"]),
            Some(r#"{"AnyOf":["assume:hook-id:g/h",{"AllOf":["x","assume:hook-id:g/h"]}]}"#),
        ),
        (&Expr::AllOf(vec![]), set(&[]), None),
        (&Expr::AnyOf(vec![]), set(&["*"]), Some(r#"{"AnyOf":[]}"#)),
    ] {
        let found = expr.missing(&held);
        assert_eq!(
            found.as_ref().map(|e| e.to_json().to_string()).as_deref(),
            missing,
            "{expr} with {held:?}"
        );
        assert_eq!(found.is_none(), expr.is_satisfied_by(&held));
    }
}
