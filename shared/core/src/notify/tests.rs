use std::sync::Mutex;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::change::{Failure, Recovery, Subject};
use crate::firing::FiredBy;
use crate::hook::{Hook, StoredHook};
use crate::known_hooks::KnownHooks;
use crate::slugid::SlugId;
use crate::streak::Streak;

/// Keeps what is sent, and fails as it is told to.
#[derive(Default)]
struct Outbox {
    sent: Mutex<Vec<Notice>>,
    fails: Mutex<Option<MailError>>,
}

#[async_trait]
impl Mailer for Outbox {
    async fn send(&self, notice: &Notice) -> Result<(), MailError> {
        if let Some(error) = self.fails.lock().unwrap().take() {
            return Err(error);
        }
        self.sent.lock().unwrap().push(notice.clone());
        Ok(())
    }
}

fn hook(email_on_error: bool) -> KnownHooks {
    let definition: Hook = serde_json::from_value(json!({
        "hookGroupId": "g", "hookId": "h", "task": {}, "triggerSchema": {},
        "metadata": {"name": "n", "description": "", "owner": "o@example.com", "emailOnError": email_on_error},
    }))
    .unwrap();
    KnownHooks::new([StoredHook::new("g/h".parse().unwrap(), definition, Timestamp::UNIX_EPOCH, None)])
}

fn subject(id: &str) -> Subject {
    Subject { hook_group_id: "g".into(), hook_id: id.into() }
}

fn failed(id: &str, tell_owner: bool) -> Change {
    let (since, task_id) = (Timestamp::UNIX_EPOCH, SlugId::from_bytes([7; 16]));
    let streak = Streak { since, task_id, fired_by: FiredBy::Schedule, error: "no".into() };
    Change::FireFailed(Failure { subject: subject(id), streak, tell_owner })
}

fn recovered(tell_owner: bool) -> Change {
    Change::FireRecovered(Recovery { subject: subject("h"), since: Timestamp::UNIX_EPOCH, tell_owner })
}

async fn tell(change: &Change, hooks: &KnownHooks, outbox: &Outbox) -> Result<Told, NotifyError> {
    let about = Circumstances { root_url: "http://x", now: Timestamp::UNIX_EPOCH };
    notify(change, hooks, outbox, about).await
}

#[tokio::test]
async fn who_is_told() {
    let outbox = Outbox::default();
    for (change, hooks, expected) in [
        (Change::HookCreated(subject("h")), hook(true), Some(Told::NoNews)),
        (failed("h", false), hook(true), Some(Told::NoNews)),
        (recovered(false), hook(true), Some(Told::NoNews)),
        (failed("h", true), KnownHooks::default(), Some(Told::Gone)),
        (failed("other", true), hook(true), Some(Told::Gone)),
        (failed("h", true), hook(false), Some(Told::NoMail(NoMail::Unwanted))),
        (failed("h", true), hook(true), None),
        (recovered(true), hook(true), None),
    ] {
        let told = tell(&change, &hooks, &outbox).await.unwrap();
        match expected {
            Some(expected) => assert_eq!(told, expected, "{change:?}"),
            None => assert!(matches!(told, Told::Mailed(_)), "{change:?}: {told:?}"),
        }
    }
    let sent = outbox.sent.lock().unwrap();
    let subjects: Vec<_> = sent.iter().map(|notice| &*notice.subject).collect();
    assert_eq!(subjects, ["Hook g/h fails", "Hook g/h works again"]);
}

#[tokio::test]
async fn what_fails_may_be_worth_another_try() {
    for (error, may_pass) in
        [(MailError::Unavailable("busy".into()), true), (MailError::Refused("no such box".into()), false)]
    {
        let outbox = Outbox { fails: Mutex::new(Some(error)), ..Outbox::default() };
        let error = tell(&failed("h", true), &hook(true), &outbox).await.unwrap_err();
        assert_eq!(error.may_pass(), may_pass, "{error}");
    }
    let error = tell(&failed("not.a.hook", true), &hook(true), &Outbox::default()).await.unwrap_err();
    assert!(matches!(error, NotifyError::Name(_)) && !error.may_pass());
}
