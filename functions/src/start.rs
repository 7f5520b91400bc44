//! How every function starts: its log, its settings, its runtime; and how it ends when it can't.

use std::env;
use std::error::Error;
use std::process::ExitCode;

use tokio::runtime::Builder;
use treble_aws::settings::Variables;
use treble_core::ports::chain;

use crate::logs;

/// What Lambda sets for a function, and its runtime insists on.
const LAMBDA: [&str; 4] = [
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
];

/// A function that was started by hand.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not set: this program is run by Lambda, or by `cargo lambda watch` for a try")]
struct NotInLambda(&'static str);

/// The environment of a function.
pub(crate) type Environment = Variables<fn(&str) -> Option<String>>;

/// What keeps a function from running.
pub(crate) type StartError = Box<dyn Error + Send + Sync>;

/// Runs what serves a function's events.
///
/// Settings that are missing or malformed, and a master key that can't be read, end it with a line in the log that says what
/// would be right; Lambda starts it anew.
pub(crate) fn start(serve: impl AsyncFnOnce(&Environment) -> Result<(), StartError>) -> ExitCode {
    let variables: Environment = Variables::new(|name| env::var(name).ok());
    logs::start(variables.optional("AWS_LAMBDA_LOG_LEVEL").as_deref());
    let runtime = Builder::new_current_thread().enable_all().build();
    let served = runtime.map_err(Into::into).and_then(|runtime| {
        if let Some(missing) = LAMBDA.into_iter().find(|name| variables.optional(name).is_none()) {
            return Err(NotInLambda(missing).into());
        }
        runtime.block_on(serve(&variables))
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = chain(&*error), "the function can't run");
            ExitCode::FAILURE
        }
    }
}
