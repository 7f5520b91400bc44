//! Where hooks, fire records, clients and roles are kept: in a file of the data directory, or in DynamoDB.

use aws_sdk_dynamodb::Client;
use treble_aws::client::configure;
use treble_aws::dynamodb::stream::enable_stream;
use treble_aws::dynamodb::{
    DynamoAuth, DynamoDeadLetters, DynamoExecutions, DynamoFires, DynamoGates, DynamoHooks,
    DynamoRepositories, DynamoServiceState, TableNames, create_tables,
};
use treble_aws::settings::{AUTH_TABLE, FIRES_TABLE, SettingError};
use treble_core::secret::MasterKey;
use treble_embedded::{Durability, Embedded};

use crate::data_dir::DataDir;
use crate::environment::{self, variables};
use crate::output::Failure;

/// The tables and a client that reaches them.
pub(crate) struct Store {
    client: Client,
    tables: TableNames,
    /// The database itself, where it is in this process.
    pub(crate) embedded: Option<Embedded>,
}

impl Store {
    /// The database in the data directory, which the caller has locked.
    pub(crate) fn embedded(dir: &DataDir, durability: Durability) -> Result<Self, Failure> {
        let path = dir.database();
        // For this user alone; what SQLite puts beside it gets the same permissions.
        dir.touch(&path)?;
        let database = Embedded::open(&path, durability)?;
        Ok(Self { client: database.sdk_client(), tables: embedded_names(), embedded: Some(database) })
    }

    /// The same, opened by another process that answers through this client.
    pub(crate) fn served(client: Client) -> Self {
        Self { client, tables: embedded_names(), embedded: None }
    }

    /// DynamoDB, as the environment says.
    pub(crate) fn aws() -> Result<Self, SettingError> {
        Self::aws_with(environment::table_names()?)
    }

    /// The same for who only needs clients and roles.
    pub(crate) fn aws_auth() -> Result<Self, SettingError> {
        Self::aws_with(TableNames { auth: variables().required(AUTH_TABLE)?, ..embedded_names() })
    }

    /// The same for who only needs what came of firings.
    pub(crate) fn aws_fires() -> Result<Self, SettingError> {
        Self::aws_with(TableNames { fires: variables().required(FIRES_TABLE)?, ..embedded_names() })
    }

    fn aws_with(tables: TableNames) -> Result<Self, SettingError> {
        let client = Client::new(&configure(&variables().aws()?));
        Ok(Self { client, tables, embedded: None })
    }

    /// The tables' names, and what reaches them.
    pub(crate) fn tables(&self) -> (&Client, &TableNames) {
        (&self.client, &self.tables)
    }

    /// Creates the tables that are missing; on an emulated AWS, with the stream that changes are published from.
    pub(crate) async fn create_tables(&self) -> Result<(), Failure> {
        create_tables(&self.client, &self.tables).await?;
        if self.embedded.is_none() {
            enable_stream(&self.client, &self.tables.hooks).await?;
        }
        Ok(())
    }

    /// Hooks.
    pub(crate) fn hooks(&self) -> DynamoHooks {
        DynamoHooks::new(self.client.clone(), &self.tables.hooks)
    }

    /// Fire records.
    pub(crate) fn fires(&self) -> DynamoFires {
        DynamoFires::new(self.client.clone(), &self.tables.fires)
    }

    /// Executions of tasks of CDS.
    pub(crate) fn executions(&self) -> DynamoExecutions {
        DynamoExecutions::new(self.client.clone(), &self.tables.fires)
    }

    /// Repositories that are polled.
    pub(crate) fn repositories(&self) -> DynamoRepositories {
        DynamoRepositories::new(self.client.clone(), &self.tables.hooks)
    }

    /// What the service knows of itself at CDS.
    pub(crate) fn service_state(&self, master_key: &MasterKey) -> DynamoServiceState {
        DynamoServiceState::new(self.client.clone(), &self.tables.auth, master_key)
    }

    /// What was given up.
    pub(crate) fn dead_letters(&self) -> DynamoDeadLetters {
        DynamoDeadLetters::new(self.client.clone(), &self.tables.fires)
    }

    /// Integrators, and what is delivered to them.
    pub(crate) fn gates(&self, master_key: &MasterKey) -> DynamoGates {
        DynamoGates::new(self.client.clone(), &self.tables.gates, master_key)
    }

    /// Clients and roles.
    pub(crate) fn auth(&self, master_key: &MasterKey) -> DynamoAuth {
        DynamoAuth::new(self.client.clone(), &self.tables.auth, master_key)
    }
}

fn embedded_names() -> TableNames {
    TableNames::with_prefix("treble")
}
