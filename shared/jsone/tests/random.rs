//! Random templates: whatever they say, they compile and render to something, or to an error.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use treble_jsone::{Context, ErrorKind, Limits, Template};

/// Enough to reach every operator and function, little enough for thousands of templates in a few seconds.
const LIMITS: Limits = Limits {
    steps: 5_000,
    bytes: 200_000,
    template_depth: 20,
    expression_depth: 10,
    chain_length: 50,
    value_depth: 30,
};

/// What expressions are made of. Joined with blanks or without, some of it is even correct.
const WORDS: [&str; 70] = [
    "a",
    "b",
    "o",
    "s",
    "now",
    "nope",
    "0",
    "1",
    "-1",
    "2.5",
    "1e3",
    "'x'",
    "\"é\"",
    "''",
    "'2 hr'",
    "true",
    "false",
    "null",
    "+",
    "-",
    "*",
    "/",
    "**",
    "==",
    "!=",
    "<",
    ">=",
    "&&",
    "||",
    "!",
    "in",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ".",
    ",",
    ":",
    "a[0]",
    "a[1:]",
    "s[-1]",
    "o.x",
    "{x: 1}",
    "[1, 'a']",
    "min(",
    "max(1, 2)",
    "sqrt(",
    "ceil(",
    "abs(",
    "range(0, 9)",
    "range(",
    "lowercase(s)",
    "uppercase(",
    "str(",
    "number(",
    "len(",
    "strip(s)",
    "split(s, '')",
    "join(a, 1)",
    "fromNow(",
    "typeof(",
    "defined(",
    "#",
    "'",
    "$",
    "\u{feff}",
    "\u{1F600}",
    "\\",
];

fn expression() -> impl Strategy<Value = String> {
    (vec(prop::sample::select(&WORDS[..]), 0..9), any::<bool>())
        .prop_map(|(words, apart)| words.join(if apart { " " } else { "" }))
}

fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        expression().prop_map(|source| format!("${{{source}}}")),
        expression().prop_map(|source| format!("$${{{source}")),
        "[a-z $}{]{0,4}",
    ];
    vec(part, 0..4).prop_map(|parts| parts.concat())
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        text().prop_map(Value::from),
        expression().prop_map(|source| json!({"$eval": source})),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
    ]
}

fn template() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 24, 4, |inner| {
        let object = vec((text(), inner.clone()), 0..4);
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            object.prop_map(|entries| Value::Object(entries.into_iter().collect())),
            (operator(), expression(), inner.clone(), inner).prop_map(apply),
        ]
    })
}

/// An operator, and the properties it takes; `?` stands for an expression.
fn operator() -> impl Strategy<Value = (&'static str, &'static [&'static str])> {
    let operators: &'static [(&'static str, &'static [&'static str])] = &[
        ("$if", &["then", "else"]),
        ("$json", &[]),
        ("$let", &["in"]),
        ("$map", &["each(a)"]),
        ("$map", &["each(a,b)"]),
        ("$reduce", &["initial", "each(a,b)"]),
        ("$find", &["each(a)?"]),
        ("$match", &["?"]),
        ("$switch", &["?"]),
        ("$merge", &[]),
        ("$mergeDeep", &[]),
        ("$sort", &["by(b)?"]),
        ("$sort", &[]),
        ("$reverse", &[]),
        ("$flatten", &[]),
        ("$flattenDeep", &[]),
        ("$fromNow", &["from"]),
    ];
    prop::sample::select(operators)
}

fn apply(parts: ((&'static str, &'static [&'static str]), String, Value, Value)) -> Value {
    let ((name, properties), source, operand, other) = parts;
    if properties == ["?"] {
        return json!({ name: { source: operand, "$default": other } });
    }
    let operand = if name == "$if" { Value::from(source.as_str()) } else { operand };
    let mut object = Map::from_iter([(name.to_owned(), operand)]);
    for property in properties {
        match property.strip_suffix('?') {
            Some(property) => object.insert(property.to_owned(), source.as_str().into()),
            None => object.insert((*property).to_owned(), other.clone()),
        };
    }
    Value::Object(object)
}

/// Renders a template twice, and checks what holds of any.
fn check(source: &Value) -> Result<(), TestCaseError> {
    let context = json!({"a": [3, 1, 2], "b": 1, "o": {"x": [{"y": 1}]}, "s": "héllo, wörld"});
    let names = context.as_object().into_iter();
    let context = names.fold(Context::new("2017-01-19T16:27:20.974Z"), Context::with_object);
    let template = match Template::compile_with(source, &LIMITS) {
        Ok(template) => template,
        Err(error) => {
            prop_assert_eq!(error.kind(), ErrorKind::Limit);
            return Ok(());
        }
    };
    let outcome = template.render(&context, &LIMITS);
    prop_assert_eq!(&outcome, &template.render(&context, &LIMITS));
    if let Err(error) = &outcome {
        let known = error.kind() != ErrorKind::Syntax || template.defects().contains(error);
        prop_assert!(known, "{} is not among {:?}", error, template.defects());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn expressions(source in expression()) {
        check(&json!({"$eval": source}))?;
    }

    #[test]
    fn texts(text in text()) {
        check(&json!({ text.clone(): [text] }))?;
    }

    #[test]
    fn templates(template in template()) {
        check(&template)?;
    }
}
