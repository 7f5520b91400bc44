//! `treble local-server`, `treble mock-hooks` and `treble test-client`: the command line of CCX's own hook service.

use std::time::Duration;

use clap::Args;
use treble_aws::http::RootUrl;
use treble_core::gate::Event;

use super::Up;
use crate::ccx::words;

/// Where `treble mock-hooks` is, unless it is told otherwise.
pub(crate) const MOCK_PORT: u16 = 8081;

pub(super) const LOCAL_SERVER_HELP: &str = "\
Start the whole service, with one integrator that is asked and told everything: the HTTP server at URL

It is the same as `treble up`, and the integrator is called `local`; one of that name is made to be at URL.

Examples:
  treble mock-hooks                              in one terminal: an integrator's server
  treble local-server http://localhost:8081      in another one
  treble test-client add_node '{\"clusterId\": \"1\", \"cloud\": \"c1\", \"nodeCount\": 1, \"instanceType\": \"i1\", \"authId\": \"a1\"}'";

pub(super) const MOCK_HOOKS_HELP: &str = "\
Be an integrator's HTTP server: print each hook that comes in, and answer it with 200

What may be refused is approved, with a work_id of its own; what is told is answered with {}.

Examples:
  treble mock-hooks --deny add_node              refuses pre-add-node
  treble mock-hooks --fail-rate 0.5 --delay 2s   takes two seconds, and fails half of the time
  treble mock-hooks --secret whsec_…             checks who has sent what comes in";

pub(super) const TEST_CLIENT_HELP: &str = "\
Call the service as CCX's platform does, and print its answer

CALL is one of pre-create-cluster, post-create-cluster, pre-add-node, post-add-node, pre-remove-node, post-remove-node, \
pre-delete-cluster and post-delete-cluster; with _ for - as well, and without the pre- too. JSON is its request in \
protobuf's mapping, as shared/proto/treble/ccx/v1/hook_service.proto defines it.

Exit codes are those of `treble hooks`: a refusal is an answer, not a failure.

Examples:
  treble test-client add_node '{\"clusterId\": \"1\", \"cloud\": \"c1\", \"nodeCount\": 1, \"instanceType\": \"i1\", \"authId\": \"a1\"}'
  treble test-client post_add_node '{\"clusterId\": \"1\", \"nodeIds\": [\"n1\"], \"workId\": \"w1\"}'";

#[derive(Debug, Args)]
pub(crate) struct LocalServer {
    /// The integrator's server: `<URL>/pre-add-node` and so on are called. Without a scheme it is http
    #[arg(value_name = "URL", default_value = "http://localhost:8081", value_parser = server_url)]
    pub(crate) url: String,
    #[command(flatten)]
    pub(crate) up: Up,
}

#[derive(Debug, Args)]
pub(crate) struct MockHooks {
    /// The port to listen at; 0 for any that is free
    #[arg(long, value_name = "PORT", default_value_t = MOCK_PORT)]
    pub(crate) port: u16,
    /// The name or address to listen at; a name is listened at with all of its addresses
    #[arg(long, value_name = "HOST", default_value = "localhost")]
    pub(crate) host: String,
    /// Refuse this call, e.g. add_node or pre-create-cluster; may be repeated
    #[arg(long, value_name = "CALL", value_parser = words::refusable)]
    pub(crate) deny: Vec<Event>,
    /// Answer so much of what comes in with 500, from 0 to 1
    #[arg(long, value_name = "RATE", default_value_t = 0.0, value_parser = rate)]
    pub(crate) fail_rate: f64,
    /// Take so long for each answer, e.g. 2s
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = crate::settings::duration)]
    pub(crate) delay: Duration,
    /// Check signatures by this secret, as `treble integrator set` has shown it, and answer 401 to what isn't signed with it; may be
    /// repeated, while secrets are rotated
    #[arg(long, value_name = "whsec_…", env = "TREBLE_MOCK_SECRET", hide_env_values = true, value_parser = secret)]
    pub(crate) secret: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct TestClient {
    /// What to call, e.g. add_node
    #[arg(value_name = "CALL", value_parser = words::call)]
    pub(crate) call: Event,
    /// The request
    #[arg(value_name = "JSON")]
    pub(crate) json: String,
    /// Where the service is
    #[arg(long, value_name = "URL", default_value = "http://localhost:8080")]
    pub(crate) url: RootUrl,
    /// The token to show, where the service wants one: the first of those in TREBLE_CCX_TOKEN, better in the environment
    #[arg(long, value_name = "TOKEN", env = "TREBLE_CCX_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
}

/// The URL of an integrator's server, as people write it.
fn server_url(text: &str) -> Result<String, String> {
    let url = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url: RootUrl = url.parse().map_err(|_| "must be a URL, e.g. http://localhost:8081".to_owned())?;
    Ok(url.to_string())
}

/// A part of all.
fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| (0.0..=1.0).contains(rate));
    rate.ok_or_else(|| "must be a number from 0 to 1, e.g. 0.5".to_owned())
}

/// A secret that signatures are checked by.
fn secret(text: &str) -> Result<String, String> {
    let good = text.starts_with("whsec_") && standardwebhooks::Webhook::new(text).is_ok();
    good.then(|| text.to_owned()).ok_or_else(|| "must be whsec_ and base64".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::server_url;
    use crate::cli::{Cli, Command};

    #[test]
    fn a_server_is_named_as_people_name_it() {
        let cases = [
            ("myserver", Some("http://myserver")),
            ("localhost:9000/hooks/", Some("http://localhost:9000/hooks")),
            ("https://hooks.example", Some("https://hooks.example")),
            ("ftp://hooks.example", None),
            ("", None),
        ];
        for (text, url) in cases {
            assert_eq!(server_url(text).ok().as_deref(), url, "{text}");
        }
    }

    #[test]
    fn the_words_of_the_original_are_understood() {
        let command = |line: &str| Cli::try_parse_from(line.split(' ')).expect(line).command;
        assert!(matches!(command("treble serve --port 0"), Command::Up(up) if up.port == 0));
        let Command::LocalServer(local) = command("treble local-server myserver --port 0") else { panic!() };
        assert_eq!((&*local.url, local.up.port), ("http://myserver", 0));
        assert!(matches!(command("treble mock-hooks"), Command::MockHooks(_)));
        assert!(matches!(command("treble test-client add_node {}"), Command::TestClient(_)));
    }

    #[test]
    fn wrong_values_are_refused() {
        for line in [
            "treble test-client remove {}",
            "treble test-client pre-trigger-hook {}",
            "treble test-client add_node",
            "treble mock-hooks --deny remove_node",
            "treble mock-hooks --deny post_add_node",
            "treble mock-hooks --fail-rate 2",
            "treble mock-hooks --delay soon",
            "treble mock-hooks --secret s3cret",
        ] {
            let error = Cli::try_parse_from(line.split(' ')).expect_err(line);
            assert_eq!(error.exit_code(), 2, "{line}");
        }
    }
}
