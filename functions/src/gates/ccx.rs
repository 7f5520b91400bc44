//! CCX's calls, all eight, by one route: they are one service of RPC.

use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use lambda_http::LambdaEvent;
use lambda_http::lambda_runtime::Runtime;
use lambda_http::service_fn;
use treble_api::ccx::{Connect, Service};
use treble_api::request::Request;
use treble_api::taskcluster::response;
use treble_aws::settings::{CCX_TOKEN_ARN, MASTER_KEY_ARN};

use super::parts::{GatesSettings, asking};
use crate::event::Event;
use crate::logs::Invocations;
use crate::metrics::Metrics;
use crate::parts::{Aws, master_key, text_secret};
use crate::serve::Answering;
use crate::start::{Environment, StartError, start};

/// Runs the function.
pub fn run() -> ExitCode {
    start(async |variables| {
        let metrics = Metrics::of(variables);
        let service = service(variables).await?;
        let answering = Answering { metrics, now: Timestamp::now, too_large: response::too_large };
        let handler = service_fn(|event: LambdaEvent<Event>| {
            let (service, answering) = (service.clone(), answering.clone());
            let respond = async move |request: Arc<Request>| service.respond(&request).await;
            async move { answering.answer(&[], event, respond).await }
        });
        Runtime::new(handler).layer(Invocations).run().await
    })
}

async fn service(variables: &Environment) -> Result<Connect, StartError> {
    let settings = GatesSettings::read(variables, true, true)?;
    let (key, tokens) = (variables.required(MASTER_KEY_ARN)?, variables.required(CCX_TOKEN_ARN)?);
    let aws = Aws::new(variables.aws()?);
    let key = master_key(&aws, key).await?;
    let tokens = text_secret(&aws, tokens).await?;
    let tokens = tokens.split_whitespace().map(str::to_owned).collect();
    Ok(Arc::new(Service { gates: asking(&aws, settings, &key), tokens }).connect())
}
