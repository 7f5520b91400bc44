//! Which service is asked, and as whom.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use treble_aws::http::{InvalidRootUrl, RootUrl};
use treble_aws::sink::QueueCredentials;

use crate::cli;
use crate::data_dir::{DataDir, DataDirError};
use crate::environment;
use crate::first_start::RootClient;
use crate::output::Failure;

/// A service and credentials for it.
pub(crate) struct Target {
    pub(crate) root_url: RootUrl,
    /// None: called as anybody.
    pub(super) credentials: Option<QueueCredentials>,
    /// The data directory, where it is the server of one.
    pub(super) local: Option<PathBuf>,
}

/// Nobody to ask.
#[derive(Debug, thiserror::Error)]
#[error(
    "no server runs on the data directory {}: start one with `treble up{}`, or name a deployment with {} (and \
     TASKCLUSTER_CLIENT_ID, TASKCLUSTER_ACCESS_TOKEN)",
    .0.display(), data_option(.0), environment::DEPLOYMENT.name
)]
pub(crate) struct NoServer(PathBuf);

#[derive(Debug, thiserror::Error)]
#[error("{} is not what `treble up` wrote there: start the server again", path.display())]
struct BadAddress {
    path: PathBuf,
    #[source]
    source: InvalidRootUrl,
}

impl Target {
    /// The server on `data`, if that is given; else the deployment that the environment names; else the server on the
    /// usual data directory.
    pub(crate) fn find(data: Option<&Path>) -> Result<Self, Failure> {
        if let Some(data) = data {
            return Self::local(data);
        }
        match environment::deployment()? {
            Some((root_url, credentials)) => Ok(Self { root_url, credentials, local: None }),
            None => Self::local(Path::new(cli::DATA)),
        }
    }

    /// The server that runs on a data directory, as the client of its first start.
    fn local(data: &Path) -> Result<Self, Failure> {
        let dir = match DataDir::existing(data) {
            Err(DataDirError::Missing(path)) => return Err(NoServer(path).into()),
            dir => dir?,
        };
        let path = dir.address();
        let address = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(NoServer(data.to_owned()).into());
            }
            address => address.map_err(DataDirError::io("read", &path))?,
        };
        let root_url = address.trim().parse().map_err(|source| BadAddress { path, source })?;
        let credentials = RootClient::read(&dir)?
            .map(|root| QueueCredentials::new(&root.client_id, &root.access_token, None))
            .transpose()?;
        Ok(Self { root_url, credentials, local: Some(data.to_owned()) })
    }
}

/// ` --data DIR`, where it has to be said.
pub(super) fn data_option(data: &Path) -> String {
    if data == Path::new(cli::DATA) { String::new() } else { format!(" --data {}", data.display()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_server_is_found_by_its_data_directory() {
        let dir = tempfile::tempdir().unwrap();
        let none = Target::find(Some(&dir.path().join("none"))).err().unwrap();
        assert!(none.is::<NoServer>(), "{none}");
        let none = Target::find(Some(dir.path())).err().unwrap();
        assert!(none.to_string().contains("`treble up --data /"), "{none}");

        fs::write(dir.path().join("server.url"), "http://localhost:1\n").unwrap();
        fs::write(dir.path().join("root-client.json"), r#"{"clientId": "root", "accessToken": "x"}"#)
            .unwrap();
        let target = Target::find(Some(dir.path())).unwrap();
        assert_eq!(target.root_url.to_string(), "http://localhost:1");
        assert_eq!(target.credentials.unwrap().client_id(), "root");

        fs::write(dir.path().join("server.url"), "nowhere").unwrap();
        assert!(Target::find(Some(dir.path())).err().unwrap().to_string().contains("server.url"));
    }
}
