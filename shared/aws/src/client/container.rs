//! Credentials of a container's role, as ECS offers them: they expire within hours, and are asked for again.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html>

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_dynamodb::config::IdentityCache;
use aws_types::SdkConfig;
use bytes::Bytes;
use jiff::Timestamp;
use serde::Deserialize;

use super::{AwsSettings, configure};
use crate::http::{HttpClient, HttpError, Request};

/// Where ECS answers containers.
const HOST: &str = "http://169.254.170.2";
/// It is on this machine.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where credentials for AWS come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AwsAccess {
    /// The environment holds them.
    Keys(AwsSettings),
    /// ECS gives those of the container's role.
    Container {
        /// `AWS_REGION`.
        region: String,
        /// `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`.
        path: String,
    },
}

impl AwsAccess {
    /// What clients of AWS's services are made of; see [`configure`].
    pub fn configure(&self) -> SdkConfig {
        match self {
            Self::Keys(settings) => configure(settings),
            Self::Container { region, path } => {
                let settings = AwsSettings {
                    region: region.clone(),
                    access_key_id: String::new(),
                    secret_access_key: String::new(),
                    session_token: None,
                    endpoint_url: None,
                };
                let credentials = SharedCredentialsProvider::new(ContainerCredentials::at(HOST, path));
                let config = configure(&settings).into_builder().credentials_provider(credentials);
                config.identity_cache(IdentityCache::lazy().build()).build()
            }
        }
    }
}

/// Asks ECS.
#[derive(Debug)]
struct ContainerCredentials {
    http: HttpClient,
    url: String,
}

/// Why ECS gave no credentials.
#[derive(Debug, thiserror::Error)]
enum ContainerError {
    #[error("ECS was not reached")]
    Unreached(#[from] HttpError),
    #[error("ECS answered {0}")]
    Status(u16),
    #[error("ECS's answer holds no credentials")]
    Unreadable(#[source] Option<serde_json::Error>),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    access_key_id: String,
    secret_access_key: String,
    token: String,
    expiration: Timestamp,
}

impl ContainerCredentials {
    fn at(host: &str, path: &str) -> Self {
        Self { http: HttpClient::new(), url: format!("{host}{path}") }
    }

    async fn ask(&self) -> Result<Credentials, ContainerError> {
        let request = Request { method: "GET", url: &self.url, headers: &[], body: Bytes::new() };
        let reply = self.http.send(&request, PATIENCE).await?;
        if reply.status != 200 {
            return Err(ContainerError::Status(reply.status));
        }
        let body = reply.body.ok_or(ContainerError::Unreadable(None))?;
        let answer: Answer =
            serde_json::from_slice(&body).map_err(|error| ContainerError::Unreadable(Some(error)))?;
        let expires = Some(SystemTime::from(answer.expiration));
        let Answer { access_key_id, secret_access_key, token, .. } = answer;
        Ok(Credentials::new(access_key_id, secret_access_key, Some(token), expires, "container"))
    }
}

impl ProvideCredentials for ContainerCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async { self.ask().await.map_err(CredentialsError::provider_error) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::one_shot::{Then, server};

    async fn ask(status: &str, body: &str) -> (Result<Credentials, ContainerError>, String) {
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let (origin, serving) = server(answer, Then::Close).await;
        (ContainerCredentials::at(&origin, "/v2/credentials/x").ask().await, serving.await.unwrap())
    }

    #[tokio::test]
    async fn credentials_come_with_their_end() {
        let body = r#"{"AccessKeyId": "a", "SecretAccessKey": "s", "Token": "t", "Expiration": "2026-11-27T10:00:00Z", "RoleArn": "r"}"#;
        let (credentials, request) = ask("200 OK", body).await;
        let credentials = credentials.unwrap();
        assert!(request.starts_with("GET /v2/credentials/x HTTP/1.1\r\n"), "{request}");
        assert_eq!((credentials.access_key_id(), credentials.session_token()), ("a", Some("t")));
        let end: Timestamp = "2026-11-27T10:00:00Z".parse().unwrap();
        assert_eq!(credentials.expiry(), Some(SystemTime::from(end)));
    }

    #[tokio::test]
    async fn other_answers_are_errors() {
        for (status, body) in [("404 Not Found", "{}"), ("200 OK", "{}"), ("200 OK", "no")] {
            assert!(ask(status, body).await.0.is_err(), "{status} {body}");
        }
    }
}
