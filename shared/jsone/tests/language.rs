//! What the official cases leave open, as the JavaScript implementation decides it.
#![allow(clippy::unwrap_used, reason = "a test that can't go on stops and says why")]

use serde_json::{Value, json};
use treble_jsone::{Context, Error, ErrorKind, Limits, Template};

const NOW: &str = "2017-01-19T16:27:20.974Z";

fn render(template: &Value, context: &Value) -> Result<Option<Value>, Error> {
    let names = context.as_object().unwrap();
    Template::compile(template)?.render(&Context::new(NOW).with_object(names), &Limits::default())
}

fn eval(source: &str) -> Result<Option<Value>, Error> {
    render(&json!({"$eval": source}), &json!({"a": [1, 2, 3], "o": {"x": 1}, "s": "héllo", "n": null}))
}

#[test]
fn expressions() {
    for (source, value) in [
        ("!!a", json!(true)),
        ("- - 2", json!(2)),
        ("-2 ** 2", json!(4)),
        ("2 ** -1", json!(0.5)),
        ("10 ** 400", json!(null)),
        ("number('x')", json!(null)),
        ("[ ]", json!([])),
        ("{ }", json!({})),
        ("{a: 1,}", json!({"a": 1})),
        ("{a: nope, a: 2}", json!({"a": 2})),
        ("{in_: 1, 'true': 2}", json!({"in_": 1, "true": 2})),
        ("a[-9]", json!(1)),
        ("a[-9:-1]", json!([1, 2])),
        ("a[5.5:2]", json!([])),
        ("a[0:null]", json!([1, 2, 3])),
        ("s[1]", json!("é")),
        ("s[1:][0:2]", json!("él")),
        ("len(s)", json!(5)),
        ("o['y']", json!(null)),
        ("'x' in o && !('y' in o)", json!(true)),
        ("[1] in [[1]]", json!(true)),
        ("1 == 1.0", json!(true)),
        ("number('x') == number('x')", json!(false)),
        ("2 == 1 + 1 in [true]", json!(true)),
        ("a || b", json!(true)),
        ("n && b", json!(false)),
        ("1 /\u{a0}\u{feff}\n2", json!(0.5)),
        ("split('a,,b,', ',')", json!(["a", "", "b", ""])),
        ("split('', '')", json!([])),
        ("split('ab', '')", json!(["a", "b"])),
        ("split('a2.5b', 2.5)", json!(["a", "b"])),
        ("join([null, 1, [2, [3, null]], true, {}, 1.50], '-')", json!("-1-2,3,-true-[object Object]-1.5")),
        ("join([], 1)", json!("")),
        ("str(1000000000000000000000)", json!("1e+21")),
        ("str(0.0000001)", json!("1e-7")),
        ("number(' 0x10 ')", json!(16)),
        ("strip('\u{feff}\u{a0}x\u{2029}')", json!("x")),
        ("lowercase('ÀΣ') + uppercase('ß')", json!("àςSS")),
        ("min(3, 1, 2) + max(3, 1, 2)", json!(4)),
        ("range(3, 0)", json!([])),
        ("range(0, 5, 2)", json!([0, 2, 4])),
        ("defined('min') && defined('now') && !(defined('nope'))", json!(true)),
        ("typeof(min) + typeof(null)", json!("functionnull")),
        ("now", json!(NOW)),
        ("fromNow('2 hr')", json!("2017-01-19T18:27:20.974Z")),
    ] {
        assert_eq!(eval(source), Ok(Some(value)), "{source}");
    }
}

#[test]
fn errors_of_expressions() {
    for (source, message) in [
        ("", "SyntaxError: Unexpected end of input"),
        ("1 +", "SyntaxError: Unexpected end of input"),
        (
            "'it''s'",
            "SyntaxError: Found: 's' token, expected one of: !=, &&, (, *, **, +, -, ., /, <, <=, ==, >, >=, [, in, ||",
        ),
        ("1 # 2", "SyntaxError: Unexpected input for '1 # 2' at '# 2'"),
        ("(1", "SyntaxError: Unexpected end of input"),
        ("(1 2)", "SyntaxError: Found: 2 token, expected one of: )"),
        ("a[1 2]", "SyntaxError: Found: 2 token, expected one of: ]"),
        ("{true: 1}", "SyntaxError: Found: true token, expected one of: }"),
        ("{a 1}", "SyntaxError: Found: 1 token, expected one of: :"),
        ("{a: 1 2}", "SyntaxError: Found: 2 token, expected one of: ,"),
        ("!defined('x')", "InterpreterError: false is not callable"),
        ("-a[0]", "InterpreterError: unary - expects number"),
        ("!o.x", "InterpreterError: infix: . expects objects"),
        ("o.y", "InterpreterError: object has no property \"y\""),
        ("a[3]", "InterpreterError: index out of bounds"),
        ("a[null]", "InterpreterError: should only use integers to access arrays or strings"),
        ("o[0:1]", "InterpreterError: object keys must be strings"),
        ("1(2)", "InterpreterError: 1 is not callable"),
        ("a()", "InterpreterError: 1,2,3 is not callable"),
        ("1 % 2", "SyntaxError: Unexpected input for '1 % 2' at '% 2'"),
        ("0 / 0", "InterpreterError: division by zero"),
        ("'a' ** 2 ** n", "InterpreterError: infix: ** expects number ** number"),
        ("range(1)", "BuiltinError: invalid arguments to builtin: range: expected at least 2 arguments"),
        ("fromNow()", "BuiltinError: invalid arguments to builtin: fromNow: expected at least 1 arguments"),
        ("fromNow('1 fortnight')", "BuiltinError: String: '1 fortnight' isn't a time expression"),
        ("min(1, '2')", "BuiltinError: invalid arguments to builtin: min"),
    ] {
        assert_eq!(eval(source).unwrap_err().to_string(), message, "{source}");
    }
}

#[test]
fn templates() {
    let context = json!({"x": {"b": [1], "a": {"k": 1}}, "big": 9_007_199_254_740_993_u64});
    for (template, result) in [
        (json!({"$match": {"true": {"$if": "false", "then": 1}}}), json!([{}])),
        (json!({"$json": {"$if": "false"}}), json!("{}")),
        (
            json!({"$json": {"$eval": "[1.5, 10 ** 21, number('x'), '\u{7}\"\\\\é']"}}),
            json!(r#"[1.5,1e+21,null,"\u0007\"\\\\é"]"#),
        ),
        (
            json!({"$reduce": [1], "initial": {"$eval": "1"}, "each(a,x)": {"$eval": "a"}}),
            json!({"$eval": "1"}),
        ),
        (json!({"$let": {"$if": "false"}, "in": 1}), json!(1)),
        (json!({"$map": {"$if": "false"}, "each(x)": 1}), json!({})),
        (json!({"$map": [1, 2], "each(x, \t x)": {"$eval": "x"}}), json!([0, 1])),
        (json!({"$find": [1, 2], "each(x)": "x > 5"}), Value::Null),
        (json!({"$sort": ["b", "a", "ä", "B"]}), json!(["B", "a", "b", "ä"])),
        (json!({"$sort": [[2], [1]], "by(x)": "x[0]"}), json!([[1], [2]])),
        (json!({"$sort": []}), json!([])),
        (
            json!({"$mergeDeep": [{"$eval": "x"}, {"b": [2], "a": {"l": 2}, "c": 3}]}),
            json!({"b": [1, 2], "a": {"k": 1, "l": 2}, "c": 3}),
        ),
        (json!({"$fromNow": "1 day", "from": ""}), json!("2017-01-20T16:27:20.974Z")),
        (json!({"$fromNow": "1 day", "from": {"$eval": "0 + 1000"}}), json!("1970-01-02T00:00:01.000Z")),
        (
            json!({"$let": {"now": "2020-02-28"}, "in": {"$fromNow": "1 day"}}),
            json!("2020-02-29T00:00:00.000Z"),
        ),
        (
            json!({"a": "$${x} $ {x} $$ ${1}${2}", "$$${3}": 1, "$-": 2}),
            json!({"a": "${x} $ {x} $$ 12", "$${3}": 1, "$-": 2}),
        ),
        (json!({"${'a'}": 1, "a": 2, "b": {"$if": "false"}}), json!({"a": 2})),
        (
            json!(["${big}", {"$eval": "big"}, {"$eval": "big + 0"}]),
            json!(["9007199254740993", 9_007_199_254_740_993_u64, 9_007_199_254_740_992_u64]),
        ),
    ] {
        assert_eq!(render(&template, &context).map(Option::unwrap_or_default), Ok(result), "{template}");
    }
}

#[test]
fn errors_of_templates() {
    for (template, message) in [
        (json!({"a": {"$eval": "1", "$if": "2"}}), "TemplateError at template.a: only one operator allowed"),
        (json!({"$if": "true", "$then": 1}), "TemplateError: $if has undefined properties: $then"),
        (json!({"$if": "true", "thenn": 1}), "TemplateError: $if has undefined properties: thenn"),
        (json!({"$map": [1], "each (x)": 1}), "TemplateError: $map has undefined properties: each (x)"),
        (json!({"$map": {"$eval": "nope"}}), "InterpreterError: unknown context value nope"),
        (json!({"$map": []}), "TemplateError: $map must have exactly two properties"),
        (
            json!({"$map": [], "each(a)": 1, "each(b)": 1}),
            "TemplateError: $map must have exactly two properties",
        ),
        (json!({"$let": {"a": 1}, "in": null}), "TemplateError: $let operator requires an `in` clause"),
        (json!({"$sort": [[1]], "by(x)": 1}), "TemplateError: by can evaluate string expressions only"),
        (
            json!({"$fromNow": "1 day", "from": {}}),
            "TemplateError: the time to count from must be an ISO 8601 instant, such as 2017-01-19T16:27:20.974Z",
        ),
        (
            json!([[{"a-b": ["${min}"]}]]),
            "TemplateError at template[0][0][\"a-b\"][0]: interpolation of 'min' produced a function",
        ),
        (
            json!({"a": "${ [1] }"}),
            "TemplateError at template.a: interpolation of ' [1] ' produced an array or object",
        ),
        (
            json!({"a": "${1 +}"}),
            "SyntaxError at template.a: Found: } token, expected one of: !, (, +, -, [, false, identifier, null, number, string, true, {",
        ),
        (json!({"a": {"b${": 1}}), "SyntaxError at template.a: unterminated ${..} expression"),
        (json!("${nope} ${1 +}"), "InterpreterError: unknown context value nope"),
        (json!({"$nothing": 1}), "TemplateError: $<identifier> is reserved; use $$<identifier>"),
    ] {
        assert_eq!(render(&template, &json!({})).unwrap_err().to_string(), message, "{template}");
    }
}

#[test]
fn a_mistake_counts_when_its_part_is_rendered() {
    let source = json!({"a": {"$if": "false", "then": [{"$eval": "1 +"}]}, "b": ["${"], "$map": "x"});
    let template = Template::compile(&source).unwrap();
    let defects: Vec<String> = template.defects().iter().map(Error::to_string).collect();
    assert_eq!(defects, ["TemplateError: $map has undefined properties: a b"]);

    let source =
        json!({"a": {"$if": "false", "then": [{"$eval": "1 +"}]}, "b": {"$if": "on", "then": ["${"]}});
    let template = Template::compile(&source).unwrap();
    let defects: Vec<String> = template.defects().iter().map(Error::to_string).collect();
    assert_eq!(
        defects,
        [
            "SyntaxError at template.a[0]: Unexpected end of input",
            "SyntaxError at template.b[0]: unterminated ${..} expression"
        ]
    );
    let render = |on: &Value| template.render(&Context::new(NOW).with("on", on), &Limits::default());
    assert_eq!(render(&json!(false)), Ok(Some(json!({}))));
    let error = render(&json!(true)).unwrap_err();
    assert_eq!((error.kind(), error.place().as_str()), (ErrorKind::Syntax, "template.b[0]"));
}

#[test]
fn the_context_is_borrowed_and_checked() {
    let (one, two) = (json!(1), json!(2));
    let names = json!({"x": 3, "y": 4});
    let template = Template::compile(&json!("${x} ${y} ${now}")).unwrap();
    let context = Context::new(NOW).with("x", &one).with_object(names.as_object().unwrap()).with("now", &two);
    assert_eq!(template.render(&context, &Limits::default()), Ok(Some(json!("1 4 2"))));
    for name in ["", "1a", "a b", "é"] {
        let error = template.render(&Context::new(NOW).with(name, &one), &Limits::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Template);
    }
}

#[test]
fn nothing_is_not_null() {
    let nothing = Template::compile(&json!({"$if": "false", "then": 1})).unwrap();
    assert_eq!(nothing.render(&Context::new(NOW), &Limits::default()), Ok(None));
    let null = Template::compile(&json!(null)).unwrap();
    assert_eq!(null.render(&Context::new(NOW), &Limits::default()), Ok(Some(Value::Null)));
}

#[test]
fn templates_are_shared_by_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Template>();
    shared::<Error>();
    shared::<Context<'_>>();
}
