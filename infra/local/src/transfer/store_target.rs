//! Into a store.

use std::collections::HashMap;

use async_trait::async_trait;
use treble_aws::dynamodb::{ClaimEntry, Restore, Restored, RoleEntry, SealedClient};
use treble_core::firing::FireRecord;
use treble_core::hook::{HookName, MAX_BINDINGS, MAX_DEFINITION_BYTES, StoredHook};
use treble_core::ports::{DeadLetter, MadeBinding, PageRequest};
use treble_core::slugid::SlugId;

use super::Target;
use super::outcome::{Kind, Placed};
use super::place::Place;
use super::record::{ClientRecord, Header, HookRecord, Record, Source, fingerprint};
use crate::first_start;
use crate::output::Failure;

/// Why a store does not take a file, or a line of it.
#[derive(Debug, thiserror::Error)]
enum Unfit {
    #[error("the file has hooks' definitions only, as an API tells them: import it with --api")]
    Definitions,
    #[error(
        "the file was written under another master key: import it where that one is, or with --other-key, without clients and with other \
         trigger tokens"
    )]
    OtherKey,
    #[error("a hook of {0} bindings, of at most {MAX_BINDINGS}")]
    Bindings(usize),
    #[error("a hook's definition of {0} bytes, of at most {MAX_DEFINITION_BYTES}")]
    Size(usize),
    #[error("the access token of client {0:?} is no base64")]
    Token(String),
}

/// A store that takes records.
pub(super) struct StoreTarget {
    place: Place,
    how: Restore,
    other_key: bool,
}

impl StoreTarget {
    pub(super) fn new(place: Place, how: Restore, other_key: bool) -> Self {
        Self { place, how, other_key }
    }

    fn check_client(&self, client: &ClientRecord) -> Result<(), Failure> {
        if self.other_key {
            return Ok(());
        }
        Ok(self.place.auth.check_sealed_client(&sealed(client)?)?)
    }

    async fn place_client(&self, client: &ClientRecord) -> Result<Placed, Failure> {
        if self.other_key {
            return Ok(Placed::left_out(Kind::Clients));
        }
        let restored = self.place.auth.restore_client(&sealed(client)?, self.how).await?;
        Ok(Placed::new(Kind::Clients, &client.client_id, restored))
    }
}

fn sealed(client: &ClientRecord) -> Result<SealedClient, Unfit> {
    SealedClient::try_from(client).map_err(|_| Unfit::Token(client.client_id.clone()))
}

fn check_hook(hook: &HookRecord) -> Result<(), Failure> {
    let definition = &hook.definition;
    HookName::new(&definition.hook_group_id, &definition.hook_id)?;
    definition.parse_stored_schedule()?;
    if definition.bindings.len() > MAX_BINDINGS {
        return Err(Unfit::Bindings(definition.bindings.len()).into());
    }
    let size = serde_json::to_string(definition)?.len();
    if size > MAX_DEFINITION_BYTES { Err(Unfit::Size(size).into()) } else { Ok(()) }
}

fn task_of(hook: &HookName, task_id: &SlugId) -> String {
    format!("task {task_id} of {hook}")
}

#[async_trait]
impl Target for StoreTarget {
    fn check_header(&self, header: &Header) -> Result<(), Failure> {
        if header.from == Source::Api {
            return Err(Unfit::Definitions.into());
        }
        let same = header.master_key.as_ref() == Some(&fingerprint(&self.place.master_key));
        if same || self.other_key { Ok(()) } else { Err(Unfit::OtherKey.into()) }
    }

    fn check(&self, record: &Record) -> Result<(), Failure> {
        match record {
            Record::Client(client) => self.check_client(client),
            Record::Hook(hook) => check_hook(hook),
            Record::Definition(_) => Err(Unfit::Definitions.into()),
            _ => Ok(()),
        }
    }

    async fn check_roles(&self, roles: &[RoleEntry]) -> Result<(), Failure> {
        Ok(self.place.auth.check_roles(roles).await?)
    }

    async fn place_roles(&self, roles: Vec<RoleEntry>) -> Result<Vec<Placed>, Failure> {
        let known = self.place.auth.list_roles(&PageRequest::default()).await?.items;
        let known: HashMap<&str, &RoleEntry> =
            known.iter().map(|role| (role.role_id.as_str(), role)).collect();
        let (mut placed, mut to_set) = (Vec::new(), Vec::new());
        for role in roles {
            let restored = match known.get(role.role_id.as_str()) {
                None => Restored::New,
                Some(known) if known.scopes == role.scopes && known.description == role.description => {
                    Restored::Same
                }
                Some(_) if self.how == Restore::Replace => Restored::Replaced,
                Some(_) => Restored::Different,
            };
            placed.push(Placed::new(Kind::Roles, &role.role_id, restored));
            if matches!(restored, Restored::New | Restored::Replaced) {
                to_set.push(role);
            }
        }
        if self.how != Restore::DryRun {
            self.place.auth.set_roles(&to_set).await?;
        }
        Ok(placed)
    }

    async fn place(&self, record: Record) -> Result<Placed, Failure> {
        let (place, how) = (&self.place, self.how);
        Ok(match record {
            Record::Client(client) => self.place_client(&client).await?,
            Record::Hook(hook) => {
                let hook = StoredHook::try_from(*hook)?;
                Placed::new(Kind::Hooks, &hook.name, place.hooks.restore(&hook, how).await?)
            }
            Record::Fire(fire) => {
                let fire = FireRecord::from(*fire);
                let restored = place.fires.restore(&fire, how).await?;
                Placed::new(Kind::Fires, task_of(&fire.hook, &fire.task_id), restored)
            }
            Record::Claim(claim) => {
                let claim = ClaimEntry::from(claim);
                let restored = place.fires.restore_claim(&claim, how).await?;
                Placed::new(Kind::Claims, task_of(&claim.hook, &claim.task_id), restored)
            }
            Record::DeadLetter(letter) => {
                let letter = DeadLetter::from(letter);
                let restored = place.dead_letters.restore(&letter, how).await?;
                Placed::new(Kind::DeadLetters, &letter.id, restored)
            }
            Record::BrokerBinding(made) => {
                let made = MadeBinding::from(made);
                let restored = place.hooks.restore_made(&made, how).await?;
                Placed::new(Kind::BrokerBindings, &made.binding.exchange, restored)
            }
            // Not for here: `check` and `place_roles` have seen to them.
            Record::Role(_) | Record::Definition(_) | Record::End {} => Placed::left_out(Kind::Hooks),
        })
    }

    /// A data directory that has the client of its first start again begins with that.
    async fn finish(&self) -> Result<(), Failure> {
        match &self.place.dir {
            Some(dir) if self.how != Restore::DryRun => first_start::adopt(dir, &self.place.auth).await,
            _ => Ok(()),
        }
    }
}
