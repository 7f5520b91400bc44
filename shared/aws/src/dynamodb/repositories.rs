//! Repositories that are polled, in the table of hooks.
//!
//! | `pk` | `sk` | attributes |
//! |---|---|---|
//! | `repository` | `<server>/<repository>` | `repository`, `since`, `wanted`, `revision`, `failures`; `handled` and `floor` after the first poll; `etag`, `notBefore`, `error` |
//!
//! Whoever wants a repository and whoever polls it write different attributes, so that neither is in the other's way.

use std::collections::HashMap;
use std::fmt;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use treble_core::cds::poll::{Cursor, Repository, RepositoryName, RepositoryStore};
use treble_core::ports::{Page, PageRequest, StoreError};

use super::condition::{Write, write};
use super::item::{
    Item, check_format, corrupt, instant, key, number, read_instant, read_number, read_text, read_texts,
    sort_key, text, texts, unavailable,
};
use super::page::Listing;
use super::schema::{FORMAT, FORMAT_VERSION, REVISION};

const PARTITION: &str = "repository";
const NAME: &str = "repository";
const SINCE: &str = "since";
const WANTED: &str = "wanted";
const FAILURES: &str = "failures";
/// The events that were handled: `<order> <id>` of each.
const HANDLED: &str = "handled";
const FLOOR: &str = "floor";
const ETAG: &str = "etag";
const NOT_BEFORE: &str = "notBefore";
const ERROR: &str = "error";

/// Polled repositories in a DynamoDB table.
#[derive(Clone)]
pub struct DynamoRepositories {
    client: Client,
    table: String,
}

impl DynamoRepositories {
    /// The repositories in a table of hooks.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }
}

#[async_trait]
impl RepositoryStore for DynamoRepositories {
    async fn watch(&self, name: &RepositoryName, now: Timestamp) -> Result<(), StoreError> {
        let expression = format!(
            "SET {FORMAT} = :v, {NAME} = :name, {WANTED} = :now, {SINCE} = if_not_exists({SINCE}, :now), \
             {REVISION} = if_not_exists({REVISION}, :one), {FAILURES} = if_not_exists({FAILURES}, :zero)"
        );
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key_of(name)))
            .update_expression(expression)
            .expression_attribute_values(":v", number(FORMAT_VERSION))
            .expression_attribute_values(":name", text(name.to_string()))
            .expression_attribute_values(":now", instant(now))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":zero", number(0))
            .send()
            .await
            .map_err(|error| unavailable(format!("watch repository {name}"), error))?;
        Ok(())
    }

    async fn get(&self, name: &RepositoryName) -> Result<Option<Repository>, StoreError> {
        let reply = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key_of(name)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| unavailable(format!("read repository {name}"), error))?;
        reply.item.as_ref().map(from_item).transpose()
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<Repository>, StoreError> {
        let listing = Listing {
            client: &self.client,
            table: &self.table,
            partition: PARTITION.into(),
            range: None,
            backwards: false,
        };
        listing.page(page, |item| from_item(item).map(Some)).await
    }

    async fn save(&self, old: &Repository, new: &Repository) -> Result<bool, StoreError> {
        let Changes { expression, names, values } = Changes::to(new);
        let made = write(|| {
            self.client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(key_of(&new.name)))
                .condition_expression(format!("#{REVISION} = :old"))
                .update_expression(&expression)
                .set_expression_attribute_names(Some(names.clone()))
                .set_expression_attribute_values(Some(values.clone()))
                .expression_attribute_values(":old", number(old.revision))
                .send()
        });
        let made = made.await.map_err(|error| unavailable(format!("note repository {}", new.name), error))?;
        Ok(matches!(made, Write::Made))
    }

    async fn forget(&self, repository: &Repository) -> Result<bool, StoreError> {
        let name = &repository.name;
        let made = write(|| {
            self.client
                .delete_item()
                .table_name(&self.table)
                .set_key(Some(key_of(name)))
                .condition_expression(format!("{REVISION} = :revision AND {WANTED} = :wanted"))
                .expression_attribute_values(":revision", number(repository.revision))
                .expression_attribute_values(":wanted", instant(repository.wanted))
                .send()
        });
        let made = made.await.map_err(|error| unavailable(format!("forget repository {name}"), error))?;
        Ok(matches!(made, Write::Made))
    }
}

/// Names the table, not the client with its credentials.
impl fmt::Debug for DynamoRepositories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoRepositories").field("table", &self.table).finish_non_exhaustive()
    }
}

fn key_of(name: &RepositoryName) -> Item {
    key(PARTITION, sort_key(name.to_string()))
}

/// An update of what a poller found out.
struct Changes {
    expression: String,
    /// Some are DynamoDB's own words.
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Changes {
    fn to(new: &Repository) -> Self {
        let handled = new.cursor.as_ref().map(|cursor| {
            let told = |(id, order): (&String, &i64)| format!("{order} {id}");
            texts(&cursor.handled.iter().map(told).collect::<Vec<_>>())
        });
        let floor = new.cursor.as_ref().and_then(|cursor| cursor.floor);
        let attributes = [
            (REVISION, Some(number(new.revision))),
            (FAILURES, Some(number(new.failures))),
            (HANDLED, handled),
            (FLOOR, floor.map(number)),
            (ETAG, new.etag.as_deref().map(text)),
            (NOT_BEFORE, new.not_before.map(instant)),
            (ERROR, new.last_error.as_deref().map(text)),
        ];
        let names = attributes.iter().map(|(name, _)| (format!("#{name}"), (*name).to_owned())).collect();
        let (mut set, mut removed, mut values) = (Vec::new(), Vec::new(), HashMap::new());
        for (name, value) in attributes {
            match value {
                Some(value) => {
                    set.push(format!("#{name} = :{name}"));
                    values.insert(format!(":{name}"), value);
                }
                None => removed.push(format!("#{name}")),
            }
        }
        let mut expression = format!("SET {}", set.join(", "));
        if !removed.is_empty() {
            expression.push_str(&format!(" REMOVE {}", removed.join(", ")));
        }
        Self { expression, names, values }
    }
}

fn from_item(item: &Item) -> Result<Repository, StoreError> {
    check_format(item)?;
    let name = RepositoryName::parse(read_text(item, NAME)?);
    let optional =
        |name| item.contains_key(name).then(|| read_text(item, name).map(str::to_owned)).transpose();
    Ok(Repository {
        name: name.ok_or_else(|| corrupt(item, NAME, "is no server with a repository"))?,
        since: read_instant(item, SINCE)?,
        wanted: read_instant(item, WANTED)?,
        cursor: item.contains_key(HANDLED).then(|| cursor(item)).transpose()?,
        etag: optional(ETAG)?,
        not_before: item.contains_key(NOT_BEFORE).then(|| read_instant(item, NOT_BEFORE)).transpose()?,
        failures: read_number(item, FAILURES)?,
        last_error: optional(ERROR)?,
        revision: read_number(item, REVISION)?,
    })
}

fn cursor(item: &Item) -> Result<Cursor, StoreError> {
    let handled = read_texts(item, HANDLED)?.into_iter().map(|text| {
        let (order, id) = text.split_once(' ')?;
        Some((id.to_owned(), order.parse().ok()?))
    });
    let handled = handled.collect::<Option<_>>();
    Ok(Cursor {
        handled: handled.ok_or_else(|| corrupt(item, HANDLED, "has something else than orders and ids"))?,
        floor: item.contains_key(FLOOR).then(|| read_number(item, FLOOR)).transpose()?,
    })
}
