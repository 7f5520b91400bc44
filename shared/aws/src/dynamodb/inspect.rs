//! What a table is like, for who looks after a deployment: whether it is what [`schema`](super::schema) says.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    IndexStatus, KeySchemaElement, TableDescription, TableStatus, TimeToLiveStatus,
};
use treble_core::ports::StoreError;

use super::auth::CLIENTS;
use super::dead_letters;
use super::gates::INTEGRATORS;
use super::hooks::GROUPS;
use super::item::{text, unavailable};
use super::schema::{
    DUE_AT, DUE_INDEX, DUE_PARTITION, FORMAT, FORMAT_VERSION, PARTITION_KEY, SORT_KEY, TIME_TO_LIVE,
};

/// Which of the tables is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Hooks, groups and bindings.
    Hooks,
    /// Fire records, claims and dead letters.
    Fires,
    /// Clients and roles.
    Auth,
    /// What gates keep.
    Gates,
}

/// What a table is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// How DynamoDB calls its state, e.g. `ACTIVE`.
    pub status: String,
    /// How many items it has, as of some hours ago.
    pub items: i64,
    /// The format of an item in it; None where none was found.
    pub format: Option<u32>,
    /// What is not as it has to be, each with what would be.
    pub problems: Vec<String>,
}

impl Table {
    /// What it is called.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hooks => "hooks",
            Self::Fires => "fires",
            Self::Auth => "auth",
            Self::Gates => "gates",
        }
    }

    /// Where an item is that tells the format, if there is one anywhere.
    fn sample(self) -> &'static str {
        match self {
            Self::Hooks => GROUPS,
            Self::Fires => dead_letters::PARTITION,
            Self::Auth => CLIENTS,
            Self::Gates => INTEGRATORS,
        }
    }

    fn expires(self) -> bool {
        matches!(self, Self::Fires | Self::Gates)
    }
}

/// Looks at a table: at its description, and at one item.
///
/// # Errors
/// The table is not there, or DynamoDB doesn't say.
pub async fn inspect(client: &Client, name: &str, table: Table) -> Result<Inspection, StoreError> {
    let reply = client.describe_table().table_name(name).send().await;
    let reply = reply.map_err(|error| unavailable(format!("describe the table {name}"), error))?;
    let description = reply.table.unwrap_or_else(|| TableDescription::builder().build());
    let status = description.table_status.as_ref().map_or("in no state", TableStatus::as_str).to_owned();
    let mut problems = Vec::new();
    if !matches!(description.table_status, Some(TableStatus::Active | TableStatus::Updating)) {
        problems.push(format!("the table is {status}: it has to be ACTIVE"));
    }
    if !has_keys(description.key_schema(), PARTITION_KEY, SORT_KEY) {
        problems.push(format!("its key has to be {PARTITION_KEY}, {SORT_KEY}"));
    }
    if table == Table::Hooks {
        problems.extend(index_problem(&description));
    }
    if table.expires() && !expires(client, name).await? {
        problems.push(format!("its items never expire: TTL has to be on, by {TIME_TO_LIVE}"));
    }
    let format = format(client, name, table.sample()).await?;
    if let Some(format) = format.filter(|format| *format > FORMAT_VERSION) {
        problems.push(format!(
            "its items have the format {format}, of a later release: this one reads up to {FORMAT_VERSION}"
        ));
    }
    let items = description.item_count.unwrap_or_default();
    Ok(Inspection { status, items, format, problems })
}

fn has_keys(keys: &[KeySchemaElement], partition: &str, sort: &str) -> bool {
    let names: Vec<&str> = keys.iter().map(KeySchemaElement::attribute_name).collect();
    names == [partition, sort]
}

/// What is wrong with the index that ticks read.
fn index_problem(table: &TableDescription) -> Option<String> {
    let index = table.global_secondary_indexes().iter().find(|index| index.index_name() == Some(DUE_INDEX));
    let Some(index) = index else {
        return Some(format!("it has no index {DUE_INDEX}, without which no schedule fires"));
    };
    if !has_keys(index.key_schema(), DUE_PARTITION, DUE_AT) {
        return Some(format!("the key of its index {DUE_INDEX} has to be {DUE_PARTITION}, {DUE_AT}"));
    }
    match &index.index_status {
        Some(IndexStatus::Creating | IndexStatus::Deleting) => {
            Some(format!("its index {DUE_INDEX} is being made or removed"))
        }
        _ => None,
    }
}

async fn expires(client: &Client, name: &str) -> Result<bool, StoreError> {
    let reply = client.describe_time_to_live().table_name(name).send().await;
    let reply = reply.map_err(|error| unavailable(format!("read the time to live of {name}"), error))?;
    let Some(description) = reply.time_to_live_description else { return Ok(false) };
    let on = matches!(
        description.time_to_live_status,
        Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)
    );
    Ok(on && description.attribute_name.as_deref() == Some(TIME_TO_LIVE))
}

async fn format(client: &Client, name: &str, partition: &str) -> Result<Option<u32>, StoreError> {
    let reply = client
        .query()
        .table_name(name)
        .key_condition_expression(format!("{PARTITION_KEY} = :pk"))
        .expression_attribute_values(":pk", text(partition))
        .limit(1)
        .send()
        .await
        .map_err(|error| unavailable(format!("read an item of {name}"), error))?;
    let item = reply.items.unwrap_or_default().into_iter().next();
    Ok(item.and_then(|item| item.get(FORMAT)?.as_n().ok()?.parse().ok()))
}
