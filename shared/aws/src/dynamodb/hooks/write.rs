//! The writes of hooks, each with its condition.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use treble_core::hook::{Binding, StoredHook};
use treble_core::ports::{CreateOutcome, HookStore, StoreError};
use treble_core::streak::Health;

use super::bindings::{Changes, delete_binding, put_binding};
use super::keys::{binding_key, due_partition_of, group_key, hook_key};
use super::stored::{self, CREATED, DEFINITION, FAILING, TOKEN_GENERATION, TOLD_AT};
use super::{DynamoHooks, GROUP_SIZE};
use crate::dynamodb::condition::{self, Write};
use crate::dynamodb::item::{Item, incomplete, instant, number, text, texts, unavailable};
use crate::dynamodb::schema::{
    DUE_AT, DUE_PARTITION, FORMAT, FORMAT_VERSION, PARTITION_KEY, PATTERNS, REVISION,
};
use crate::dynamodb::transaction::{MAX_ITEMS, delete, put, transact, update};

/// How often a hook is created again that was there and, when it was to be read, was not.
const CREATE_ATTEMPTS: usize = 3;

/// An expression's names and values, which are the same for a single update and for one in a transaction.
struct Expression {
    update: String,
    values: Item,
}

impl DynamoHooks {
    /// Stores a new hook, its bindings and its group's count.
    pub(super) async fn write_new(&self, hook: &StoredHook) -> Result<CreateOutcome, StoreError> {
        let writes = self.creation(hook)?;
        for _ in 0..CREATE_ATTEMPTS {
            let outcome = transact(&self.client, writes.clone())
                .await
                .map_err(|error| unavailable(format!("create hook {}", hook.name), error))?;
            let Write::Refused(reasons) = outcome else { return Ok(CreateOutcome::Created) };
            // Only the hook's own write has a condition, and it is the first.
            let earlier = match reasons.first().and_then(|reason| reason.item()) {
                Some(item) => Some(stored::from_item(item)?),
                None => self.get(&hook.name).await?,
            };
            if let Some(earlier) = earlier {
                return Ok(CreateOutcome::Exists(Box::new(earlier)));
            }
        }
        Err(unavailable(format!("create hook {}", hook.name), "it comes and goes"))
    }

    fn creation(&self, hook: &StoredHook) -> Result<Vec<TransactWriteItem>, StoreError> {
        let own = Put::builder()
            .table_name(&self.table)
            .set_item(Some(stored::to_item(hook)?))
            .condition_expression(format!("attribute_not_exists({PARTITION_KEY})"))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(incomplete)?;
        let mut writes = vec![put(own), self.count(hook.name.group(), 1)?];
        for binding in Changes::between(&[], &hook.definition.bindings).added {
            writes.push(put_binding(&self.table, hook, binding)?);
        }
        Ok(writes)
    }

    /// Replaces a hook: one write where its bindings stay, a transaction where they don't.
    pub(super) async fn write_over(&self, old: &StoredHook, new: &StoredHook) -> Result<bool, StoreError> {
        let expression = replacement(old, new)?;
        let changes = Changes::between(&old.definition.bindings, &new.definition.bindings);
        if changes.is_empty() {
            return self.update(old, expression, &is_unchanged(), "replace").await;
        }
        let mut writes = vec![self.replacement_in_transaction(old, expression)?];
        for binding in &changes.added {
            writes.push(put_binding(&self.table, new, binding)?);
        }
        // With all of 50 bindings changed for 50 others there is one write too many. What does not fit is removed
        // after the fact: should that fail, a message may find the hook, whose definition then
        // tells that it isn't bound.
        let room = MAX_ITEMS.saturating_sub(writes.len()).min(changes.removed.len());
        let (now, later) = changes.removed.split_at(room);
        for binding in now {
            writes.push(delete_binding(&self.table, old, binding)?);
        }
        let outcome = transact(&self.client, writes)
            .await
            .map_err(|error| unavailable(format!("replace hook {}", old.name), error))?;
        let made = matches!(outcome, Write::Made);
        if made {
            for binding in later {
                self.delete_stale(old, binding).await;
            }
        }
        Ok(made)
    }

    fn replacement_in_transaction(
        &self,
        old: &StoredHook,
        expression: Expression,
    ) -> Result<TransactWriteItem, StoreError> {
        Update::builder()
            .table_name(&self.table)
            .set_key(Some(hook_key(&old.name)))
            .update_expression(expression.update)
            .condition_expression(is_unchanged())
            .set_expression_attribute_values(Some(expression.values))
            .build()
            .map(update)
            .map_err(incomplete)
    }

    /// Removes a binding that a hook had, unless it has been bound so again since.
    async fn delete_stale(&self, old: &StoredHook, binding: &Binding) {
        let attempt = || {
            self.client
                .delete_item()
                .table_name(&self.table)
                .set_key(Some(binding_key(&old.name, binding)))
                .condition_expression(format!("{CREATED} = :created AND {REVISION} <= :revision"))
                .set_expression_attribute_values(Some(version(old)))
                .send()
        };
        // Either way the replacement stands.
        let _ = condition::write(attempt).await;
    }

    /// Removes a hook, its bindings and its place in its group's count; then its group, if it was the last.
    pub(super) async fn write_away(&self, hook: &StoredHook) -> Result<bool, StoreError> {
        let own = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(hook_key(&hook.name)))
            .condition_expression(is_unchanged())
            .set_expression_attribute_values(Some(version(hook)))
            .build()
            .map_err(incomplete)?;
        let group = hook.name.group();
        let mut writes = vec![delete(own), self.count(group, -1)?];
        for binding in Changes::between(&hook.definition.bindings, &[]).removed {
            writes.push(delete_binding(&self.table, hook, binding)?);
        }
        let outcome = transact(&self.client, writes)
            .await
            .map_err(|error| unavailable(format!("remove hook {}", hook.name), error))?;
        let made = matches!(outcome, Write::Made);
        if made {
            self.delete_empty_group(group).await;
        }
        Ok(made)
    }

    /// Adds to a group's count of hooks.
    fn count(&self, group: &str, difference: i8) -> Result<TransactWriteItem, StoreError> {
        Update::builder()
            .table_name(&self.table)
            .set_key(Some(group_key(group)))
            .update_expression(format!("ADD {GROUP_SIZE} :difference SET {FORMAT} = :format"))
            .expression_attribute_values(":difference", number(difference))
            .expression_attribute_values(":format", number(FORMAT_VERSION))
            .build()
            .map(update)
            .map_err(incomplete)
    }

    /// An empty group isn't listed, so that its item may stay; it is only untidy.
    async fn delete_empty_group(&self, group: &str) {
        let attempt = || {
            self.client
                .delete_item()
                .table_name(&self.table)
                .set_key(Some(group_key(group)))
                .condition_expression(format!("{GROUP_SIZE} <= :none"))
                .expression_attribute_values(":none", number(0))
                .send()
        };
        let _ = condition::write(attempt).await;
    }

    /// Moves the trigger token on.
    pub(super) async fn write_generation(
        &self,
        hook: &StoredHook,
        generation: u64,
    ) -> Result<bool, StoreError> {
        let expression = Expression {
            update: format!("SET {TOKEN_GENERATION} = :new"),
            values: Item::from([
                (":created".into(), instant(hook.created)),
                (":old".into(), number(hook.token_generation)),
                (":new".into(), number(generation)),
            ]),
        };
        let condition = format!("{CREATED} = :created AND {TOKEN_GENERATION} = :old");
        self.update(hook, expression, &condition, "reset the trigger token of").await
    }

    /// Keeps how a hook is doing.
    pub(super) async fn write_health(&self, hook: &StoredHook, health: &Health) -> Result<bool, StoreError> {
        let mut values = Item::from([(":created".into(), instant(hook.created))]);
        let (mut set, mut remove) = (Vec::new(), Vec::new());
        match &health.failing {
            Some(streak) => {
                set.push(format!("{FAILING} = :failing"));
                values.insert(":failing".into(), stored::failing(streak)?);
            }
            None => remove.push(FAILING),
        }
        match health.told_at {
            Some(told_at) => {
                set.push(format!("{TOLD_AT} = :toldAt"));
                values.insert(":toldAt".into(), instant(told_at));
            }
            None => remove.push(TOLD_AT),
        }
        let clause = |verb: &str, parts: Vec<String>| match parts.is_empty() {
            true => String::new(),
            false => format!("{verb} {} ", parts.join(", ")),
        };
        let remove = remove.into_iter().map(str::to_owned).collect();
        let update = clause("SET", set) + &clause("REMOVE", remove);
        let mut condition = format!("{CREATED} = :created");
        match &hook.health.failing {
            Some(streak) => {
                condition += &format!(" AND {FAILING} = :was");
                values.insert(":was".into(), stored::failing(streak)?);
            }
            None => condition += &format!(" AND attribute_not_exists({FAILING})"),
        }
        let expression = Expression { update, values };
        self.update(hook, expression, &condition, "keep the health of").await
    }

    async fn update(
        &self,
        hook: &StoredHook,
        expression: Expression,
        condition: &str,
        verb: &str,
    ) -> Result<bool, StoreError> {
        let attempt = || {
            self.client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(hook_key(&hook.name)))
                .update_expression(&expression.update)
                .condition_expression(condition)
                .set_expression_attribute_values(Some(expression.values.clone()))
                .send()
        };
        let outcome: Write<UpdateItemError> = condition::write(attempt)
            .await
            .map_err(|error| unavailable(format!("{verb} hook {}", hook.name), error))?;
        Ok(matches!(outcome, Write::Made))
    }
}

/// The condition that a hook is still the one that was read; its values are those of [`version`].
fn is_unchanged() -> String {
    format!("{CREATED} = :created AND {REVISION} = :revision")
}

fn version(hook: &StoredHook) -> Item {
    Item::from([(":created".into(), instant(hook.created)), (":revision".into(), number(hook.revision))])
}

/// From one definition to another; what else an item holds stays.
fn replacement(old: &StoredHook, new: &StoredHook) -> Result<Expression, StoreError> {
    let mut values = version(old);
    values.insert(":definition".into(), stored::definition(new)?);
    values.insert(":newRevision".into(), number(new.revision));
    let mut update = format!("SET {DEFINITION} = :definition, {REVISION} = :newRevision");
    match new.due_at {
        Some(due_at) => {
            update += &format!(", {DUE_PARTITION} = :due, {DUE_AT} = :dueAt, {PATTERNS} = :patterns");
            values.insert(":patterns".into(), texts(&new.definition.schedule));
            values.insert(":due".into(), text(due_partition_of(&new.name)));
            values.insert(":dueAt".into(), number(due_at.as_millisecond()));
        }
        None => update += &format!(" REMOVE {DUE_PARTITION}, {DUE_AT}, {PATTERNS}"),
    }
    Ok(Expression { update, values })
}
