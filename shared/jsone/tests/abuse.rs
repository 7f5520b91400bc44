//! Templates that try to take the renderer down: each ends in an error, soon, on a small stack.
#![allow(clippy::unwrap_used, reason = "a test that can't go on stops and says why")]

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use treble_jsone::{Context, Error, ErrorKind, Limits, Template};

/// What a thread gets unless told otherwise, and more than any of this needs.
const STACK: usize = 2 * 1024 * 1024;
/// A million steps take far less, even unoptimized, on a busy machine.
const SOON: Duration = Duration::from_secs(20);

const NOW: &str = "2017-01-19T16:27:20.974Z";

fn render(template: &Value, context: &Value) -> Result<Option<Value>, Error> {
    let limits = Limits::default();
    let names = context.as_object().unwrap();
    Template::compile(template)?.render(&Context::new(NOW).with_object(names), &limits)
}

/// Runs a test where a deep recursion would be noticed.
fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    let started = Instant::now();
    std::thread::Builder::new().stack_size(STACK).spawn(test).unwrap().join().unwrap();
    assert!(started.elapsed() < SOON, "took {:?}", started.elapsed());
}

fn assert_limited(template: Value, context: Value, which: &'static str) {
    on_a_small_stack(move || {
        let error = render(&template, &context).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
        assert!(error.message().contains(which), "{error}");
    });
}

fn eval(source: impl Into<String>) -> Value {
    json!({"$eval": source.into()})
}

/// `$reduce` over so many elements, `acc` becoming `body` at each.
fn repeated(times: usize, initial: Value, body: Value) -> Value {
    json!({"$reduce": {"$eval": format!("range(0, {times})")}, "initial": initial, "each(acc,x)": body})
}

/// A value with `levels` arrays in each other.
fn deep(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inner, _| json!([inner]))
}

#[test]
fn what_kills_the_published_crate_is_an_error() {
    for (template, message) in [
        (
            json!({"$sort": [eval("number('NaN')"), 1]}),
            "TemplateError: $sort cannot place what is not a number (NaN)",
        ),
        (json!({"$fromNow": "300000 years"}), "TemplateError: the time is out of range"),
        (eval("fromNow('99999999999999999999 y')"), "BuiltinError: the time is out of range"),
        (
            json!({"$reduce": [1], "each(a,b)": 1, "each(c,d)": 2}),
            "TemplateError: $reduce must have exactly three properties",
        ),
        (eval("range(0, 10, 0)"), "BuiltinError: invalid arguments to builtin: range"),
        (eval("range(0, 10 ** 400)"), "BuiltinError: invalid arguments to builtin: range"),
        (eval("'a' * 1000000000"), "InterpreterError: infix: * expects number * number"),
    ] {
        on_a_small_stack(move || {
            assert_eq!(render(&template, &json!({})).unwrap_err().to_string(), message);
        });
    }
    on_a_small_stack(|| {
        let twenty = format!("{}1{}", "(".repeat(60), ")".repeat(60));
        assert_eq!(render(&eval(twenty), &json!({})), Ok(Some(json!(1))));
        assert_eq!(render(&eval("9 ** 9 ** 9"), &json!({})), Ok(Some(Value::Null)));
    });
}

#[test]
fn long_expressions_are_refused() {
    for source in [
        "1+".repeat(10_000) + "1",
        "1**".repeat(10_000) + "1",
        "a||".repeat(10_000) + "a",
        "a && ".repeat(10_000) + "a",
        "!".repeat(100_000) + "a",
        "a".to_owned() + &".a".repeat(100_000),
        "a".to_owned() + &"[0]".repeat(100_000),
        "a".to_owned() + &"()".repeat(100_000),
    ] {
        assert_limited(eval(source), json!({"a": 1}), "in a row");
    }
}

#[test]
fn nested_expressions_are_refused() {
    for open in ["(", "[", "a[", "f(", "{a:", "-(", "1+(", "1 || 1 && 1 in 1 == 1 < 1 + 1 * 1 ** ("] {
        assert_limited(eval(open.repeat(50_000)), json!({}), "nested more than 100 deep");
        assert_limited(json!(format!("${{{}", open.repeat(50_000))), json!({}), "nested more than 100 deep");
    }
}

#[test]
fn nested_templates_are_refused() {
    let wrappers: [fn(Value) -> Value; 4] = [
        |inner| json!([inner]),
        |inner| json!({"a": inner}),
        |inner| json!({"$if": "true", "then": inner}),
        |inner| json!({"$reduce": [1], "each(a,b)": "x", "initial": [inner]}),
    ];
    for wrap in wrappers {
        assert_limited(
            (0..400).fold(json!(1), |inner, _| wrap(inner)),
            json!({}),
            "nested more than 200 deep",
        );
    }
}

#[test]
fn the_deepest_that_is_allowed_fits_the_stack() {
    let wrappers: [fn(Value) -> Value; 9] = [
        |inner| json!([inner]),
        |inner| json!({"a": inner}),
        |inner| json!({"$if": "true", "then": inner}),
        |inner| json!({"$switch": {"true": inner}}),
        |inner| json!({"$match": {"true": inner}}),
        |inner| json!({"$let": {"a": 1}, "in": inner}),
        |inner| json!({"$map": [1], "each(x)": inner}),
        |inner| json!({"$reduce": [1], "initial": 0, "each(a,x)": inner}),
        |inner| json!({"$json": inner}),
    ];
    let level = "false || true && [2] == false in [1 < 2 + 3 * 4 ** len([";
    let source = format!("{}1{}", level.repeat(33), "])]".repeat(33));
    for wrap in wrappers {
        let source = source.clone();
        on_a_small_stack(move || {
            let template = (0..199).fold(eval(source), |inner, _| wrap(inner));
            let outcome = render(&template, &json!({}));
            // What matters is to get here; `$json` of `$json` doubles the backslashes each time.
            assert!(outcome.is_ok() || outcome.is_err_and(|error| error.kind() == ErrorKind::Limit));
        });
    }
}

#[test]
fn growth_is_refused() {
    for (template, which) in [
        (eval("range(0, 1000000000)"), "steps"),
        (eval("range(0, 9007199254740991, 1)"), "steps"),
        (eval("len(range(0, 600000))"), "bytes"),
        (repeated(64, json!("xx"), eval("acc + acc")), "bytes"),
        (repeated(64, json!("xx"), json!("${acc}${acc}")), "bytes"),
        (repeated(64, json!("xx"), eval("join([acc, acc, acc], acc)")), "bytes"),
        (repeated(64, json!("aa"), eval("join(split(acc, ''), 'aaaa')")), ""),
        (repeated(64, json!("ΐ"), eval("uppercase(acc) + acc")), "bytes"),
        (repeated(64, json!([1, 1]), json!({"$flatten": [eval("acc"), eval("acc")]})), ""),
        (repeated(64, json!({"a": [1]}), json!({"$mergeDeep": [eval("acc"), eval("acc")]})), ""),
        (repeated(500_000, json!({}), json!({"$merge": [eval("acc"), {"k${x}": eval("x")}]})), ""),
        (repeated(100_000, json!(1), eval("range(0, 100000)")), ""),
    ] {
        assert_limited(template, json!({}), which);
    }
}

#[test]
fn work_is_refused() {
    let inner = json!({"$map": eval("range(0, 10000)"), "each(y)": {"$if": "x > y && y > x"}});
    let outer = json!({"$map": eval("range(0, 10000)"), "each(x)": inner});
    assert_limited(outer, json!({}), "steps");
    let text = "a".repeat(1_000_000);
    let loops = |source: &str| json!({"$find": eval("range(0, 200000)"), "each(x)": source});
    for source in [
        "text < text",
        "text == text && false",
        "'b' in text",
        "object[text]",
        "text in object",
        "len(text) == 0",
        "text[-1] == 'b'",
        "defined(text)",
        "strip(text) == 1",
        "number(text) == 1",
        "len(split(text, 'b')) > 1",
    ] {
        assert_limited(loops(source), json!({"text": text, "object": {}}), "steps");
    }
    let same = json!({"$map": eval("range(0, 10000)"), "each(x)": eval("text")});
    assert_limited(json!({"$sort": same}), json!({"text": text}), "steps");
}

/// Values that hold themselves twice, level after level: small in memory, endless when walked.
#[test]
fn walks_through_shared_values_are_refused() {
    let doubled = repeated(60, json!([1]), eval("[acc, acc]"));
    for body in [
        eval("x"),
        eval("x == y"),
        eval("x in [y]"),
        eval("join(x, ',')"),
        eval("x()"),
        json!({"$json": eval("x")}),
        json!({"$flattenDeep": eval("x")}),
    ] {
        let template = json!({"$let": {"x": doubled, "y": doubled}, "in": body});
        assert_limited(template, json!({}), "");
    }
}

#[test]
fn deep_values_are_refused() {
    assert_limited(repeated(1000, json!(1), eval("[acc]")), json!({}), "nested more than 500 deep");
    assert_limited(
        repeated(1000, json!(1), json!({"a": eval("acc")})),
        json!({}),
        "nested more than 500 deep",
    );
    assert_limited(repeated(1000, json!({}), json!({"$merge": [{"a": eval("acc")}]})), json!({}), "500 deep");
    for body in [
        eval("x"),
        eval("x == y"),
        eval("x in [y]"),
        eval("str(join(x, ','))"),
        eval("x()"),
        json!({"$json": eval("x")}),
        json!({"$flattenDeep": eval("x")}),
    ] {
        assert_limited(body, json!({"x": deep(600), "y": deep(600)}), "nested more than 500 deep");
    }
    let object = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!({"a": inner}));
    let merge = json!({"$mergeDeep": eval("[x, y]")});
    assert_limited(merge, json!({"x": object(600), "y": object(600)}), "nested more than 500 deep");
}

#[test]
fn the_deepest_value_that_is_allowed_fits_the_stack() {
    on_a_small_stack(|| {
        let value = deep(499);
        let context = json!({"x": value});
        assert_eq!(render(&eval("x"), &context), Ok(Some(value)));
        assert_eq!(render(&eval("x == x"), &context), Ok(Some(json!(true))));
        let made = repeated(499, json!(1), eval("[acc]"));
        let template = json!({"$let": {"x": made, "y": made}, "in": eval("[x == y, join(x, ','), len(x)]")});
        assert_eq!(render(&template, &json!({})), Ok(Some(json!([true, "1", 1]))));
        assert!(render(&json!({"$json": {"$flattenDeep": made}}), &json!({})).is_ok());
    });
}

#[test]
fn limits_are_the_callers() {
    let template = Template::compile(&json!({"$map": eval("range(0, 50)"), "each(x)": "${x}"})).unwrap();
    let context = Context::new(NOW);
    assert!(template.render(&context, &Limits::default()).is_ok());
    for limits in [
        Limits { steps: 100, ..Limits::default() },
        Limits { bytes: 1000, ..Limits::default() },
        Limits { value_depth: 0, ..Limits::default() },
    ] {
        assert_eq!(template.render(&context, &limits).unwrap_err().kind(), ErrorKind::Limit);
    }
    for (template, limits) in [
        (json!([[1]]), Limits { template_depth: 1, ..Limits::default() }),
        (eval("((1))"), Limits { expression_depth: 2, ..Limits::default() }),
        (json!({"a": "${1+1+1}"}), Limits { chain_length: 2, ..Limits::default() }),
    ] {
        assert_eq!(Template::compile_with(&template, &limits).unwrap_err().kind(), ErrorKind::Limit);
    }
}
