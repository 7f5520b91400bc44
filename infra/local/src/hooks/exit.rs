//! Exit codes: 0 and 2 are everybody's, the others say what kind of thing went wrong.

use std::error::Error;
use std::process::ExitCode;

use super::api::ApiError;
use super::target::NoServer;
use crate::ccx::test_client::CallError;

/// It could not be done.
pub(crate) const FAILED: u8 = 1;
/// Wrong usage, as Clap has it.
pub(crate) const USAGE: u8 = 2;
/// There is no such hook or group.
pub(crate) const NOT_FOUND: u8 = 3;
/// The credentials are not good, or lack scopes.
pub(crate) const REFUSED: u8 = 4;
/// The service can't be reached, or failed.
pub(crate) const UNAVAILABLE: u8 = 5;
/// There is something to change that was not to be changed yet.
pub(crate) const PENDING: u8 = 6;

/// A question that makes no sense, though Clap can't see it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// The exit code of a failure of any command.
pub(crate) fn of(failure: &(dyn Error + 'static)) -> ExitCode {
    let code = if let Some(error) = failure.downcast_ref::<ApiError>() {
        error.exit_code()
    } else if let Some(error) = failure.downcast_ref::<CallError>() {
        error.exit_code()
    } else if failure.is::<NoServer>() {
        UNAVAILABLE
    } else if failure.is::<Usage>() {
        USAGE
    } else {
        FAILED
    };
    ExitCode::from(code)
}

/// The exit code of several failures: theirs, if they have the same.
pub(super) fn of_all<'a>(errors: impl IntoIterator<Item = &'a ApiError>) -> u8 {
    let mut codes = errors.into_iter().map(ApiError::exit_code);
    let first = codes.next().unwrap_or(FAILED);
    if codes.all(|code| code == first) { first } else { FAILED }
}
