//! The calls of CCX's platform, with the messages of each.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use treble_core::gate::Event;
use treble_proto::treble::ccx::v1;

use super::fields;

/// One call.
pub(super) struct Call {
    /// What integrators are asked or told by it.
    pub(super) event: Event,
    /// The method of the service.
    pub(super) method: &'static str,
    request: fn(&str) -> Result<Value, BadRequest>,
    response: fn(Value) -> serde_json::Result<Value>,
}

/// Why a text is not the request of a call.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadRequest {
    #[error("the request is no JSON object")]
    NoObject(#[source] serde_json::Error),
    #[error("a request has no {unknown}; it has {known}")]
    UnknownFields { unknown: String, known: String },
    #[error("the request can't be sent")]
    BadField(#[source] serde_json::Error),
}

/// All there are.
pub(super) static CALLS: [Call; 8] = [
    Call::new::<v1::PreCreateClusterRequest, v1::PreCreateClusterResponse>(
        Event::PreCreateCluster,
        "PreCreateCluster",
    ),
    Call::new::<v1::PostCreateClusterRequest, v1::PostCreateClusterResponse>(
        Event::PostCreateCluster,
        "PostCreateCluster",
    ),
    Call::new::<v1::PreAddNodeRequest, v1::PreAddNodeResponse>(Event::PreAddNode, "PreAddNode"),
    Call::new::<v1::PostAddNodeRequest, v1::PostAddNodeResponse>(Event::PostAddNode, "PostAddNode"),
    Call::new::<v1::PreRemoveNodeRequest, v1::PreRemoveNodeResponse>(Event::PreRemoveNode, "PreRemoveNode"),
    Call::new::<v1::PostRemoveNodeRequest, v1::PostRemoveNodeResponse>(
        Event::PostRemoveNode,
        "PostRemoveNode",
    ),
    Call::new::<v1::PreDeleteClusterRequest, v1::PreDeleteClusterResponse>(
        Event::PreDeleteCluster,
        "PreDeleteCluster",
    ),
    Call::new::<v1::PostDeleteClusterRequest, v1::PostDeleteClusterResponse>(
        Event::PostDeleteCluster,
        "PostDeleteCluster",
    ),
];

impl Call {
    const fn new<Q: DeserializeOwned + Serialize, A: DeserializeOwned + Serialize>(
        event: Event,
        method: &'static str,
    ) -> Self {
        Self { event, method, request: request::<Q>, response: response::<A> }
    }

    /// The call that integrators are asked or told this by.
    pub(super) fn of(event: Event) -> Option<&'static Self> {
        CALLS.iter().find(|call| call.event == event)
    }

    /// What is sent of a request that somebody has written.
    pub(super) fn request(&self, text: &str) -> Result<Value, BadRequest> {
        (self.request)(text)
    }

    /// An answer, with what protobuf leaves out of it: that nothing was approved.
    pub(super) fn response(&self, answer: Value) -> serde_json::Result<Value> {
        (self.response)(answer)
    }
}

fn request<M: DeserializeOwned + Serialize>(text: &str) -> Result<Value, BadRequest> {
    let object: Map<String, Value> = serde_json::from_str(text).map_err(BadRequest::NoObject)?;
    let known = fields::of::<M>();
    // The names of the definition are read too.
    let is_known = |name: &str| known.contains(&name) || known.iter().any(|known| snake_case(known) == name);
    let unknown: Vec<String> =
        object.keys().filter(|name| !is_known(name)).map(|name| format!("{name:?}")).collect();
    if !unknown.is_empty() {
        return Err(BadRequest::UnknownFields { unknown: unknown.join(", "), known: known.join(", ") });
    }
    let message: M = serde_json::from_value(Value::Object(object)).map_err(BadRequest::BadField)?;
    serde_json::to_value(&message).map_err(BadRequest::BadField)
}

fn response<M: DeserializeOwned + Serialize>(answer: Value) -> serde_json::Result<Value> {
    let message = serde_json::to_value(serde_json::from_value::<M>(answer)?)?;
    let mut shown = Map::new();
    if fields::of::<M>().contains(&"approved") {
        shown.insert("approved".to_owned(), Value::Bool(false));
    }
    shown.extend(message.as_object().cloned().unwrap_or_default());
    Ok(Value::Object(shown))
}

/// A field's name in the definition, of its name in JSON.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn add_node() -> &'static Call {
        Call::of(Event::PreAddNode).unwrap()
    }

    #[test]
    fn requests_are_those_of_the_definition() {
        for call in &CALLS {
            let message = format!("message {}Request {{", call.method);
            let (_, body) = treble_proto::DEFINITION.split_once(&message).unwrap();
            let (body, _) = body.split_once('}').unwrap();
            let fields =
                body.lines().filter_map(|line| line.trim().split_once(" = ")?.0.split(' ').next_back());
            // Each of them is known, by both of its names.
            for field in fields {
                let value = match field {
                    "node_count" => json!(1),
                    "node_ids" => json!(["n"]),
                    _ => json!("x"),
                };
                let written = call.request(&json!({ field: value }).to_string()).unwrap();
                let name = written.as_object().unwrap().keys().next().unwrap();
                assert_eq!((snake_case(name), &written[name]), (field.to_owned(), &value));
                assert_eq!(call.request(&written.to_string()).unwrap(), written);
            }
        }
    }

    #[test]
    fn what_is_no_request_is_told() {
        let cases = [
            ("[]", "the request is no JSON object"),
            ("{", "the request is no JSON object"),
            (
                r#"{"clusterId": "1", "nodes": 1, "user": "u"}"#,
                r#"a request has no "nodes", "user"; it has clusterId, cloud, nodeCount, instanceType, authId"#,
            ),
            (r#"{"nodeCount": "many"}"#, "the request can't be sent"),
        ];
        for (text, expected) in cases {
            assert_eq!(add_node().request(text).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn a_refusal_is_shown() {
        let shown = add_node().response(json!({"reason": "full"})).unwrap();
        assert_eq!(shown.to_string(), r#"{"approved":false,"reason":"full"}"#);
        let call = Call::of(Event::PreRemoveNode).unwrap();
        assert_eq!(call.response(json!({"workId": "w"})).unwrap(), json!({"workId": "w"}));
    }
}
