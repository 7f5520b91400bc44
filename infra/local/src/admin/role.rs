//! `treble role`.

use jiff::Timestamp;
use serde::Serialize;
use treble_aws::dynamodb::RoleEntry;
use treble_core::ports::PageRequest;

use super::{Admin, Unknown, block_on};
use crate::cli::{self, RoleAction};
use crate::output::{self, Failure, Table, plain};

/// Runs the command.
pub(crate) fn run(arguments: cli::Role) -> Result<(), Failure> {
    let cli::Role { action, common } = arguments;
    block_on(async move {
        let command = RoleCommand { admin: Admin::open(&common.place).await?, json: common.json };
        match action {
            RoleAction::Set { role, scopes, description } => {
                let last_modified = Timestamp::now();
                command.set(&RoleEntry { role_id: role, description, scopes, last_modified }).await
            }
            RoleAction::List => command.list().await,
            RoleAction::Show { role } => command.show(&role).await,
            RoleAction::Delete { role } => command.delete(&role).await,
        }
    })
}

struct RoleCommand {
    admin: Admin,
    json: bool,
}

/// A role as it is shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    role_id: &'a str,
    description: &'a str,
    scopes: &'a [String],
    last_modified: Timestamp,
}

impl<'a> Shown<'a> {
    fn new(role: &'a RoleEntry) -> Self {
        Self {
            role_id: &role.role_id,
            description: &role.description,
            scopes: &role.scopes,
            last_modified: role.last_modified,
        }
    }
}

impl RoleCommand {
    async fn set(&self, role: &RoleEntry) -> Result<(), Failure> {
        self.admin.auth.set_role(role).await?;
        self.print(role)
    }

    async fn list(&self) -> Result<(), Failure> {
        let roles = self.admin.auth.list_roles(&PageRequest::default()).await?.items;
        if self.json {
            return output::json(&roles.iter().map(Shown::new).collect::<Vec<_>>());
        }
        let mut table = Table::new(["ROLE", "SCOPES", "DESCRIPTION"]);
        for role in &roles {
            let scopes = role.scopes.len().to_string();
            table.row([(&role.role_id).into(), scopes.into(), (&role.description).into()]);
        }
        table.print();
        Ok(())
    }

    async fn show(&self, id: &str) -> Result<(), Failure> {
        let role = self.admin.auth.role(id).await?.ok_or_else(|| unknown(id))?;
        self.print(&role)
    }

    async fn delete(&self, id: &str) -> Result<(), Failure> {
        if !self.admin.auth.delete_role(id).await? {
            return Err(unknown(id));
        }
        if self.json {
            return output::json(&serde_json::json!({ "roleId": id }));
        }
        output::line(&format!("Deleted the role {}.", plain(id)));
        Ok(())
    }

    fn print(&self, role: &RoleEntry) -> Result<(), Failure> {
        if self.json {
            return output::json(&Shown::new(role));
        }
        output::line(&format!("{:<12}  {}", "role", plain(&role.role_id)));
        if !role.description.is_empty() {
            output::line(&format!("{:<12}  {}", "description", plain(&role.description)));
        }
        for (number, scope) in role.scopes.iter().enumerate() {
            output::line(&format!("{:<12}  {}", if number == 0 { "scopes" } else { "" }, plain(scope)));
        }
        Ok(())
    }
}

fn unknown(id: &str) -> Failure {
    Unknown { what: "role", id: id.to_owned() }.into()
}
