//! The suites in other languages, each run by its own test runner against a server; and the tools that know an API by
//! its OpenAPI document alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::lambda::functions;
use crate::site::program;
use crate::{LocalStack, Server};

/// What schemathesis is not to hold against a server: that it signs what the tool left unsigned, that a definition
/// may be wrong in ways that no schema says, and that a method which a path hasn't is a 404, as everything is that
/// isn't there.
const NOT_CHECKED: &str = "missing_required_header,positive_data_acceptance,unsupported_method";

/// Seconds that no answer may take; far above what any does, for a machine that is busy.
const SOON: &str = "10";

/// Runs the Python suite; fails with its output if it does.
pub fn python(server: &impl Named) {
    run(&mut python_suite(), server);
}

/// The same as another client of a server, which may do everything.
pub fn python_as(server: &Server, client_id: &str, access_token: &str) {
    let mut command = python_suite();
    command.current_dir(env!("CARGO_MANIFEST_DIR")).envs(server.environment());
    command.env("TASKCLUSTER_CLIENT_ID", client_id).env("TASKCLUSTER_ACCESS_TOKEN", access_token);
    check(&mut command);
}

fn python_suite() -> Command {
    let mut command = Command::new(tool("python"));
    command.args(["-m", "unittest", "discover", "-s", "python"]);
    command
}

/// Runs the JavaScript suite; fails with its output if it does.
pub fn node(server: &impl Named) {
    run(Command::new(tool("node")).args(["--test", "node/hooks.test.mjs"]), server);
}

/// What an environment names to Taskcluster's clients.
pub trait Named {
    /// The variables.
    fn variables(&self) -> Vec<(String, String)>;
}

impl Named for Server {
    fn variables(&self) -> Vec<(String, String)> {
        self.environment().map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }
}

impl Named for LocalStack {
    fn variables(&self) -> Vec<(String, String)> {
        self.environment()
    }
}

/// Holds an OpenAPI document against the specification; fails with what is wrong.
pub fn validate_openapi(document: &str) {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("openapi.json");
    std::fs::write(&file, document).unwrap();
    check(Command::new(tool("openapi-spec-validator")).arg(file));
}

/// Runs schemathesis on a service's document with so many examples an operation, the same ones each time; fails with what it found.
pub fn schemathesis(server: &Server, service: &str, examples: u32) {
    let directory = TempDir::new().unwrap();
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
    let document = format!("{}/references/{service}/v1/openapi.json", server.root_url());
    let mut command = Command::new(tool("schemathesis"));
    command.current_dir(directory.path()).envs(server.environment());
    command.env("PYTHONPATH", python).env("SCHEMATHESIS_HOOKS", "schemathesis_hooks");
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command.args(["run", &document, "--seed", "1", "--max-examples", &examples.to_string()]);
    command.args(["--checks", "all", "--exclude-checks", NOT_CHECKED, "--max-response-time", SOON]);
    // Nothing is kept for a later run, and nothing made smaller: the seed makes it again.
    command.args(["--generation-database", "none", "--no-shrink", "--continue-on-failure", "--no-color"]);
    check(&mut command);
}

/// Deploys template.yaml into the AWS at this endpoint, an emulated one, with the functions under test, and uses what it
/// made; fails with what went wrong.
pub fn deploy_template(endpoint: &str) {
    let mut command = Command::new(tool("python"));
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("python/deployed_template.py"));
    command.arg(functions()).arg(program()).env("AWS_ENDPOINT_URL", endpoint);
    command.envs([
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ]);
    check(&mut command);
}

/// Which binary answers which method and path, as `sam local start-api` finds them in what is made for it.
pub fn sam_local_routes() -> BTreeMap<String, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/sam_local_routes.py");
    let routes = check(Command::new(tool("python")).arg(script));
    serde_json::from_str(&routes).expect(&routes)
}

/// What a client that is generated from CCX's definition is answered, for each call of `[[method, request], …]`: by gRPC, and by
/// the Connect protocol with bodies in protobuf.
pub fn ccx_client(server: &Server, token: &str, calls: &serde_json::Value) -> Vec<serde_json::Value> {
    let mut command = Command::new(tool("python"));
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("python/ccx_client.py"));
    let answers = check(command.args([server.address(), token, &calls.to_string()]));
    serde_json::from_str(&answers).expect(&answers)
}

/// Whether signed requests are good, as the authors of Standard Webhooks have it: each with a secret, the headers and the body.
pub fn verify_webhooks<'a>(cases: impl IntoIterator<Item = (&'a str, &'a crate::Received)>) -> Vec<bool> {
    let case = |(secret, received): (&str, &crate::Received)| {
        let headers: serde_json::Map<String, serde_json::Value> =
            received.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        serde_json::json!({"secret": secret, "headers": headers, "body": received.text})
    };
    let cases: Vec<serde_json::Value> = cases.into_iter().map(case).collect();
    let mut command = Command::new(tool("python"));
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("python/verify_webhooks.py"));
    let verdicts = check(command.arg(serde_json::Value::from(cases).to_string()));
    serde_json::from_str(&verdicts).expect(&verdicts)
}

/// What `curl` is answered to a call of CCX's, in JSON: nothing but the protocol's plain form.
pub fn curl(server: &Server, token: &str, method: &str, request: &serde_json::Value) -> serde_json::Value {
    let url = format!("{}/treble.ccx.v1.HookService/{method}", server.root_url());
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--header", "content-type: application/json"]);
    command.args([
        "--header",
        &format!("authorization: Bearer {token}"),
        "--data",
        &request.to_string(),
        &url,
    ]);
    let answer = check(&mut command);
    serde_json::from_str(&answer).expect(&answer)
}

/// A program of the virtual environment that `make tools` makes.
pub(crate) fn tool(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv/bin").join(name);
    assert!(path.exists(), "no {}: install the tests' tools with `make tools`", path.display());
    path
}

fn run(command: &mut Command, server: &impl Named) {
    check(command.current_dir(env!("CARGO_MANIFEST_DIR")).envs(server.variables()));
}

/// Runs it, and gives what it printed; fails with all that it said if it does.
pub(crate) fn check(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed:\n{printed}{complaints}");
    printed
}
