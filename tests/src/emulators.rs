//! Emulators of Lambda, each a published program: AWS's own runtime interface emulator, and `cargo lambda watch`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::clients::tool;
use crate::lambda::binary;
use crate::process::Process;
use crate::site::program;
use crate::{LAMBDA_ENVIRONMENT, stub};

/// AWS's emulator with one function; it comes with SAM, for x86-64 and arm64.
pub struct InterfaceEmulator {
    _process: Process,
    url: String,
}

impl InterfaceEmulator {
    /// Starts it with the binary of that name. `None` where the program isn't installed.
    pub fn start(function: &str, environment: &[(String, String)]) -> Option<InterfaceEmulator> {
        let (address, api_address) = (free_address(), free_address());
        let mut command = Command::new(Self::program()?);
        command
            .args(["--runtime-interface-emulator-address", &address, "--runtime-api-address", &api_address])
            .arg(binary(function))
            .env_clear()
            .envs(LAMBDA_ENVIRONMENT)
            .envs(environment.iter().cloned());
        let process = Process::spawn(&mut command);
        process.wait_for("exec '");
        let url = format!("http://{address}/2015-03-31/functions/function/invocations");
        Some(InterfaceEmulator { _process: process, url })
    }

    fn program() -> Option<PathBuf> {
        let lib = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv/lib");
        let pythons = std::fs::read_dir(lib).ok()?;
        let name = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
        let below = format!("site-packages/samcli/local/rapid/aws-lambda-rie-{name}");
        pythons.filter_map(|python| Some(python.ok()?.path().join(&below))).find(|path| path.exists())
    }

    /// Invokes the function with an event.
    pub async fn invoke(&self, event: &Value) -> Value {
        let reply = until_connected(|| reqwest::Client::new().post(&self.url).body(event.to_string())).await;
        serde_json::from_str(&reply.text().await.unwrap()).unwrap()
    }
}

/// `cargo lambda watch`, with the router that `treble routes --watch-router` prints. It starts no functions itself, as
/// that would build them anew; each has to be told where its Runtime API is.
pub struct Watch {
    _process: Process,
    _router: tempfile::NamedTempFile,
    address: String,
}

impl Watch {
    /// Starts it.
    pub fn start() -> Watch {
        let printed = Command::new(program()).args(["routes", "--watch-router"]).output().unwrap();
        let router = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        std::fs::write(&router, printed.stdout).unwrap();
        let address = free_address();
        let (host, port) = address.split_once(':').unwrap();
        let mut command = Command::new(tool("cargo-lambda"));
        command
            .args([
                "lambda",
                "watch",
                "--only-lambda-apis",
                "--disable-cors",
                "-A",
                host,
                "-P",
                port,
                "--global",
            ])
            .arg(router.path())
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions"));
        let process = Process::spawn(&mut command);
        process.wait_for("starting Runtime server");
        Watch { _process: process, _router: router, address }
    }

    /// Where requests go.
    pub fn root_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The Runtime API of a function.
    pub fn runtime_api(&self, function: &str) -> String {
        format!("http://{}/.rt/{function}", self.address)
    }
}

fn free_address() -> String {
    format!("127.0.0.1:{}", stub::listen().1)
}

/// Sends a request until somebody listens.
async fn until_connected(request: impl Fn() -> reqwest::RequestBuilder) -> reqwest::Response {
    for _ in 0..600 {
        match request().send().await {
            Err(error) if error.is_connect() => tokio::time::sleep(Duration::from_millis(50)).await,
            reply => return reply.unwrap(),
        }
    }
    panic!("nobody listens")
}
