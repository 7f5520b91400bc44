//! The tables of requests in `tests/cases`; what each of their fields means is said at `treble_tests::table`.

use serde_json::{Value, json};
use treble_tests::{Request, Server, definition, table};

macro_rules! tables {
    ($($name:ident)*) => {$(
        #[tokio::test]
        async fn $name() {
            table::run(&Server::start().await, include_str!(concat!("../../cases/", stringify!($name), ".json"))).await;
        }
    )*};
}

tables! { transport scopes parameters bodies hooks trigger }

/// `PUT`s a definition with one member changed, under a name of its own.
async fn create(server: &Server, name: &str, member: &str, value: Value) -> (u16, String, String) {
    let mut hook = definition();
    hook[member] = value;
    let reply = Request::to(&format!("PUT /hooks/g/{name}")).json(&hook).send(server).await;
    let (code, message) = reply.error();
    (reply.status, code, message)
}

/// `[pattern, refusal]`: null for a pattern that is accepted, true for one refused in words of our own.
#[tokio::test]
async fn schedules() {
    let server = Server::start().await;
    let cases: Vec<(String, Value)> = serde_json::from_str(include_str!("../../cases/cron.json")).unwrap();
    let mut wrong = Vec::new();
    for (number, (pattern, refusal)) in cases.iter().enumerate() {
        let (status, code, message) =
            create(&server, &format!("h{number}"), "schedule", json!([pattern])).await;
        let as_told = match refusal {
            Value::Null => status == 200,
            Value::String(says) => (status, code.as_str()) == (400, "InputError") && message == *says,
            _ => (status, code.as_str()) == (400, "InputError"),
        };
        if !as_told {
            wrong.push(format!("{pattern:?}: {status} {message:?}, expected {refusal}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// `[what, triggerSchema, place]`: null for a schema that is accepted, otherwise a word of the refusal.
#[tokio::test]
async fn trigger_schemas() {
    let server = Server::start().await;
    let cases: Vec<(String, Value, Option<String>)> =
        serde_json::from_str(include_str!("../../cases/schemas.json")).unwrap();
    let mut wrong = Vec::new();
    for (number, (what, schema, place)) in cases.iter().enumerate() {
        let (status, code, message) =
            create(&server, &format!("h{number}"), "triggerSchema", schema.clone()).await;
        let as_told = match place {
            None => status == 200,
            Some(place) => (status, code.as_str()) == (400, "InputError") && message.contains(place),
        };
        if !as_told {
            wrong.push(format!("{what}: {status} {message:?}, expected {place:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Fifty patterns and fifty bindings are the most that a hook may have.
#[tokio::test]
async fn counts() {
    let server = Server::start().await;
    let patterns = |count: usize| (0..count).map(|i| json!(format!("{i} 0 1 1 *"))).collect::<Value>();
    let bindings = |count: usize| {
        let binding = |i| json!({"exchange": format!("exchange/e/{i}"), "routingKeyPattern": "#"});
        (0..count).map(binding).collect::<Value>()
    };
    for (member, most, more) in
        [("schedule", patterns(50), patterns(51)), ("bindings", bindings(50), bindings(51))]
    {
        let (status, _, message) = create(&server, member, member, most).await;
        assert_eq!(status, 200, "{message}");
        let (status, code, message) = create(&server, "more", member, more).await;
        assert_eq!((status, code.as_str()), (400, "InputValidationError"));
        let told = format!("data/{member} must NOT have more than 50 items");
        assert!(message.contains(&told), "{message}");
    }
}
