//! JSON-e: a template and a context, a line of JSON each.
//!
//! Compiling and rendering end within their limits, with the same result each time; a limit that is raised changes nothing
//! but what failed for it; and a template that is another one escaped renders to that.

use serde_json::{Map, Value};
use treble_jsone::{Context, ErrorKind, Limits, Template};

use crate::input::{joined, json_lines, table};

const NOW: &str = "2026-01-01T00:00:00.000Z";

/// Small, so that an input that takes long is one that no limit stops.
const LIMITS: Limits = Limits {
    steps: 20_000,
    bytes: 1 << 20,
    template_depth: 60,
    expression_depth: 40,
    chain_length: 100,
    value_depth: 90,
};

/// See the module.
pub fn check(input: &[u8]) -> bool {
    let Some([template, Value::Object(context)]) = json_lines(input) else { return false };
    let rendered = render(&template, &context, &LIMITS);
    assert_eq!(render(&template, &context, &LIMITS), rendered);
    let more = Limits { steps: 2 * LIMITS.steps, bytes: 2 * LIMITS.bytes, ..LIMITS };
    match &rendered {
        Ok(value) => {
            let value = value.as_ref().unwrap_or(&Value::Null);
            assert!(depth(value) <= LIMITS.value_depth);
            assert!(value.to_string().len() <= 8 * LIMITS.bytes);
        }
        Err(error) => {
            assert!(error.place().starts_with("template") && !error.message().is_empty(), "{error}");
        }
    }
    if !matches!(&rendered, Err(error) if error.kind() == ErrorKind::Limit) {
        assert_eq!(render(&template, &context, &more), rendered);
    }
    is_itself(&template);
    true
}

fn render(
    template: &Value,
    context: &Map<String, Value>,
    limits: &Limits,
) -> Result<Option<Value>, treble_jsone::Error> {
    Template::compile_with(template, limits)?.render(&Context::new(NOW).with_object(context), limits)
}

/// Levels of arrays and objects.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// A value renders to itself, once everything is escaped in it that means something.
fn is_itself(value: &Value) {
    let Some(escaped) = escaped(value) else { return };
    match render(&escaped, &Map::new(), &LIMITS) {
        Ok(rendered) => assert_eq!(rendered.as_ref(), Some(value), "{escaped}"),
        Err(error) => assert_eq!(error.kind(), ErrorKind::Limit, "{error}"),
    }
}

/// None where a key means something: how these are escaped depends on which operators there are.
fn escaped(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => Some(Value::from(text.replace("${", "$${"))),
        Value::Array(items) => items.iter().map(escaped).collect::<Option<Vec<_>>>().map(Value::from),
        Value::Object(members) => {
            let member = |(key, value): (&String, &Value)| {
                (!key.contains('$')).then_some(())?;
                Some((key.clone(), escaped(value)?))
            };
            members.iter().map(member).collect::<Option<Map<_, _>>>().map(Value::from)
        }
        other => Some(other.clone()),
    }
}

/// The templates that the wire-level tests mean harm with, and one for each operator and function.
pub fn seeds() -> Vec<Vec<u8>> {
    let hostile = table(include_str!("../../cases/hostile.json"));
    let harmful = hostile.iter().filter_map(|case| {
        let template = case[1].get("task")?.to_string();
        let context = serde_json::json!({"payload": case[2]}).to_string();
        (template.len() < 2000).then(|| joined([template, context]))
    });
    let context = r#"{"a":[3,1,2],"o":{"x":1,"y":{"z":null}},"s":"a b","n":-2.5,"t":true}"#;
    let own = OPERATORS.iter().map(|template| joined([*template, context]));
    harmful.chain(own).collect()
}

const OPERATORS: &[&str] = &[
    r#"{"a ${s}":"${a[0]} $${s}","b":{"$eval":"o.y"}}"#,
    r#"{"$if":"t && !(n > 1)","then":{"$fromNow":"2 hours 3 min"},"else":null}"#,
    r#"{"$switch":{"n == 1":1,"s in 'x'":2,"$default":3}}"#,
    r#"{"$match":{"t":1,"n < 0":{"$flatten":[[1],[2]]}}}"#,
    r#"{"$map":{"$eval":"a"},"each(x,i)":{"$json":{"x":"${x * i}"}}}"#,
    r#"{"$map":{"$eval":"o"},"each(v)":{"k${v.key}":1}}"#,
    r#"{"$reduce":{"$eval":"a"},"initial":0,"each(acc,x)":{"$eval":"acc + x ** 2"}}"#,
    r#"{"$find":[1,2,3],"each(x)":"x % 2 == 0"}"#,
    r#"{"$merge":[{"a":1},{"$mergeDeep":[{"b":{"c":[1]}},{"b":{"c":[2]}}]}]}"#,
    r#"{"$sort":{"$eval":"a"},"by(x)":"-x"}"#,
    r#"{"$reverse":{"$flattenDeep":[[[1]],[2]]}}"#,
    r#"{"$let":{"q":{"$eval":"range(0, 9, 2)"}},"in":{"$eval":"q[1:-1]"}}"#,
    r#"{"$let":{"$if":"t","then":{"q":1}},"in":"${q}"}"#,
    r#"[{"$eval":"min(1,2) + max(3,4) + sqrt(9) + ceil(n) + floor(n) + abs(n)"},{"$if":"false","then":1}]"#,
    r#"{"$eval":"lowercase(s) + uppercase(s) + str(n) + strip(s) + join(split(s, ' '), '-') + lstrip(s) + rstrip(s)"}"#,
    r#"{"$eval":"[len(s), number('1e3'), typeof(o), defined('nope'), fromNow('1 day'), now, {a: [1, -1]}]"}"#,
    r#"{"$$escaped":{"$eval":"o['x'] >= 1 || s != 'b'"}}"#,
];
