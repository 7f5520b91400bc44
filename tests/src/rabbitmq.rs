//! A real broker: Debian's RabbitMQ, as an ordinary process with a directory, ports and a name server of its own.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use lapin::{Connection, ConnectionProperties};
use tempfile::TempDir;

use crate::process::Process;
use crate::stub;

/// The program itself; what is in the path insists on a user of its own.
const PROGRAM: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";
/// What it prints when it is ready.
const READY: &str = "Starting broker... completed";

/// A running broker; killed when dropped.
pub struct RabbitMq {
    process: Option<Process>,
    names: Child,
    directory: TempDir,
    ports: Ports,
    certificate: String,
}

struct Ports {
    amqp: u16,
    amqps: u16,
    names: u16,
    distribution: u16,
}

impl RabbitMq {
    /// Starts a new one.
    pub fn start() -> RabbitMq {
        assert!(
            Path::new(PROGRAM).exists(),
            "no RabbitMQ: `make rabbitmq`, or apt-get install rabbitmq-server"
        );
        let directory = TempDir::new().unwrap();
        std::fs::write(directory.path().join("plugins"), "[].\n").unwrap();
        let ports = Ports { amqp: free(), amqps: free(), names: free(), distribution: free() };
        let certificate = configure(&directory, &ports);
        let names = Command::new("epmd")
            .args(["-address", "127.0.0.1", "-port", &ports.names.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut broker = RabbitMq { process: None, names, directory, ports, certificate };
        broker.launch();
        broker
    }

    /// Stops it as an operator would, and starts it again with its data.
    pub fn restart(&mut self) {
        self.stop();
        self.launch();
    }

    /// Stops it.
    pub fn stop(&mut self) {
        if let Some(process) = self.process.take() {
            process.signal("TERM");
            process.finish();
        }
    }

    /// Starts it after a stop.
    pub fn launch(&mut self) {
        let path = |name: &str| self.directory.path().join(name);
        let mut command = Command::new(PROGRAM);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.directory.path())
            .env("ERL_EPMD_PORT", self.ports.names.to_string())
            .env("RABBITMQ_NODENAME", format!("treble-{}@localhost", self.ports.amqp))
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODE_PORT", self.ports.amqp.to_string())
            .env("RABBITMQ_DIST_PORT", self.ports.distribution.to_string())
            .env("RABBITMQ_MNESIA_BASE", path("data"))
            .env("RABBITMQ_LOG_BASE", path("log"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", path("plugins"))
            .env("RABBITMQ_CONFIG_FILE", path("configuration"))
            // There is none.
            .env("RABBITMQ_CONF_ENV_FILE", path("environment"))
            // One thread, which sleeps when there is nothing to do: others need the machine too.
            .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "+S 1:1 +sbwt none")
            // With the processes that it starts.
            .process_group(0);
        let process = Process::spawn(&mut command);
        process.wait_for(READY);
        self.process = Some(process);
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.ports.amqp)
    }

    /// Where it is, with TLS.
    pub fn tls_url(&self) -> String {
        format!("amqps://guest:guest@localhost:{}/%2f", self.ports.amqps)
    }

    /// The certificate that it shows there (PEM), which nobody else has signed.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// A connection to it.
    pub async fn connect(&self) -> Connection {
        Connection::connect(&self.url(), ConnectionProperties::default()).await.unwrap()
    }
}

impl Drop for RabbitMq {
    fn drop(&mut self) {
        if let Some(process) = &self.process {
            let group = format!("-{}", process.id());
            let _ = Command::new("kill").args(["-s", "KILL", "--", &group]).status();
        }
        let _ = self.names.kill();
        let _ = self.names.wait();
    }
}

/// Writes its configuration: TLS at a port of its own. Gives the certificate.
fn configure(directory: &TempDir, ports: &Ports) -> String {
    let certificate = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let path = |name: &str| directory.path().join(name);
    let pem = certificate.cert.pem();
    std::fs::write(path("certificate.pem"), &pem).unwrap();
    std::fs::write(path("key.pem"), certificate.signing_key.serialize_pem()).unwrap();
    let configuration = format!(
        "listeners.ssl.1 = 127.0.0.1:{}\nssl_options.certfile = {}\nssl_options.keyfile = {}\n\
         ssl_options.cacertfile = {}\nssl_options.verify = verify_none\nssl_options.fail_if_no_peer_cert = false\n",
        ports.amqps,
        path("certificate.pem").display(),
        path("key.pem").display(),
        path("certificate.pem").display(),
    );
    std::fs::write(path("configuration.conf"), configuration).unwrap();
    pem
}

fn free() -> u16 {
    stub::listen().1
}
