//! Into a service, through its API: hooks only.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use treble_aws::dynamodb::{Restore, Restored, RoleEntry};
use treble_core::hook::HookName;

use super::Target;
use super::outcome::{Kind, Outcome, Placed, Tokens};
use super::record::{DefinitionRecord, Header, Record};
use crate::cli;
use crate::hooks::api::{Api, ApiError};
use crate::hooks::definition::Definition;
use crate::hooks::source::Item;
use crate::hooks::target;
use crate::output::Failure;

/// A service that takes hooks.
pub(super) struct ApiTarget {
    api: Arc<Api>,
    how: Restore,
    /// Whether the hooks' tokens are asked for.
    tokens: bool,
}

impl ApiTarget {
    pub(super) fn new(arguments: &cli::Import, how: Restore) -> Result<Self, Failure> {
        let target = target::Target::find(arguments.end.data.as_deref())?;
        Ok(Self { api: Arc::new(Api::new(target)), how, tokens: arguments.tokens })
    }

    async fn place_hook(&self, value: Value, old_token: Option<String>) -> Result<Placed, Failure> {
        let part = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or("?").to_owned();
        let called = format!("{}/{}", part("hookGroupId"), part("hookId"));
        let placed = |outcome| Placed { kind: Kind::Hooks, name: called.clone(), outcome, tokens: None };
        let hook = match Definition::check(Item { origin: called.clone(), value }, None, None) {
            Ok(hook) => hook,
            Err(mistakes) => {
                // The report names the hook.
                let place = format!("{called}: ");
                let mistakes = mistakes.iter().map(|mistake| mistake.trim_start_matches(&place));
                return Ok(placed(Outcome::Refused(mistakes.collect::<Vec<_>>().join("; "))));
            }
        };
        let restored = match self.restore(&hook).await {
            Ok(restored) => restored,
            Err(error) if is_of_the_hook(&error) => return Ok(placed(Outcome::Refused(error.to_string()))),
            Err(error) => return Err(error.into()),
        };
        let tokens = match restored {
            _ if !self.tokens => None,
            Restored::Different => None,
            Restored::New | Restored::Same | Restored::Replaced => {
                Some(self.tokens_of(&hook.name, old_token).await?)
            }
        };
        Ok(Placed { tokens, ..placed(Outcome::Restored(restored)) })
    }

    async fn restore(&self, hook: &Definition) -> Result<Restored, ApiError> {
        let found = match self.api.hook(&hook.name).await {
            Ok(found) => Definition::stored(&hook.name, &found),
            Err(error) if error.is_not_found() => {
                if self.how != Restore::DryRun {
                    self.api.create(hook).await?;
                }
                return Ok(Restored::New);
            }
            Err(error) => return Err(error),
        };
        if found.value() == hook.value() {
            return Ok(Restored::Same);
        }
        if self.how != Restore::Replace {
            return Ok(Restored::Different);
        }
        self.api.update(hook).await?;
        Ok(Restored::Replaced)
    }

    async fn tokens_of(&self, name: &HookName, old: Option<String>) -> Result<Tokens, ApiError> {
        Ok(Tokens { hook: name.to_string(), old, new: self.api.trigger_token(name).await? })
    }
}

/// Whether an answer is about one hook, so that others may fare better: it is wrong there, or not allowed.
fn is_of_the_hook(error: &ApiError) -> bool {
    matches!(error, ApiError::Answered { status: 400 | 403 | 409 | 413, .. })
}

#[async_trait]
impl Target for ApiTarget {
    fn check_header(&self, _: &Header) -> Result<(), Failure> {
        Ok(())
    }

    fn check(&self, _: &Record) -> Result<(), Failure> {
        Ok(())
    }

    async fn check_roles(&self, _: &[RoleEntry]) -> Result<(), Failure> {
        Ok(())
    }

    async fn place_roles(&self, roles: Vec<RoleEntry>) -> Result<Vec<Placed>, Failure> {
        Ok(roles.iter().map(|_| Placed::left_out(Kind::Roles)).collect())
    }

    async fn place(&self, record: Record) -> Result<Placed, Failure> {
        Ok(match record {
            Record::Definition(DefinitionRecord { hook, trigger_token }) => {
                self.place_hook(hook, trigger_token).await?
            }
            Record::Hook(hook) => self.place_hook(serde_json::to_value(&hook.definition)?, None).await?,
            Record::Client(_) => Placed::left_out(Kind::Clients),
            Record::Fire(_) => Placed::left_out(Kind::Fires),
            Record::Claim(_) => Placed::left_out(Kind::Claims),
            Record::DeadLetter(_) => Placed::left_out(Kind::DeadLetters),
            Record::BrokerBinding(_) => Placed::left_out(Kind::BrokerBindings),
            Record::Role(_) | Record::End {} => Placed::left_out(Kind::Roles),
        })
    }

    async fn finish(&self) -> Result<(), Failure> {
        Ok(())
    }
}
