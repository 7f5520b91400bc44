//! What the functions of the dialect are made of.

use std::sync::Arc;

use treble_aws::cds::{CdsClient, CdsService};
use treble_aws::dynamodb::DynamoServiceState;
use treble_aws::http::{HttpClient, RootUrl};
use treble_aws::master_key;
use treble_aws::settings::{AUTH_TABLE, CDS_API_URL, CdsSettings, MASTER_KEY_ARN, ROOT_URL, SettingError};
use treble_core::secret::MasterKey;

use crate::parts::Aws;
use crate::start::{Environment, StartError};

/// Reads the deployment's secret.
pub(super) async fn master_key(variables: &Environment, aws: &Aws) -> Result<MasterKey, StartError> {
    let secret = variables.required(MASTER_KEY_ARN)?;
    Ok(master_key::read(&aws_sdk_secretsmanager::Client::new(aws.config()), &secret).await?)
}

/// What the service knows of itself at CDS.
pub(super) fn state(
    variables: &Environment,
    aws: &Aws,
    master_key: &MasterKey,
) -> Result<Arc<DynamoServiceState>, SettingError> {
    let table = variables.required(AUTH_TABLE)?;
    Ok(Arc::new(DynamoServiceState::new(aws.dynamodb(), table, master_key)))
}

/// The URL by which clients know the service.
pub(super) fn root_url(variables: &Environment) -> Result<String, SettingError> {
    Ok(variables.parsed::<RootUrl>(ROOT_URL)?.to_string())
}

/// What a function that has to do with CDS is told of it.
pub(super) fn settings(variables: &Environment) -> Result<CdsSettings, SettingError> {
    variables.cds()?.ok_or(SettingError::Missing(CDS_API_URL))
}

/// CDS, for who registers there with a token, or has no need to.
pub(super) fn client(settings: &CdsSettings, public_url: String, token: Option<String>) -> Arc<CdsClient> {
    let (api_url, name) = (settings.api_url.clone(), settings.name.clone());
    Arc::new(CdsClient::new(HttpClient::new(), CdsService { api_url, token, name, public_url }))
}
