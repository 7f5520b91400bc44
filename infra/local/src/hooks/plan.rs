//! What `apply` is going to do.

use std::collections::BTreeSet;
use std::sync::Arc;

use treble_core::hook::HookName;

use super::api::{Api, ApiError};
use super::definition::Definition;
use super::work::in_order;
use crate::output::Failure;

/// What is to happen to a hook.
pub(super) enum Change {
    /// It isn't there yet.
    Create(Definition),
    /// It is there with another definition.
    Update {
        /// What it is.
        before: Definition,
        /// What it is to be.
        after: Definition,
    },
    /// It is what it is to be.
    Keep,
    /// No file has it.
    Remove,
}

/// A hook, and what is to happen to it, if that could be found out.
pub(super) struct Step {
    pub(super) name: HookName,
    pub(super) change: Result<Change, ApiError>,
}

/// Compares definitions with what is there.
pub(super) async fn compare(api: &Arc<Api>, definitions: Vec<Definition>) -> Result<Vec<Step>, Failure> {
    let mut steps = Vec::new();
    let work = |after: Definition| {
        let api = Arc::clone(api);
        async move {
            let name = after.name.clone();
            let change = match api.hook(&name).await {
                Ok(before) => {
                    let before = Definition::stored(&name, &before);
                    let same = before.value() == after.value();
                    Ok(if same { Change::Keep } else { Change::Update { before, after } })
                }
                Err(error) if error.is_not_found() => Ok(Change::Create(after)),
                Err(error) => Err(error),
            };
            Step { name, change }
        }
    };
    in_order("comparing", definitions, work, |step| steps.push(step)).await?;
    Ok(steps)
}

/// The hooks of groups that are not among those to keep.
pub(super) async fn others(
    api: &Api,
    groups: BTreeSet<String>,
    keep: &BTreeSet<HookName>,
) -> Result<Vec<Step>, Failure> {
    let mut steps = Vec::new();
    for group in groups {
        for name in api.names(&group).await? {
            if !keep.contains(&name) {
                steps.push(Step { name, change: Ok(Change::Remove) });
            }
        }
    }
    Ok(steps)
}
