//! Why there is no answer, in words for the integrator's owner.

use std::error::Error;

use aws_smithy_runtime_api::client::dns::ResolveDnsError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use treble_core::gate::AddressError;
use treble_core::gate::ports::Unanswered;

use super::CONNECT_TIMEOUT;
use crate::http::HttpError;

/// Its URL is not called.
pub(super) fn forbidden(error: AddressError) -> Unanswered {
    Unanswered { reason: error.to_string(), source: None }
}

/// It was called, and nothing came back.
pub(super) fn failed(error: HttpError) -> Unanswered {
    Unanswered { reason: reason(&error), source: Some(error.into()) }
}

fn reason(error: &HttpError) -> String {
    if let Some(forbidden) = find::<AddressError>(error) {
        return forbidden.to_string();
    }
    if find::<ResolveDnsError>(error).is_some() {
        return "its name can't be resolved".to_owned();
    }
    match error {
        HttpError::Broken(_) if find::<ConnectorError>(error).is_some_and(ConnectorError::is_timeout) => {
            format!("there was no connection within {CONNECT_TIMEOUT:?}")
        }
        // What the network or TLS said, without our libraries' words around it: these name addresses now and then.
        HttpError::Broken(_) => format!("{error}: {}", root(error)),
        HttpError::Refused(_) | HttpError::Late(_) | HttpError::Unsendable(_) => error.to_string(),
    }
}

fn sources<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    sources(error).find_map(|error| error.downcast_ref())
}

/// The first cause of all.
fn root(error: &(dyn Error + 'static)) -> String {
    sources(error).last().map(ToString::to_string).unwrap_or_default()
}
