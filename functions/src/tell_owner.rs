//! Mails to hooks' owners, of the failures and recoveries that come on the event bus.

use std::process::ExitCode;

use jiff::Timestamp;
use lambda_http::LambdaEvent;
use lambda_http::lambda_runtime::Runtime;
use lambda_http::service_fn;
use serde_json::Value;
use tracing::field::display;
use treble_aws::bus::change_of;
use treble_aws::client::configure;
use treble_aws::dynamodb::DynamoHooks;
use treble_aws::http::RootUrl;
use treble_aws::mail::SesMailer;
use treble_aws::settings::{HOOKS_TABLE, MAIL_FROM, ROOT_URL};
use treble_core::notice::Circumstances;
use treble_core::notify::{NotifyError, Told, notify};
use treble_core::ports::chain;

use crate::logs::Invocations;
use crate::start::{Environment, StartError, start};

/// What telling takes.
struct Telling {
    hooks: DynamoHooks,
    mailer: SesMailer,
    root_url: String,
}

/// Runs the function.
pub fn run() -> ExitCode {
    start(async |variables| {
        let telling = Telling::new(variables)?;
        let handler = service_fn(|event: LambdaEvent<Value>| {
            let telling = &telling;
            async move { telling.tell(&event.payload).await.map_err(StartError::from) }
        });
        Runtime::new(handler).layer(Invocations).run().await
    })
}

impl Telling {
    fn new(variables: &Environment) -> Result<Self, StartError> {
        let (table, from) = (variables.required(HOOKS_TABLE)?, variables.required(MAIL_FROM)?);
        let root_url: RootUrl = variables.parsed(ROOT_URL)?;
        let aws = configure(&variables.aws()?);
        Ok(Self {
            hooks: DynamoHooks::new(aws_sdk_dynamodb::Client::new(&aws), table),
            mailer: SesMailer::new(aws_sdk_ses::Client::new(&aws), from),
            root_url: root_url.to_string(),
        })
    }

    /// Tells of one event. What may go well another time is an error, so that Lambda invokes the function again; the rest is
    /// in the log.
    async fn tell(&self, event: &Value) -> Result<(), NotifyError> {
        let change = match change_of(event) {
            Ok(change) => change,
            Err(error) => {
                tracing::error!(error = chain(&error), "an event that is no change of a hook");
                return Ok(());
            }
        };
        tracing::Span::current().record("hook", display(change.subject()));
        let about = Circumstances { root_url: &self.root_url, now: Timestamp::now() };
        match notify(&change, &self.hooks, &self.mailer, about).await {
            Ok(Told::Mailed(notice)) => tracing::info!(subject = notice.subject, "mailed"),
            Ok(Told::NoMail(why)) => tracing::info!(why = chain(&why), "no mail"),
            Ok(Told::NoNews | Told::Gone) => tracing::info!("there is nothing to tell"),
            Err(error) if error.may_pass() => return Err(error),
            Err(error) => tracing::error!(error = chain(&error), "the owner can't be told"),
        }
        Ok(())
    }
}
