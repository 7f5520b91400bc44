//! Lambda, as far as a function sees it: the Runtime API, and a process that polls it.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::process::{Exit, Process};
use crate::site::program;
use crate::stub::{self, Answer, Incoming};

/// How long an invocation may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What every function finds in its environment.
pub const LAMBDA_ENVIRONMENT: [(&str, &str); 3] = [
    ("AWS_LAMBDA_FUNCTION_NAME", "treble"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
];

/// A running function.
pub struct Lambda {
    api: Arc<RuntimeApi>,
    process: Process,
}

/// The Runtime API of one function.
struct RuntimeApi {
    /// Events on their way to the function.
    events: Mutex<Receiver<Invocation>>,
    invoke: Mutex<Sender<Invocation>>,
    /// Who waits for the outcome of which invocation.
    waiting: Mutex<HashMap<String, Sender<Outcome>>>,
    count: AtomicU64,
}

/// An event on its way: its id, and the trace that Lambda says that it is in.
struct Invocation {
    id: String,
    event: Value,
    trace: Option<String>,
}

/// What came of an invocation: the reply, or the function's error.
type Outcome = Result<Value, Value>;

impl Lambda {
    /// Starts the binary of that name with this environment, at a Runtime API of its own.
    pub fn start(name: &str, environment: &[(String, String)]) -> Lambda {
        let (invoke, events) = channel();
        let api = Arc::new(RuntimeApi {
            events: Mutex::new(events),
            invoke: Mutex::new(invoke),
            waiting: Mutex::default(),
            count: AtomicU64::new(0),
        });
        let (listener, port) = stub::listen();
        let served = Arc::clone(&api);
        stub::serve(listener, move |request| served.answer(request));
        Lambda { api, process: spawn(name, &format!("127.0.0.1:{port}"), environment) }
    }

    /// Invokes it with an event, and waits for its reply; fails with all it has logged, if it has none.
    pub fn invoke(&self, event: &Value) -> Value {
        self.reply(self.invoke_traced(event, None))
    }

    /// The same within a trace, as X-Ray writes it.
    pub fn invoke_in(&self, trace: &str, event: &Value) -> Value {
        self.reply(self.invoke_traced(event, Some(trace.to_owned())))
    }

    /// Invokes it with an event that it can't deal with: the message of its error.
    pub fn invoke_in_vain(&self, event: &Value) -> String {
        match self.invoke_traced(event, None) {
            Ok(Err(error)) => error["errorMessage"].as_str().unwrap().to_owned(),
            other => panic!("no error but {other:?}, and the log says: {}", self.log()),
        }
    }

    fn reply(&self, outcome: Result<Outcome, String>) -> Value {
        match outcome {
            Ok(Ok(reply)) => reply,
            failed => panic!("{failed:?}, and the log says: {}", self.log()),
        }
    }

    fn invoke_traced(&self, event: &Value, trace: Option<String>) -> Result<Outcome, String> {
        let (sender, outcome) = channel();
        let id = format!("request-{}", self.api.count.fetch_add(1, Ordering::Relaxed));
        self.api.waiting.lock().unwrap().insert(id.clone(), sender);
        let invocation = Invocation { id, event: event.clone(), trace };
        self.api.invoke.lock().unwrap().send(invocation).unwrap();
        outcome.recv_timeout(PATIENCE).map_err(|error| error.to_string())
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.process.printed()
    }

    /// Waits until so many of its lines are like this one, and gives all of them, whole: each is an object.
    pub fn lines(&self, count: usize, like: impl Fn(&Value) -> bool) -> Vec<Value> {
        let parsed = |text: &str| -> Vec<Value> {
            let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
            whole.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
        };
        parsed(
            &self.process.wait_until(|text| parsed(text).iter().filter(|line| like(line)).count() >= count),
        )
    }

    /// Waits for its end.
    pub fn finish(self) -> Exit {
        self.process.finish()
    }
}

impl RuntimeApi {
    fn answer(&self, request: &Incoming) -> Answer {
        let path: Vec<&str> = request.resource.split('/').collect();
        match path[..] {
            ["", _, "runtime", "invocation", "next"] => self.next(),
            ["", _, "runtime", "invocation", id, how] => {
                let body = serde_json::from_slice(&request.body).unwrap();
                let outcome = if how == "response" { Ok(body) } else { Err(body) };
                // Nobody waits any more for an invocation that took too long.
                let waiting = self.waiting.lock().unwrap().remove(id);
                waiting.map(|sender| sender.send(outcome));
                Answer::json(202, "{}")
            }
            _ => Answer::json(404, "{}"),
        }
    }

    /// Waits for the next event, as the API does; for good, once nobody invokes any more.
    fn next(&self) -> Answer {
        let Ok(Invocation { id, event, trace }) = self.events.lock().unwrap().recv() else {
            return Answer::json(410, "{}");
        };
        let mut answer = Answer::json(200, event);
        for (name, value) in [
            ("lambda-runtime-aws-request-id", id.as_str()),
            ("lambda-runtime-deadline-ms", "4102444800000"),
            ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:treble"),
        ] {
            answer.headers.push((name.to_owned(), value.to_owned()));
        }
        answer.headers.extend(trace.map(|trace| ("lambda-runtime-trace-id".to_owned(), trace)));
        answer
    }
}

/// The event that Lambda makes of a queue's messages: the id and the body of each.
pub fn queue_event(messages: &[(&str, &str)]) -> Value {
    let record = |(id, body): &(&str, &str)| {
        json!({
            "messageId": id, "receiptHandle": format!("receipt of {id}"), "body": body,
            "attributes": {"ApproximateReceiveCount": "1"}, "messageAttributes": {},
            "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:firings",
            "awsRegion": "us-east-1",
        })
    };
    json!({"Records": messages.iter().map(record).collect::<Vec<_>>()})
}

/// A function that polls somebody else's Runtime API, until it is dropped.
pub struct Polling {
    _process: Process,
}

impl Polling {
    /// Starts the binary of that name with this environment.
    pub fn start(name: &str, runtime_api: &str, environment: &[(String, String)]) -> Polling {
        Polling { _process: spawn(name, runtime_api, environment) }
    }
}

pub(crate) fn spawn(name: &str, runtime_api: &str, environment: &[(String, String)]) -> Process {
    let mut command = Command::new(binary(name));
    command
        .env_clear()
        .envs(LAMBDA_ENVIRONMENT)
        .env("AWS_LAMBDA_RUNTIME_API", runtime_api)
        .envs(environment.iter().cloned());
    Process::spawn(&mut command)
}

/// Where the functions' binaries are: what `TREBLE_FUNCTIONS` names, or beside the program under test.
pub(crate) fn functions() -> PathBuf {
    std::env::var_os("TREBLE_FUNCTIONS").map_or_else(|| program().parent().unwrap().to_owned(), PathBuf::from)
}

/// The binary of a function.
pub(crate) fn binary(name: &str) -> PathBuf {
    let path = functions().join(name);
    assert!(path.exists(), "no {}: build it with `cargo build -p treble-functions`", path.display());
    path
}

/// The size in bytes of a function's release build; None where tests were told of none, or of a script that runs it elsewhere.
pub fn release_size(name: &str) -> Option<usize> {
    std::env::var_os("TREBLE_FUNCTIONS")?;
    let program = std::fs::read(binary(name)).unwrap();
    program.starts_with(b"\x7fELF").then_some(program.len())
}
