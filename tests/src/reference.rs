//! A hooks service as the reference is, as far as somebody who moves away from it asks: it knows no pages.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::deployment::{is_right, parse};
use crate::stub::{self, Answer, Incoming};
use crate::{ACCESS_TOKEN, API, CLIENT_ID};

/// A running service with some hooks.
pub struct ReferenceHooks {
    port: u16,
}

impl ReferenceHooks {
    /// A service with these definitions.
    pub fn start(hooks: Vec<Value>) -> ReferenceHooks {
        let (listener, port) = stub::listen();
        let hooks = Arc::new(hooks);
        stub::serve(listener, move |request| answer(&hooks, request, port));
        ReferenceHooks { port }
    }

    /// How its clients find it.
    pub fn environment(&self) -> [(&'static str, String); 3] {
        [
            ("TASKCLUSTER_ROOT_URL", format!("http://127.0.0.1:{}", self.port)),
            ("TASKCLUSTER_CLIENT_ID", CLIENT_ID.to_owned()),
            ("TASKCLUSTER_ACCESS_TOKEN", ACCESS_TOKEN.to_owned()),
        ]
    }
}

fn answer(hooks: &[Value], request: &Incoming, port: u16) -> Answer {
    let header = request.header("authorization").and_then(parse);
    if !header.is_some_and(|header| is_right(&header, "GET", "127.0.0.1", port, &request.resource)) {
        return refusal(401, "AuthenticationFailed", "no");
    }
    let path = request.resource.strip_prefix(API).unwrap_or_default();
    if path.contains('?') {
        let text = "Query-string parameter: limit is not supported!";
        return refusal(400, "InvalidRequestArguments", text);
    }
    let part = |hook: &Value, name: &str| hook[name].as_str().unwrap().to_owned();
    let parts: Vec<&str> = path.split('/').collect();
    match parts[..] {
        ["", "hooks"] => {
            let mut groups: Vec<String> = hooks.iter().map(|hook| part(hook, "hookGroupId")).collect();
            groups.sort();
            groups.dedup();
            Answer::json(200, json!({ "groups": groups }))
        }
        ["", "hooks", group] => {
            let of_it = |hook: &&Value| part(hook, "hookGroupId") == group;
            let hooks: Vec<&Value> = hooks.iter().filter(of_it).collect();
            Answer::json(200, json!({ "hooks": hooks }))
        }
        ["", "hooks", group, id, "token"] => {
            Answer::json(200, json!({"token": format!("old-{group}-{}", id.replace("%2F", "-"))}))
        }
        _ => refusal(404, "ResourceNotFound", "no such thing"),
    }
}

fn refusal(status: u16, code: &str, message: &str) -> Answer {
    Answer::json(status, json!({"code": code, "message": message, "requestInfo": {}}))
}
