//! What a new data directory begins with: a client that may do everything, and a hook to try.

mod root_client;

use serde_json::Value;
use treble_aws::dynamodb::DynamoAuth;
use treble_core::hook::{Hook, HookName, StoredHook};
use treble_core::ports::HookStore;

use crate::data_dir::DataDir;
use crate::output::Failure;

pub(crate) use root_client::{RootClient, adopt, note_token};

/// The sample hook's definition. Its tasks have no scopes, so that it needs no role.
const SAMPLE: &str = include_str!("hello.json");

/// Makes what is to be there, unless an earlier start has; true if it did. What is removed later stays removed. A start
/// that is interrupted is taken up by the next.
pub(crate) async fn run(
    dir: &DataDir,
    auth: &DynamoAuth,
    hooks: &dyn HookStore,
    now: jiff::Timestamp,
) -> Result<bool, Failure> {
    let Some(unfinished) = root_client::begin(dir)? else {
        return Ok(false);
    };
    root_client::create(&unfinished, dir, auth, now).await?;
    let (name, definition) = sample()?;
    // One that is there already is as good.
    hooks.create(&StoredHook::new(name, definition, now, None)).await?;
    unfinished.finish(dir)?;
    Ok(true)
}

/// The sample hook as it is stored, if it is still there.
pub(crate) async fn sample_hook(hooks: &dyn HookStore) -> Result<Option<StoredHook>, Failure> {
    let (name, _) = sample()?;
    Ok(hooks.get(&name).await?)
}

fn sample() -> Result<(HookName, Hook), Failure> {
    let value: Value = serde_json::from_str(SAMPLE)?;
    let hook: Hook = serde_json::from_value(value)?;
    Ok((HookName::new(&*hook.hook_group_id, &*hook.hook_id)?, hook))
}

#[cfg(test)]
mod tests;
