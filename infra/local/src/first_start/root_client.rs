//! The first client, whose access token is kept in the data directory to be shown again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use treble_aws::dynamodb::{DynamoAuth, NewClient};
use treble_core::ports::{AccessToken, Credentials as _, StoreError};

use crate::admin::{NEVER, random_token};
use crate::data_dir::{DataDir, DataDirError, write_secret};
use crate::output::Failure;

/// The client's name.
const ID: &str = "root";

/// Name and access token, as they are kept.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RootClient {
    pub(crate) client_id: String,
    pub(crate) access_token: String,
}

#[derive(Debug, thiserror::Error)]
#[error("{} is not what `treble up` wrote there: restore it, or remove it to start over with another client", path.display())]
struct Unreadable {
    path: PathBuf,
    #[source]
    source: serde_json::Error,
}

#[derive(Debug, thiserror::Error)]
#[error(
    "the client {ID} in the table was made with another data directory than {}: use that one, as only its master key \
     opens what is in the table", .0.display()
)]
struct Foreign(PathBuf);

/// A first start that is under way.
pub(super) struct Unfinished {
    client: RootClient,
    path: PathBuf,
}

impl RootClient {
    /// The client that the first start made, once it was finished.
    pub(crate) fn read(dir: &DataDir) -> Result<Option<Self>, Failure> {
        read(&dir.root_client())
    }

    /// The same, if its token is still good; otherwise why not, for people.
    pub(crate) async fn good(
        dir: &DataDir,
        auth: &DynamoAuth,
        now: Timestamp,
    ) -> Result<Result<Self, String>, Failure> {
        let Some(root) = Self::read(dir)? else {
            return Ok(Err(String::new()));
        };
        let id = &root.client_id;
        Ok(match auth.client(id).await? {
            None => Err(format!("The client {id} of the first start was deleted.")),
            Some(client) if client.disabled => {
                Err(format!("The client {id} of the first start is disabled."))
            }
            Some(client) if client.expires <= now => {
                Err(format!("The client {id} of the first start has expired."))
            }
            Some(client) if client.access_token.reveal() != root.access_token => {
                Err(format!("The client {id} of the first start has another access token by now."))
            }
            Some(_) => Ok(root),
        })
    }
}

/// The first start that is to be made, or to be finished; None where it was.
pub(super) fn begin(dir: &DataDir) -> Result<Option<Unfinished>, Failure> {
    if dir.root_client().exists() {
        return Ok(None);
    }
    let path = dir.path().join("root-client.json.first-start");
    let client = match read(&path)? {
        Some(client) => client,
        None => {
            // Kept before it is used: an interruption must not leave a client behind whose token nobody knows.
            let client = RootClient { client_id: ID.into(), access_token: random_token()? };
            write(&path, &client)?;
            client
        }
    };
    Ok(Some(Unfinished { client, path }))
}

/// Creates the client. One that is there must be this one.
pub(super) async fn create(
    unfinished: &Unfinished,
    dir: &DataDir,
    auth: &DynamoAuth,
    now: Timestamp,
) -> Result<(), Failure> {
    let token = AccessToken::new(&*unfinished.client.access_token);
    let client = NewClient {
        client_id: ID.into(),
        access_token: token.clone(),
        description: "Made by the first `treble up`: may do everything".into(),
        scopes: vec!["*".into()],
        expires: NEVER,
        created: now,
    };
    if auth.create_client(&client).await? {
        return Ok(());
    }
    match auth.client(ID).await {
        Ok(Some(known)) if known.access_token == token => Ok(()),
        Err(error @ StoreError::Unavailable { .. }) => Err(error.into()),
        // Another token, or one that another master key has sealed.
        Ok(_) | Err(_) => Err(Foreign(dir.path().to_owned()).into()),
    }
}

impl Unfinished {
    /// Marks the first start as done.
    pub(super) fn finish(self, dir: &DataDir) -> Result<(), DataDirError> {
        let path = dir.root_client();
        fs::rename(&self.path, &path).map_err(DataDirError::io("write", &path))
    }
}

/// Takes over the client of an earlier first start that came back from a backup: no other is made then.
pub(crate) async fn adopt(dir: &DataDir, auth: &DynamoAuth) -> Result<(), Failure> {
    let Some(client) = auth.client(ID).await? else { return Ok(()) };
    let access_token = client.access_token.reveal().to_owned();
    write(&dir.root_client(), &RootClient { client_id: client.client_id, access_token })
}

/// Keeps a new access token of the first client, if it is that client's.
pub(crate) fn note_token(dir: &DataDir, client_id: &str, access_token: &str) -> Result<(), Failure> {
    match RootClient::read(dir)? {
        Some(root) if root.client_id == client_id => {
            let client = RootClient { access_token: access_token.into(), ..root };
            write(&dir.root_client(), &client)
        }
        _ => Ok(()),
    }
}

fn read(path: &Path) -> Result<Option<RootClient>, Failure> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|source| Unreadable { path: path.to_owned(), source }.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(DataDirError::io("read", path)(error).into()),
    }
}

fn write(path: &Path, client: &RootClient) -> Result<(), Failure> {
    let mut text = serde_json::to_vec_pretty(client)?;
    text.push(b'\n');
    Ok(write_secret(path, &text)?)
}
