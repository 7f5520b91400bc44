//! How lanes are, and who works which.
//!
//! A lane is one item. Whoever has it is there with a token, until their lease ends; whoever comes meanwhile leaves the note `again`.
//! Moments are texts that sort by time, so that DynamoDB compares them. Nothing else writes a lane's item in a transaction, so
//! that no write of it meets one.

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;
use treble_core::gate::IntegratorName;
use treble_core::gate::ports::{LaneState, LaneStore, Taken};
use treble_core::ports::StoreError;

use super::change::change;
use super::names::{
    AGAIN, DOWN_SINCE, FAILURES, LANE, LAST_ERROR, LEASE, LEASE_UNTIL, NEXT_ATTEMPT, OWNER_TOLD, lane,
};
use super::{DynamoGates, expires, read_optional};
use crate::dynamodb::item::{
    Item, check_format, instant, key, number, read_instant, read_number, text, unavailable,
};
use crate::dynamodb::schema::{FORMAT, FORMAT_VERSION, PARTITION_KEY, TIME_TO_LIVE};

/// How often it is tried to get a lane, or to leave a note, where others come and go in between.
const ATTEMPTS: usize = 5;

/// What came of an update of a lane.
enum Updated {
    /// It was made; the lane's attributes, where they were asked for.
    Made(Item),
    /// Its condition does not hold for the lane as it is.
    Refused(Item),
}

impl DynamoGates {
    fn lane(&self, integrator: &IntegratorName) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(lane(integrator), LANE)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    /// Gets a lane that nobody has, whose endpoint may be tried.
    async fn take_free(
        &self,
        integrator: &IntegratorName,
        token: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Updated, StoreError> {
        let free = |name| format!("(attribute_not_exists({name}) OR {name} <= :now)");
        let update = self
            .lane(integrator)
            .update_expression(format!(
                "SET {FORMAT} = :format, {LEASE} = :token, {LEASE_UNTIL} = :until, {TIME_TO_LIVE} = :expires REMOVE {AGAIN}"
            ))
            .condition_expression(format!("{} AND {}", free(LEASE_UNTIL), free(NEXT_ATTEMPT)))
            .expression_attribute_values(":format", number(FORMAT_VERSION))
            .expression_attribute_values(":token", text(token))
            .expression_attribute_values(":now", instant(now))
            .expression_attribute_values(":until", instant(until))
            .expression_attribute_values(":expires", expires(until))
            .return_values(ReturnValue::AllNew);
        made(update, || format!("take the lane of integrator {integrator}")).await
    }

    /// Leaves word that somebody came, for whoever has the lane by this token. False where they have left it.
    async fn leave_note(
        &self,
        integrator: &IntegratorName,
        holder: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let update = self
            .lane(integrator)
            .update_expression(format!("SET {AGAIN} = :yes"))
            .condition_expression(format!("{LEASE} = :holder AND {LEASE_UNTIL} > :now"))
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":holder", text(holder))
            .expression_attribute_values(":now", instant(now));
        let noted = made(update, || format!("leave a note at the lane of integrator {integrator}")).await?;
        Ok(matches!(noted, Updated::Made(_)))
    }

    /// Takes the note away that somebody left, who has the lane keeping it.
    async fn heed_note(&self, integrator: &IntegratorName, token: &str) -> Result<Updated, StoreError> {
        let update = self
            .lane(integrator)
            .update_expression(format!("REMOVE {AGAIN}"))
            .condition_expression(format!("{LEASE} = :token"))
            .expression_attribute_values(":token", text(token));
        made(update, || format!("heed the note at the lane of integrator {integrator}")).await
    }
}

#[async_trait]
impl LaneStore for DynamoGates {
    async fn take(
        &self,
        integrator: &IntegratorName,
        token: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Taken, StoreError> {
        for _ in 0..ATTEMPTS {
            let lane = match self.take_free(integrator, token, now, until).await? {
                Updated::Made(lane) => return Ok(Taken::Yes(state(&lane)?)),
                Updated::Refused(lane) => lane,
            };
            check_format(&lane)?;
            match lease(&lane)? {
                // The answer to the request that took it was lost on the way.
                Some((holder, _)) if holder == token => return Ok(Taken::Yes(state(&lane)?)),
                Some((holder, ends)) if ends > now => {
                    if self.leave_note(integrator, &holder, now).await? {
                        return Ok(Taken::Busy);
                    }
                }
                _ => {
                    if let Some(next) = state(&lane)?.next_attempt.filter(|&next| next > now) {
                        return Ok(Taken::NotBefore(next));
                    }
                }
            }
        }
        let source = "others take and leave it all the time";
        Err(unavailable(format!("take the lane of integrator {integrator}"), source))
    }

    async fn keep(
        &self,
        integrator: &IntegratorName,
        token: &str,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let update = self
            .lane(integrator)
            .update_expression(format!("SET {LEASE_UNTIL} = :until, {TIME_TO_LIVE} = :expires"))
            .condition_expression(format!("{LEASE} = :token"))
            .expression_attribute_values(":token", text(token))
            .expression_attribute_values(":until", instant(until))
            .expression_attribute_values(":expires", expires(until));
        let kept = made(update, || format!("keep the lane of integrator {integrator}")).await?;
        Ok(matches!(kept, Updated::Made(_)))
    }

    async fn leave(
        &self,
        integrator: &IntegratorName,
        token: &str,
        state: &LaneState,
    ) -> Result<bool, StoreError> {
        let no_lease = [(LEASE, None), (LEASE_UNTIL, None)];
        let (expression, values) = change(attributes(state).into_iter().chain(no_lease));
        let update = self
            .lane(integrator)
            .update_expression(expression)
            .condition_expression(format!("{LEASE} = :token AND attribute_not_exists({AGAIN})"))
            .set_expression_attribute_values(Some(values))
            .expression_attribute_values(":token", text(token));
        match made(update, || format!("leave the lane of integrator {integrator}")).await? {
            Updated::Made(_) => Ok(true),
            Updated::Refused(lane) if read_optional(&lane, LEASE)?.as_deref() == Some(token) => {
                let heeded = self.heed_note(integrator, token).await?;
                Ok(matches!(heeded, Updated::Refused(_)))
            }
            Updated::Refused(_) => Ok(true),
        }
    }

    async fn get(&self, integrator: &IntegratorName) -> Result<LaneState, StoreError> {
        let key = key(lane(integrator), LANE);
        let lane = self.item(key, || format!("read the lane of integrator {integrator}")).await?;
        lane.as_ref().map_or_else(|| Ok(LaneState::default()), state)
    }

    async fn reset(&self, integrator: &IntegratorName) -> Result<(), StoreError> {
        // An owner who was told that it fails is told that it works again, when something is taken.
        let reset = attributes(&LaneState::default()).into_iter().filter(|(name, _)| *name != OWNER_TOLD);
        let (expression, values) = change(reset);
        let update = self
            .lane(integrator)
            .update_expression(expression)
            // Where there is none, there is nothing to be reset.
            .condition_expression(format!("attribute_exists({PARTITION_KEY})"))
            .set_expression_attribute_values(Some(values));
        made(update, || format!("reset the lane of integrator {integrator}")).await.map(drop)
    }
}

/// Makes an update that has a condition.
async fn made(update: UpdateItemFluentBuilder, what: impl FnOnce() -> String) -> Result<Updated, StoreError> {
    match update.send().await {
        Ok(output) => Ok(Updated::Made(output.attributes.unwrap_or_default())),
        Err(error) => match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                Ok(Updated::Refused(refused.item.clone().unwrap_or_default()))
            }
            _ => Err(unavailable(what(), error)),
        },
    }
}

/// The attributes of a lane that is like this.
fn attributes(state: &LaneState) -> [(&'static str, Option<AttributeValue>); 6] {
    [
        (FORMAT, Some(number(FORMAT_VERSION))),
        (FAILURES, Some(number(state.failures))),
        (DOWN_SINCE, state.down_since.map(instant)),
        (NEXT_ATTEMPT, state.next_attempt.map(instant)),
        (OWNER_TOLD, state.owner_told.then_some(AttributeValue::Bool(true))),
        (LAST_ERROR, state.last_error.as_deref().map(text)),
    ]
}

/// Who has a lane, and until when.
fn lease(lane: &Item) -> Result<Option<(String, Timestamp)>, StoreError> {
    let Some(holder) = read_optional(lane, LEASE)? else { return Ok(None) };
    Ok(Some((holder, read_instant(lane, LEASE_UNTIL)?)))
}

fn state(lane: &Item) -> Result<LaneState, StoreError> {
    check_format(lane)?;
    let moment = |name| lane.contains_key(name).then(|| read_instant(lane, name)).transpose();
    Ok(LaneState {
        failures: if lane.contains_key(FAILURES) { read_number(lane, FAILURES)? } else { 0 },
        down_since: moment(DOWN_SINCE)?,
        next_attempt: moment(NEXT_ATTEMPT)?,
        owner_told: lane.get(OWNER_TOLD).is_some_and(|told| told.as_bool() == Ok(&true)),
        last_error: read_optional(lane, LAST_ERROR)?,
    })
}
