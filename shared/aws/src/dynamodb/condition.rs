//! Single writes with a condition, and the patience that both they and transactions need.

use std::future::Future;
use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// How often a write is tried that meets another transaction on its items. The longest wait before each is doubled
/// from [`FIRST_WAIT`]; in all it is no more than 1.3 s.
pub(crate) const ATTEMPTS: u32 = 8;
const FIRST_WAIT: Duration = Duration::from_millis(10);

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

/// Waits before the attempt that follows attempt `number`, for a random part of a time that doubles: those that met
/// won't meet again.
pub(crate) async fn wait(number: u32) {
    let longest = FIRST_WAIT * 2_u32.saturating_pow(number - 1);
    // Without the system's randomness all wait the longest time, which is only slower.
    let part = getrandom::u32().unwrap_or(u32::MAX);
    tokio::time::sleep(longest.mul_f64(f64::from(part) / f64::from(u32::MAX))).await;
}
