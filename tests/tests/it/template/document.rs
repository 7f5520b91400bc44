//! template.yaml, read: YAML with CloudFormation's tags, as the JSON that these are short for, and its conditions decided.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use yaml_rust2::parser::{Event, EventReceiver, Parser, Tag};
use yaml_rust2::scanner::TScalarStyle;

/// The template.
pub(crate) struct Template {
    root: Value,
    /// What its parameters are.
    parameters: BTreeMap<String, String>,
}

impl Template {
    /// It, with these parameters and the defaults of all others.
    pub(crate) fn with(parameters: &[(&str, &str)]) -> Template {
        let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml")).unwrap();
        let mut reader = Reader::default();
        Parser::new_from_str(&text).load(&mut reader, false).unwrap();
        let root = reader.root.unwrap();
        let mut all = BTreeMap::new();
        for (name, parameter) in root["Parameters"].as_object().unwrap() {
            let default = &parameter["Default"];
            all.insert(name.clone(), default.as_str().map_or_else(|| default.to_string(), str::to_owned));
        }
        for (name, value) in parameters {
            assert!(all.insert((*name).to_owned(), (*value).to_owned()).is_some(), "no parameter {name}");
        }
        Template { root, parameters: all }
    }

    /// The value of something that all functions share.
    pub(crate) fn global(&self, name: &str) -> &Value {
        &self.root["Globals"]["Function"][name]
    }

    /// A resource as it is written.
    pub(crate) fn resource(&self, name: &str) -> &Value {
        self.root["Resources"].get(name).unwrap_or_else(|| panic!("no resource {name}"))
    }

    /// The resources of a type that are there with these parameters, with what is chosen by conditions chosen.
    pub(crate) fn resources(&self, kind: &str) -> Vec<(&str, Value)> {
        let resources = self.root["Resources"].as_object().unwrap().iter();
        resources
            .filter(|(_, resource)| resource["Type"] == kind)
            .filter(|(_, resource)| resource["Condition"].as_str().is_none_or(|name| self.holds(name)))
            .map(|(name, resource)| (name.as_str(), self.chosen(resource).unwrap()))
            .collect()
    }

    /// A value with its parameters and conditions resolved; None for none.
    fn chosen(&self, value: &Value) -> Option<Value> {
        match value {
            Value::Object(object) => {
                if let Some(name) = object.get("Ref").and_then(Value::as_str) {
                    let parameter = self.parameters.get(name);
                    return match name {
                        "AWS::NoValue" => None,
                        _ => Some(parameter.map_or_else(|| value.clone(), |text| json!(text))),
                    };
                }
                if let Some(choice) = object.get("Fn::If") {
                    let chosen = if self.holds(choice[0].as_str().unwrap()) { 1 } else { 2 };
                    return self.chosen(&choice[chosen]);
                }
                let members =
                    object.iter().filter_map(|(key, value)| Some((key.clone(), self.chosen(value)?)));
                Some(Value::Object(members.collect()))
            }
            Value::Array(items) => Some(items.iter().filter_map(|item| self.chosen(item)).collect()),
            plain => Some(plain.clone()),
        }
    }

    fn holds(&self, condition: &str) -> bool {
        self.is_true(&self.root["Conditions"][condition])
    }

    fn is_true(&self, condition: &Value) -> bool {
        let (function, arguments) = condition.as_object().unwrap().iter().next().unwrap();
        match function.as_str() {
            "Fn::Equals" => self.text(&arguments[0]) == self.text(&arguments[1]),
            "Fn::Not" => !self.is_true(&arguments[0]),
            "Fn::Or" => arguments.as_array().unwrap().iter().any(|either| self.is_true(either)),
            "Fn::And" => arguments.as_array().unwrap().iter().all(|each| self.is_true(each)),
            "Condition" => self.holds(arguments.as_str().unwrap()),
            other => panic!("a condition by {other}"),
        }
    }

    /// What the texts are that conditions compare.
    fn text(&self, value: &Value) -> String {
        if let Some(text) = value.as_str() {
            return text.to_owned();
        }
        self.parameters[value["Ref"].as_str().unwrap()].clone()
    }
}

/// All texts within a value.
pub(crate) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// Makes JSON of YAML's events.
#[derive(Default)]
struct Reader {
    open: Vec<Open>,
    root: Option<Value>,
}

/// A list or a mapping whose end has not come yet, with its tag.
enum Open {
    List(Option<Tag>, Vec<Value>),
    Mapping(Option<Tag>, Map<String, Value>, Option<String>),
}

impl EventReceiver for Reader {
    fn on_event(&mut self, event: Event) {
        match event {
            Event::Scalar(text, style, _, tag) => self.add(tag, scalar(text, style)),
            Event::SequenceStart(_, tag) => self.open.push(Open::List(tag, Vec::new())),
            Event::MappingStart(_, tag) => self.open.push(Open::Mapping(tag, Map::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop().unwrap() {
                Open::List(tag, items) => self.add(tag, items.into()),
                Open::Mapping(tag, members, _) => self.add(tag, members.into()),
            },
            Event::Alias(_) => panic!("CloudFormation knows no aliases"),
            _ => {}
        }
    }
}

impl Reader {
    fn add(&mut self, tag: Option<Tag>, value: Value) {
        let value = match tag.as_ref().map(|tag| tag.suffix.as_str()) {
            None => value,
            Some(name @ ("Ref" | "Condition")) => json!({name: value}),
            Some(name) => json!({format!("Fn::{name}"): value}),
        };
        match self.open.last_mut() {
            None => self.root = Some(value),
            Some(Open::List(_, items)) => items.push(value),
            Some(Open::Mapping(_, members, key)) => match key.take() {
                None => *key = Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
                Some(key) => assert!(members.insert(key.clone(), value).is_none(), "{key} is there twice"),
            },
        }
    }
}

fn scalar(text: String, style: TScalarStyle) -> Value {
    match (style, text.as_str()) {
        (TScalarStyle::Plain, "true" | "false") => (text == "true").into(),
        (TScalarStyle::Plain, _) => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        _ => text.into(),
    }
}
