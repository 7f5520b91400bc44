//! Commands beside a server: on its data, or of its API.

use super::Server;
use crate::process::{Exit, Process};

impl Server {
    /// Runs `treble ARGUMENTS` on the same data, beside this one.
    pub fn cli(&self, arguments: &[&str]) -> Exit {
        self.site.cli(arguments, self.data())
    }

    /// Runs `treble ARGUMENTS` with these variables set, of which others are where everything is.
    pub fn cli_with<'a>(
        &self,
        environment: impl IntoIterator<Item = (&'a str, String)>,
        arguments: &[&str],
    ) -> Exit {
        let mut command = self.site.command();
        command.args(arguments).envs(environment);
        Process::spawn(&mut command).finish()
    }

    /// Runs `treble hooks ARGUMENTS`, which finds this server by its data directory.
    pub fn hooks(&self, arguments: &[&str]) -> Exit {
        self.asking(&[&["hooks"], arguments].concat())
    }

    /// Runs `treble ARGUMENTS` that calls the API of this server, found by its data directory.
    pub fn asking(&self, arguments: &[&str]) -> Exit {
        let mut command = self.site.command();
        command.args(arguments).arg("--data").arg(self.data());
        Process::spawn(&mut command).finish()
    }

    /// The same as [`hooks`](Self::hooks) as this client, and with the server as a deployment that the environment names.
    pub fn hooks_as(&self, client: &taskcluster::Credentials, arguments: &[&str]) -> Exit {
        self.asking_as(client, &[&["hooks"], arguments].concat())
    }

    /// The same as [`asking`](Self::asking) as this client.
    pub fn asking_as(&self, client: &taskcluster::Credentials, arguments: &[&str]) -> Exit {
        let mut command = self.site.command();
        command.env("TASKCLUSTER_ROOT_URL", self.root_url());
        command.env("TASKCLUSTER_CLIENT_ID", &client.client_id);
        command.env("TASKCLUSTER_ACCESS_TOKEN", &client.access_token);
        command.args(arguments);
        Process::spawn(&mut command).finish()
    }
}
