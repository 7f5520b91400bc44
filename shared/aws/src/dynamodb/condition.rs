//! Single writes with a condition.

use std::future::Future;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::patience::wait;

/// How often a write is tried that meets another transaction on its items. In all, that [waits](wait) no more than 1.3 s.
pub(crate) const ATTEMPTS: u32 = 8;

/// What came of a write with a condition.
#[derive(Debug)]
pub(crate) enum Write<R> {
    /// It was made.
    Made,
    /// Its condition does not hold; what DynamoDB says of why.
    Refused(R),
}

/// Makes a write of one item; on a conflict with a transaction that is under way, again. The SDK itself repeats what
/// failed on the way or was throttled.
pub(crate) async fn write<T, E, F>(attempt: impl Fn() -> F) -> Result<Write<E>, SdkError<E>>
where
    F: Future<Output = Result<T, SdkError<E>>>,
    E: ProvideErrorMetadata,
{
    for number in 1.. {
        match attempt().await {
            Ok(_) => break,
            Err(SdkError::ServiceError(refused)) if is(refused.err(), "ConditionalCheckFailedException") => {
                return Ok(Write::Refused(refused.into_err()));
            }
            Err(SdkError::ServiceError(conflict))
                if number < ATTEMPTS && is(conflict.err(), "TransactionConflictException") =>
            {
                wait(number).await;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Write::Made)
}

fn is(error: &impl ProvideErrorMetadata, code: &str) -> bool {
    error.code() == Some(code)
}
