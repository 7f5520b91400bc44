//! The tables: their keys, indexes and times to live, once.
//!
//! On AWS template.yaml makes them, with encryption, backups and the stream; here they are made for the local server, for
//! emulators and for tests.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::operation::describe_time_to_live::DescribeTimeToLiveError;
use aws_sdk_dynamodb::operation::update_time_to_live::UpdateTimeToLiveError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TimeToLiveSpecification, TimeToLiveStatus,
};

/// Every table's partition key.
pub const PARTITION_KEY: &str = "pk";
/// Every table's sort key.
pub const SORT_KEY: &str = "sk";
/// When an item is no longer of use, in seconds since 1970; DynamoDB removes it within days of it.
pub const TIME_TO_LIVE: &str = "expires";
/// The version of an item's format.
pub const FORMAT: &str = "v";
/// The format that is written, and the latest that is read. It grows when those who don't know what is new would misread an
/// item, not for an attribute more.
pub const FORMAT_VERSION: u32 = 1;

/// The index of scheduled hooks: sparse, as only they have its keys; with what a tick needs to know, so that it reads no
/// hook.
pub const DUE_INDEX: &str = "due";
/// The partition key of [`DUE_INDEX`]: `due#<shard>`.
pub const DUE_PARTITION: &str = "due";
/// The sort key of [`DUE_INDEX`]: the next occurrence, in milliseconds since 1970.
pub const DUE_AT: &str = "dueAt";

/// The patterns of a scheduled hook's schedule, a list of texts; in [`DUE_INDEX`].
pub const PATTERNS: &str = "patterns";
/// A hook's revision, which grows by one at each update; in [`DUE_INDEX`].
pub const REVISION: &str = "revision";

/// The longest partition key that DynamoDB takes, in bytes.
pub const MAX_PARTITION_KEY_BYTES: usize = 2048;
/// The longest sort key that DynamoDB takes, in bytes.
pub const MAX_SORT_KEY_BYTES: usize = 1024;

/// What the tables are called in this deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableNames {
    /// Hooks, groups and bindings.
    pub hooks: String,
    /// Fire records and claims.
    pub fires: String,
    /// Clients and roles.
    pub auth: String,
    /// Integrators, deliveries, attempts and correlations.
    pub gates: String,
}

impl TableNames {
    /// The names with a prefix, e.g. `treble-hooks` for `treble`.
    pub fn with_prefix(prefix: &str) -> Self {
        let name = |table| format!("{prefix}-{table}");
        Self { hooks: name("hooks"), fires: name("fires"), auth: name("auth"), gates: name("gates") }
    }
}

/// Why the tables can't be made.
#[derive(Debug, thiserror::Error)]
pub enum CreateTablesError {
    /// A table could not be created.
    #[error("table {table} can't be created")]
    Create {
        /// The table's name.
        table: String,
        /// What DynamoDB answered.
        #[source]
        source: Box<SdkError<CreateTableError>>,
    },
    /// Whether items of a table expire can't be found out.
    #[error("the time to live of table {table} can't be read")]
    DescribeTimeToLive {
        /// The table's name.
        table: String,
        /// What DynamoDB answered.
        #[source]
        source: Box<SdkError<DescribeTimeToLiveError>>,
    },
    /// Items of a table can't be made to expire.
    #[error("the time to live of table {table} can't be set")]
    TimeToLive {
        /// The table's name.
        table: String,
        /// What DynamoDB answered.
        #[source]
        source: Box<SdkError<UpdateTimeToLiveError>>,
    },
    /// A description is incomplete.
    #[error("a table's description is incomplete")]
    Description(#[from] BuildError),
}

/// Creates the tables that are not there yet.
pub async fn create_tables(client: &Client, names: &TableNames) -> Result<(), CreateTablesError> {
    create_table(client, &names.hooks, Some(due_index()?)).await?;
    create_table(client, &names.fires, None).await?;
    create_table(client, &names.auth, None).await?;
    create_table(client, &names.gates, None).await?;
    for expiring in [&names.fires, &names.gates] {
        set_time_to_live(client, expiring).await?;
    }
    Ok(())
}

async fn create_table(
    client: &Client,
    table: &str,
    index: Option<GlobalSecondaryIndex>,
) -> Result<(), CreateTablesError> {
    let mut request = client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute(PARTITION_KEY, ScalarAttributeType::S)?)
        .attribute_definitions(attribute(SORT_KEY, ScalarAttributeType::S)?)
        .key_schema(key(PARTITION_KEY, KeyType::Hash)?)
        .key_schema(key(SORT_KEY, KeyType::Range)?);
    if let Some(index) = index {
        request = request
            .attribute_definitions(attribute(DUE_PARTITION, ScalarAttributeType::S)?)
            .attribute_definitions(attribute(DUE_AT, ScalarAttributeType::N)?)
            .global_secondary_indexes(index);
    }
    match request.send().await {
        Ok(_) => Ok(()),
        Err(error)
            if error.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) =>
        {
            Ok(())
        }
        Err(error) => Err(CreateTablesError::Create { table: table.into(), source: Box::new(error) }),
    }
}

/// Setting what is set already is an error, so this looks first.
async fn set_time_to_live(client: &Client, table: &str) -> Result<(), CreateTablesError> {
    let reply = client.describe_time_to_live().table_name(table).send().await.map_err(|error| {
        CreateTablesError::DescribeTimeToLive { table: table.into(), source: Box::new(error) }
    })?;
    let status = reply.time_to_live_description.and_then(|description| description.time_to_live_status);
    if matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)) {
        return Ok(());
    }
    let specification =
        TimeToLiveSpecification::builder().attribute_name(TIME_TO_LIVE).enabled(true).build()?;
    client
        .update_time_to_live()
        .table_name(table)
        .time_to_live_specification(specification)
        .send()
        .await
        .map_err(|error| CreateTablesError::TimeToLive { table: table.into(), source: Box::new(error) })?;
    Ok(())
}

fn due_index() -> Result<GlobalSecondaryIndex, BuildError> {
    let projection = Projection::builder()
        .projection_type(ProjectionType::Include)
        .non_key_attributes(PATTERNS)
        .non_key_attributes(REVISION)
        .build();
    GlobalSecondaryIndex::builder()
        .index_name(DUE_INDEX)
        .key_schema(key(DUE_PARTITION, KeyType::Hash)?)
        .key_schema(key(DUE_AT, KeyType::Range)?)
        .projection(projection)
        .build()
}

fn attribute(name: &str, kind: ScalarAttributeType) -> Result<AttributeDefinition, BuildError> {
    AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build()
}

fn key(name: &str, kind: KeyType) -> Result<KeySchemaElement, BuildError> {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build()
}
