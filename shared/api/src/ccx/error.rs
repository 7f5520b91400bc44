//! Errors as the protocols have them: a code, and a text that leaks nothing; the log has what went wrong inside.

use std::error::Error;

use connectrpc::ConnectError;
use treble_core::gate::{AskError, TellError};
use treble_core::ports::{StoreError, chain};
use uuid::Uuid;

/// Integrators could not be asked.
pub(super) fn of_asking(error: &AskError) -> ConnectError {
    match error {
        AskError::Store(StoreError::Unavailable { .. }) => unavailable(error),
        AskError::Store(_) => internal(error),
    }
}

/// Integrators could not be told. Who called has to call again, as nothing of it is kept for sure.
pub(super) fn of_telling(error: &TellError) -> ConnectError {
    match error {
        TellError::Store(StoreError::TooLarge { what }) => {
            ConnectError::resource_exhausted(format!("{what} is too large to be kept for integrators"))
        }
        TellError::Store(StoreError::Unavailable { .. }) | TellError::Queue(_) => unavailable(error),
        TellError::Store(_) => internal(error),
    }
}

fn unavailable(cause: &(dyn Error + 'static)) -> ConnectError {
    tracing::error!(cause = chain(cause), "something did not answer");
    ConnectError::unavailable(
        "Something that the service depends on did not answer. Nothing is wrong with the request: try again.",
    )
}

fn internal(cause: &(dyn Error + 'static)) -> ConnectError {
    let incident = Uuid::new_v4();
    tracing::error!(%incident, cause = chain(cause), "a call failed");
    failed(incident)
}

/// The answer of a handler that panicked; the log has the panic already.
pub(super) fn panicked() -> ConnectError {
    let incident = Uuid::new_v4();
    tracing::error!(%incident, "a handler panicked");
    failed(incident)
}

/// The caller gets a number to quote.
fn failed(incident: Uuid) -> ConnectError {
    ConnectError::internal(format!("Internal error, incidentId {incident}."))
}
