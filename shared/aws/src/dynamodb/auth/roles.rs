//! Roles: scopes under a name.

use std::slice;

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};
use jiff::Timestamp;
use treble_core::ports::{Page, PageRequest, StoreError};
use treble_core::scope::{Roles, check_role_id, check_role_scopes};

use super::{AuthStoreError, DynamoAuth, check_size};
use crate::dynamodb::condition::Write;
use crate::dynamodb::item::{
    Item, check_format, incomplete, instant, item, key, number, read_instant, read_number, read_text,
    read_texts, sort_key, text, texts, unavailable,
};
use crate::dynamodb::schema::{FORMAT, FORMAT_VERSION, PARTITION_KEY};
use crate::dynamodb::transaction::{MAX_ITEMS, delete, put, transact, update};

const PARTITION: &str = "role";
const ID: &str = "id";
const SCOPES: &str = "scopes";
const DESCRIPTION: &str = "description";
const LAST_MODIFIED: &str = "lastModified";

const REVISION_PARTITION: &str = "revision";
const REVISION_KEY: &str = "roles";
const REVISION: &str = "n";

/// How often a change is checked and tried that met another one.
const ATTEMPTS: usize = 5;

/// How much of roles goes into one transaction, which may have 4 MB.
const MAX_BATCH_BYTES: usize = 3_500_000;

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleEntry {
    /// Its name. One that ends in `*` is for every name that begins so.
    pub role_id: String,
    /// What it is for.
    pub description: String,
    /// Its scopes.
    pub scopes: Vec<String>,
    /// When it was last changed.
    pub last_modified: Timestamp,
}

impl DynamoAuth {
    /// Creates a role, or replaces the one of that name.
    pub async fn set_role(&self, role: &RoleEntry) -> Result<(), AuthStoreError> {
        self.set_roles(slice::from_ref(role)).await
    }

    /// The same for many at once. Those that no longer fit in one write follow in another.
    ///
    /// Roles may not lead back to themselves, which takes all of them to tell; so the write has the condition
    /// that none changed since they were read.
    pub async fn set_roles(&self, roles: &[RoleEntry]) -> Result<(), AuthStoreError> {
        check_each(roles)?;
        for roles in batches(roles) {
            self.set_at_once(roles).await?;
        }
        Ok(())
    }

    /// Whether there can be such roles beside those that there are.
    pub async fn check_roles(&self, roles: &[RoleEntry]) -> Result<(), AuthStoreError> {
        check_each(roles)?;
        Ok(self.all_roles(roles).await?.check_cycles()?)
    }

    async fn set_at_once(&self, roles: &[RoleEntry]) -> Result<(), AuthStoreError> {
        for _ in 0..ATTEMPTS {
            let revision = self.revision().await?;
            self.all_roles(roles).await?.check_cycles()?;
            let mut writes = vec![self.advance(Some(revision))?];
            for role in roles {
                let write = Put::builder().table_name(&self.table).set_item(Some(to_item(role)));
                writes.push(put(write.build().map_err(incomplete)?));
            }
            let outcome = transact(&self.client, writes)
                .await
                .map_err(|error| unavailable(format!("set {}", names(roles)), error))?;
            if let Write::Made = outcome {
                return Ok(());
            }
        }
        Err(AuthStoreError::Busy)
    }

    /// A role by its name.
    pub async fn role(&self, role_id: &str) -> Result<Option<RoleEntry>, AuthStoreError> {
        check_role_id(role_id)?;
        let item = self.item(PARTITION, &sort_key(role_id.into())).await?;
        Ok(item.as_ref().map(from_item).transpose()?)
    }

    /// The roles, by their names in code-point order.
    pub async fn list_roles(&self, page: &PageRequest) -> Result<Page<RoleEntry>, StoreError> {
        self.listing(PARTITION).page(page, |item| from_item(item).map(Some)).await
    }

    /// Removes a role. False when there is none of that name.
    pub async fn delete_role(&self, role_id: &str) -> Result<bool, AuthStoreError> {
        check_role_id(role_id)?;
        let write = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key(PARTITION, sort_key(role_id.into()))))
            .condition_expression(format!("attribute_exists({PARTITION_KEY})"))
            .build()
            .map_err(incomplete)?;
        let outcome = transact(&self.client, vec![delete(write), self.advance(None)?])
            .await
            .map_err(|error| unavailable(format!("remove role {role_id}"), error))?;
        Ok(matches!(outcome, Write::Made))
    }

    /// How often the roles were changed.
    pub(super) async fn revision(&self) -> Result<u64, StoreError> {
        let item = self.item(REVISION_PARTITION, REVISION_KEY).await?;
        item.as_ref().map_or(Ok(0), |item| read_number(item, REVISION))
    }

    /// All roles, with some as they are to be.
    pub(super) async fn all_roles(&self, with: &[RoleEntry]) -> Result<Roles, StoreError> {
        let stored = self.list_roles(&PageRequest::default()).await?.items;
        let roles = stored.into_iter().chain(with.iter().cloned());
        Ok(Roles::new(roles.map(|role| (role.role_id, role.scopes))))
    }

    /// Counts a change of the roles; with a condition, if the present count matters.
    fn advance(&self, from: Option<u64>) -> Result<TransactWriteItem, StoreError> {
        let mut write = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(REVISION_PARTITION, REVISION_KEY)))
            .update_expression(format!("ADD {REVISION} :one SET {FORMAT} = :format"))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":format", number(FORMAT_VERSION));
        match from {
            None => {}
            Some(0) => write = write.condition_expression(format!("attribute_not_exists({PARTITION_KEY})")),
            Some(from) => {
                write = write
                    .condition_expression(format!("{REVISION} = :from"))
                    .expression_attribute_values(":from", number(from));
            }
        }
        write.build().map(update).map_err(incomplete)
    }
}

fn check_each(roles: &[RoleEntry]) -> Result<(), AuthStoreError> {
    for role in roles {
        check_role_id(&role.role_id)?;
        check_role_scopes(&role.scopes)?;
        check_size("role", &role.role_id, &role.scopes)?;
    }
    Ok(())
}

/// Roles that fit in one transaction each time: by their number, and by their size, of 4 MB at most.
fn batches(roles: &[RoleEntry]) -> impl Iterator<Item = &[RoleEntry]> {
    let (mut size, mut number) = (0, 0);
    roles.chunk_by(move |role, next| {
        // Called for each two neighbours, in their order.
        size += weight(role);
        number += 1;
        let fits = size + weight(next) <= MAX_BATCH_BYTES && number < MAX_ITEMS - 1;
        if !fits {
            (size, number) = (0, 0);
        }
        fits
    })
}

/// How much of a transaction a role takes at most, in bytes: each scope is an element of a list.
fn weight(role: &RoleEntry) -> usize {
    let scopes: usize = role.scopes.iter().map(|scope| scope.len() + 3).sum();
    scopes + 2 * role.role_id.len() + role.description.len() + 200
}

fn names(roles: &[RoleEntry]) -> String {
    match roles {
        [role] => format!("role {}", role.role_id),
        roles => format!("{} roles", roles.len()),
    }
}

/// A role's id is also an attribute, as a long one is cut in its key.
fn to_item(role: &RoleEntry) -> Item {
    let mut item = item(PARTITION, sort_key(role.role_id.clone()));
    item.insert(ID.into(), text(&role.role_id));
    item.insert(SCOPES.into(), texts(&role.scopes));
    item.insert(DESCRIPTION.into(), text(&role.description));
    item.insert(LAST_MODIFIED.into(), instant(role.last_modified));
    item
}

fn from_item(item: &Item) -> Result<RoleEntry, StoreError> {
    check_format(item)?;
    Ok(RoleEntry {
        role_id: read_text(item, ID)?.to_owned(),
        description: read_text(item, DESCRIPTION)?.to_owned(),
        scopes: read_texts(item, SCOPES)?,
        last_modified: read_instant(item, LAST_MODIFIED)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(count: usize, scope_bytes: usize) -> Vec<RoleEntry> {
        let role = |number: usize| RoleEntry {
            role_id: number.to_string(),
            description: String::new(),
            scopes: vec!["x".repeat(scope_bytes)],
            last_modified: Timestamp::UNIX_EPOCH,
        };
        (0..count).map(role).collect()
    }

    #[test]
    fn batches_fit_in_a_transaction() {
        for (count, bytes, expected) in
            [(0, 1, vec![]), (1, 1, vec![1]), (200, 1, vec![99, 99, 2]), (25, 340_000, vec![10, 10, 5])]
        {
            let roles = roles(count, bytes);
            let batches: Vec<&[RoleEntry]> = batches(&roles).collect();
            assert_eq!(batches.iter().map(|batch| batch.len()).collect::<Vec<_>>(), expected);
            assert!(batches.iter().all(|batch| batch.iter().map(weight).sum::<usize>() <= MAX_BATCH_BYTES));
            assert_eq!(batches.concat(), roles);
        }
    }
}
