//! `treble client`.

use jiff::Timestamp;
use serde::Serialize;
use treble_aws::dynamodb::{ClientEntry, NewClient};
use treble_core::ports::{AccessToken, PageRequest};

use super::{Admin, NEVER, Unknown, block_on, random_token};
use crate::cli::{self, ClientAction};
use crate::first_start;
use crate::output::{self, Cell, Failure, Table, plain, style};
use crate::settings::Expiry;

/// Runs the command.
pub(crate) fn run(arguments: cli::Client) -> Result<(), Failure> {
    let cli::Client { action, common } = arguments;
    block_on(async move {
        let command = ClientCommand { admin: Admin::open(&common.place).await?, json: common.json };
        command.run(action).await
    })
}

struct ClientCommand {
    admin: Admin,
    json: bool,
}

/// A client as it is shown: without its access token, except once.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<&'a str>,
    description: &'a str,
    scopes: &'a [String],
    expires: Timestamp,
    disabled: bool,
    created: Timestamp,
}

impl<'a> Shown<'a> {
    fn new(client: &'a ClientEntry) -> Self {
        Self {
            client_id: &client.client_id,
            access_token: None,
            description: &client.description,
            scopes: &client.scopes,
            expires: client.expires,
            disabled: client.disabled,
            created: client.created,
        }
    }
}

impl ClientCommand {
    async fn run(&self, action: ClientAction) -> Result<(), Failure> {
        match action {
            ClientAction::Create { id, scopes, description, expires, token } => {
                let client = new_client(id, scopes, description, expires, token)?;
                self.create(&client).await
            }
            ClientAction::List => self.list().await,
            ClientAction::Show { id } => self.show(&id).await,
            ClientAction::Disable { id } => self.set_disabled(&id, true).await,
            ClientAction::Enable { id } => self.set_disabled(&id, false).await,
            ClientAction::Delete { id } => self.delete(&id).await,
            ClientAction::Reset { id } => self.reset(&id).await,
        }
    }

    async fn create(&self, client: &NewClient) -> Result<(), Failure> {
        if !self.admin.auth.create_client(client).await? {
            return Err(Exists(client.client_id.clone()).into());
        }
        self.print_token(&client.client_id, &client.access_token).await
    }

    async fn list(&self) -> Result<(), Failure> {
        let clients = self.admin.auth.list_clients(&PageRequest::default()).await?.items;
        if self.json {
            return output::json(&clients.iter().map(Shown::new).collect::<Vec<_>>());
        }
        let mut table = Table::new(["CLIENT", "STATE", "EXPIRES", "SCOPES", "DESCRIPTION"]);
        let now = Timestamp::now();
        for client in &clients {
            let state = state(client, now);
            table.row([
                (&client.client_id).into(),
                Cell::new(if state == ACTIVE { style::GOOD } else { style::BAD }, state),
                expiry(client.expires).into(),
                client.scopes.len().to_string().into(),
                (&client.description).into(),
            ]);
        }
        table.print();
        Ok(())
    }

    async fn show(&self, id: &str) -> Result<(), Failure> {
        let client = self.get(id).await?;
        if self.json {
            return output::json(&Shown::new(&client));
        }
        describe(&client);
        Ok(())
    }

    async fn set_disabled(&self, id: &str, disabled: bool) -> Result<(), Failure> {
        if !self.admin.auth.set_client_disabled(id, disabled).await? {
            return Err(unknown(id));
        }
        self.show(id).await
    }

    async fn delete(&self, id: &str) -> Result<(), Failure> {
        if !self.admin.auth.delete_client(id).await? {
            return Err(unknown(id));
        }
        self.done(&format!("Deleted the client {id}."), id)
    }

    async fn reset(&self, id: &str) -> Result<(), Failure> {
        let token = AccessToken::new(random_token()?);
        if !self.admin.auth.reset_access_token(id, &token).await? {
            return Err(unknown(id));
        }
        first_start::note_token(&self.admin.dir, id, token.reveal())?;
        self.print_token(id, &token).await
    }

    async fn get(&self, id: &str) -> Result<ClientEntry, Failure> {
        self.admin.auth.client_entry(id).await?.ok_or_else(|| unknown(id))
    }

    /// The one time that the access token is shown.
    async fn print_token(&self, id: &str, token: &AccessToken) -> Result<(), Failure> {
        let client = self.get(id).await?;
        let token = token.reveal();
        if self.json {
            return output::json(&Shown { access_token: Some(token), ..Shown::new(&client) });
        }
        describe(&client);
        output::line(&format!("access token  {token}\n\nKeep the access token: it is not shown again."));
        Ok(())
    }

    fn done(&self, text: &str, id: &str) -> Result<(), Failure> {
        if self.json {
            return output::json(&serde_json::json!({ "clientId": id }));
        }
        output::line(text);
        Ok(())
    }
}

fn new_client(
    client_id: String,
    scopes: Vec<String>,
    description: String,
    expires: Option<Expiry>,
    token: Option<String>,
) -> Result<NewClient, Failure> {
    let now = Timestamp::now();
    let expires = expires.map(|expiry| expiry.after(now)).transpose()?.unwrap_or(NEVER);
    let token = token.map_or_else(random_token, Ok)?;
    Ok(NewClient {
        client_id,
        description,
        access_token: AccessToken::new(token),
        scopes,
        expires,
        created: now,
    })
}

fn describe(client: &ClientEntry) {
    let mut rows = vec![
        ("client", client.client_id.clone()),
        ("state", state(client, Timestamp::now()).to_owned()),
        ("expires", expiry(client.expires)),
        ("created", client.created.strftime("%Y-%m-%d %H:%M UTC").to_string()),
    ];
    if !client.description.is_empty() {
        rows.push(("description", plain(&client.description)));
    }
    let scopes = client.scopes.iter().enumerate();
    rows.extend(scopes.map(|(number, scope)| (if number == 0 { "scopes" } else { "" }, plain(scope))));
    for (name, value) in rows {
        output::line(&format!("{name:<12}  {value}"));
    }
}

/// The state of a client whose calls are accepted.
const ACTIVE: &str = "active";

fn state(client: &ClientEntry, now: Timestamp) -> &'static str {
    if client.disabled {
        "disabled"
    } else if client.expires <= now {
        "expired"
    } else {
        ACTIVE
    }
}

fn expiry(moment: Timestamp) -> String {
    if moment >= NEVER { "never".into() } else { moment.strftime("%Y-%m-%d %H:%M UTC").to_string() }
}

fn unknown(id: &str) -> Failure {
    Unknown { what: "client", id: id.to_owned() }.into()
}

#[derive(Debug, thiserror::Error)]
#[error(
    "there is a client {0:?} already: `treble client reset` gives it a new access token, `delete` makes room"
)]
struct Exists(String);
