//! What `treble up` says when it is ready.

use std::env;
use std::fmt;
use std::path::Path;

use treble_aws::settings::SinkChoice;

use crate::first_start::RootClient;

/// What there is to say.
pub(crate) struct Banner<'a> {
    /// Whether all of this was just made.
    pub(crate) first: bool,
    /// Where clients find the service.
    pub(crate) root_url: &'a str,
    /// The data directory.
    pub(crate) data: &'a Path,
    /// Where tasks are created.
    pub(crate) sink: &'a SinkChoice,
    /// The first start's client, if it is still good; or what to say instead.
    pub(crate) client: Result<&'a RootClient, String>,
    /// The trigger token of the sample hook, if that is still there.
    pub(crate) sample_token: Option<&'a str>,
    /// The integrator of `treble local-server`.
    pub(crate) integrator: Option<Local<'a>>,
    /// How this program was called.
    pub(crate) program: &'a str,
    /// Whether everything but tasks is kept on AWS.
    pub(crate) on_aws: bool,
}

/// A local HTTP server that is asked and told everything.
pub(crate) struct Local<'a> {
    /// Where it is.
    pub(crate) url: &'a str,
    /// What requests to it are signed with, where that was just made.
    pub(crate) secret: Option<String>,
}

/// How to call this program again: by Cargo, if Cargo called it.
pub(crate) fn program() -> &'static str {
    if env::var_os("CARGO").is_some() { "cargo run -q --" } else { "treble" }
}

impl fmt::Display for Banner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { root_url, program, .. } = self;
        writeln!(f, "Treble is at {root_url}")?;
        writeln!(f, "Data: {}{}", self.data.display(), if self.first { " (new)" } else { "" })?;
        writeln!(f, "Tasks: {}", self.sink)?;
        writeln!(f)?;
        match &self.client {
            Ok(client) => {
                writeln!(f, "For Taskcluster's clients, with every scope:\n")?;
                writeln!(f, "  export TASKCLUSTER_ROOT_URL={root_url}")?;
                writeln!(f, "  export TASKCLUSTER_CLIENT_ID={}", client.client_id)?;
                writeln!(f, "  export TASKCLUSTER_ACCESS_TOKEN={}", client.access_token)?;
            }
            Err(why) => writeln!(f, "{why}")?,
        }
        let data = DataOption(self.data);
        if let Some(token) = self.sample_token {
            writeln!(f, "\nTry: trigger the sample hook examples/hello, and see the task that it creates\n")?;
            writeln!(f, "  curl -H 'content-type: application/json' -d '{{\"name\": \"Ada\"}}' \\")?;
            writeln!(f, "    {root_url}/api/hooks/v1/hooks/examples/hello/trigger/{token}")?;
            if matches!(self.sink, SinkChoice::Journal(_)) {
                writeln!(f, "  {program} tasks{data}")?;
            }
        }
        if let Some(Local { url, secret }) = &self.integrator {
            writeln!(f, "\nIntegrator: {} at {url} is asked and told everything", super::gates::LOCAL)?;
            if let Some(secret) = secret {
                writeln!(f, "Its secret, shown this once: {secret}")?;
            }
            writeln!(f, "\nTry: ask it whether nodes may be added, as CCX does\n")?;
            writeln!(
                f,
                "  {program} test-client add_node '{{\"clusterId\": \"1\", \"nodeCount\": 1}}' --url {root_url}"
            )?;
        }
        let store = if self.on_aws { " --store aws" } else { "" };
        writeln!(f, "\nMore clients: {program} client create NAME --scope SCOPE{data}{store}")?;
        write!(f, "Stop: Ctrl-C")
    }
}

/// ` --data DIR`, unless it is the default.
struct DataOption<'a>(&'a Path);

impl fmt::Display for DataOption<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == Path::new(crate::cli::DATA) {
            return Ok(());
        }
        write!(f, " --data {}", shell_word(&self.0.display().to_string()))
    }
}

/// A text as one word of a shell's command line.
fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./+@%,:=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_start() {
        let root = RootClient { client_id: "root".into(), access_token: "SECRET".into() };
        let banner = Banner {
            first: true,
            root_url: "http://localhost:8080",
            data: Path::new("treble-data"),
            sink: &SinkChoice::Journal("treble-data/tasks.jsonl".into()),
            client: Ok(&root),
            sample_token: Some("TOKEN"),
            integrator: None,
            program: "treble",
            on_aws: false,
        };
        let expected = "\
Treble is at http://localhost:8080
Data: treble-data (new)
Tasks: treble-data/tasks.jsonl

For Taskcluster's clients, with every scope:

  export TASKCLUSTER_ROOT_URL=http://localhost:8080
  export TASKCLUSTER_CLIENT_ID=root
  export TASKCLUSTER_ACCESS_TOKEN=SECRET

Try: trigger the sample hook examples/hello, and see the task that it creates

  curl -H 'content-type: application/json' -d '{\"name\": \"Ada\"}' \\
    http://localhost:8080/api/hooks/v1/hooks/examples/hello/trigger/TOKEN
  treble tasks

More clients: treble client create NAME --scope SCOPE
Stop: Ctrl-C";
        assert_eq!(banner.to_string(), expected);
    }

    #[test]
    fn a_later_start_without_sample_and_client() {
        let banner = Banner {
            first: false,
            root_url: "https://hooks.example",
            data: Path::new("/srv/my data"),
            sink: &SinkChoice::Sqs("https://sqs.example/0/q".into()),
            client: Err("The client root is disabled.".into()),
            sample_token: None,
            integrator: Some(Local { url: "http://localhost:8081", secret: Some("whsec_AAAA".into()) }),
            program: "cargo run -q --",
            on_aws: true,
        };
        let expected = "\
Treble is at https://hooks.example
Data: /srv/my data
Tasks: the queue https://sqs.example/0/q

The client root is disabled.

Integrator: local at http://localhost:8081 is asked and told everything
Its secret, shown this once: whsec_AAAA

Try: ask it whether nodes may be added, as CCX does

  cargo run -q -- test-client add_node '{\"clusterId\": \"1\", \"nodeCount\": 1}' --url https://hooks.example

More clients: cargo run -q -- client create NAME --scope SCOPE --data '/srv/my data' --store aws
Stop: Ctrl-C";
        assert_eq!(banner.to_string(), expected);
    }

    #[test]
    fn shells_read_one_word() {
        for (text, word) in
            [("a/b", "a/b"), ("a b", "'a b'"), ("it's", r"'it'\''s'"), ("", "''"), ("$x", "'$x'")]
        {
            assert_eq!(shell_word(text), word);
        }
    }
}
