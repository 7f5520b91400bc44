//! Hooks that come back from a backup.

use treble_core::hook::StoredHook;
use treble_core::ports::{CreateOutcome, HookStore as _, MadeBinding, StoreError};

use super::{DynamoHooks, ledger};
use crate::dynamodb::item::unavailable;
use crate::dynamodb::restore::{Restore, Restored, restore};

impl DynamoHooks {
    /// Puts a hook in its place, with all that is kept of it: its trigger token, and when it is due.
    ///
    /// One that is there is the same if it has the same definition, token and history. When it is due doesn't
    /// matter for that, nor how it is doing: that goes on.
    pub async fn restore(&self, hook: &StoredHook, how: Restore) -> Result<Restored, StoreError> {
        let found = match how {
            Restore::DryRun => self.get(&hook.name).await?,
            Restore::Keep | Restore::Replace => match self.create(hook).await? {
                CreateOutcome::Created => None,
                CreateOutcome::Exists(found) => Some(*found),
            },
        };
        let Some(found) = found else { return Ok(Restored::New) };
        if is_same(&found, hook) {
            return Ok(Restored::Same);
        }
        if how != Restore::Replace {
            return Ok(Restored::Different);
        }
        self.put_over(&found, hook).await?;
        Ok(Restored::Replaced)
    }

    /// Puts one hook over another of its name. Should this be cut short, then restoring the hook again ends it.
    async fn put_over(&self, found: &StoredHook, hook: &StoredHook) -> Result<(), StoreError> {
        let busy = || unavailable(format!("restore hook {}", hook.name), "it was changed at the same time");
        if found.created != hook.created {
            // What one has fired is not the other's. No write changes a hook's creation.
            let gone = self.remove(found).await?;
            return match self.create(hook).await? {
                CreateOutcome::Created if gone => Ok(()),
                _ => Err(busy()),
            };
        }
        let new = StoredHook { revision: found.revision + 1, ..hook.clone() };
        let mut made = self.replace(found, &new).await?;
        if made && found.token_generation != hook.token_generation {
            made = self.set_token_generation(found, hook.token_generation).await?;
        }
        if made { Ok(()) } else { Err(busy()) }
    }

    /// Notes again what the bridge made at the broker: what nobody wants any more, it unmakes. What it has noted since
    /// counts.
    pub async fn restore_made(&self, made: &MadeBinding, how: Restore) -> Result<Restored, StoreError> {
        let how = if how == Restore::Replace { Restore::Keep } else { how };
        let item = ledger::to_item(made);
        let restored = restore(&self.client, &self.table, item, how, "a binding at the broker").await?;
        Ok(if restored == Restored::Different { Restored::Same } else { restored })
    }
}

fn is_same(one: &StoredHook, other: &StoredHook) -> bool {
    let same_token = one.token_generation == other.token_generation;
    same_token && one.created == other.created && one.definition == other.definition
}
