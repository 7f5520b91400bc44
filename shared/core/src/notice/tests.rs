use serde_json::{Value, json};

use super::*;
use crate::change::Subject;
use crate::firing::FiredBy;
use crate::hook::Hook;
use crate::slugid::SlugId;
use crate::streak::{Health, Streak};

const ABOUT: Circumstances<'_> =
    Circumstances { root_url: "https://hooks.example.com", now: Timestamp::constant(1_763_719_230, 0) };

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// `project/nightly` with changes to its definition.
fn hook(changes: Value) -> StoredHook {
    let mut definition = json!({
        "hookGroupId": "project", "hookId": "nightly", "task": {}, "triggerSchema": {}, "schedule": ["0 0 3 * * *"],
        "metadata": {"name": "Nightly build", "description": "", "owner": "o@example.com"},
    });
    for (member, value) in changes.as_object().unwrap() {
        definition[member] = value.clone();
    }
    let definition: Hook = serde_json::from_value(definition).unwrap();
    StoredHook::new("project/nightly".parse().unwrap(), definition, at("2025-01-01T00:00:00Z"), None)
}

fn owned_by(owner: &str, email_on_error: bool) -> StoredHook {
    let metadata = json!({"name": "n", "description": "", "owner": owner, "emailOnError": email_on_error});
    hook(json!({"metadata": metadata}))
}

fn failure(hook: &StoredHook, error: &str) -> Failure {
    let streak = Streak {
        since: at("2025-11-21T10:00:00.5Z"),
        task_id: SlugId::from_bytes([7; 16]),
        fired_by: FiredBy::Schedule,
        error: error.into(),
    };
    Failure { subject: Subject::from(&hook.name), streak, tell_owner: true }
}

fn recovery(hook: &StoredHook) -> Recovery {
    Recovery { subject: Subject::from(&hook.name), since: at("2025-11-21T10:00:00Z"), tell_owner: true }
}

#[test]
fn a_failure_says_what_why_what_next_and_how_to_try_again() {
    let hook = hook(json!({}));
    let notice = Notice::failure(&hook, &failure(&hook, "no task:\nno scope"), ABOUT).unwrap();
    assert_eq!((&*notice.to, notice.kind), ("o@example.com", NoticeKind::Failure));
    assert_eq!(notice.subject, "Hook project/nightly fails");
    assert_eq!(
        notice.text,
        "\
The hook project/nightly failed.

Hook:          project/nightly: Nightly build
Firing:        BwcHBwcHRweHBwcHBwcHBw, by its schedule
When:          2025-11-21 10:00:00 UTC

Why:

  no task:
  no scope

What happens next:

- It fires again by its schedule at 2025-11-22 03:00:00 UTC.
- You are told of no other failure of this hook before 2025-11-22 10:00:00 UTC.
- When it works again, you get one more mail.

To fire it once more:

  treble hooks trigger project/nightly

To see what came of its firings:

  treble hooks fires project/nightly

Firings that were given up after several attempts are kept as dead letters. To fire them again:

  treble dead-letters redrive --hook project/nightly

This is the hooks service at https://hooks.example.com. It writes to you as the hook's owner (metadata.owner); for no more
mails, set metadata.emailOnError to false.
"
    );
}

#[test]
fn a_recovery_says_what_is_left_to_do() {
    let hook = hook(json!({"schedule": []}));
    let notice = Notice::recovery(&hook, &recovery(&hook), ABOUT).unwrap();
    assert_eq!((&*notice.to, notice.kind), ("o@example.com", NoticeKind::Recovery));
    assert_eq!(notice.subject, "Hook project/nightly works again");
    for told in [
        "Failed since:  2025-11-21 10:00:00 UTC\n",
        "- It has no schedule: it fires again when it is triggered.\n",
        "- What failed in the meantime is not fired again by itself.\n",
        "  treble hooks fires project/nightly\n",
        "  treble dead-letters redrive --hook project/nightly\n",
        "https://hooks.example.com",
    ] {
        assert!(notice.text.contains(told), "{told}: {}", notice.text);
    }
}

#[test]
fn a_reminder_tells_two_moments() {
    let mut hook = hook(json!({}));
    hook.health = Health { failing: None, told_at: Some(at("2025-11-23T01:00:00Z")) };
    let text = Notice::failure(&hook, &failure(&hook, "no"), ABOUT).unwrap().text;
    for told in [
        "When:          2025-11-23 01:00:00 UTC\n",
        "Failing since: 2025-11-21 10:00:00 UTC\n",
        "before 2025-11-24 01:00:00 UTC",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
}

#[test]
fn what_comes_next_depends_on_the_hook() {
    let binding = json!([{"exchange": "e", "routingKeyPattern": "#"}]);
    for (changes, told) in [
        (
            json!({"schedule": ["0 0 1 1 *"]}),
            "- It fires again by its schedule at 2026-01-01 00:00:00 UTC.\n",
        ),
        (
            json!({"schedule": ["cronexpr Europe/Paris 0 0 1 1 *"]}),
            "- It fires again by its schedule at 2025-12-31 23:00:00 UTC.\n",
        ),
        (json!({"schedule": []}), "- It has no schedule: it fires again when it is triggered.\n"),
        (json!({"schedule": [], "bindings": binding}), "or a message that it is bound to comes.\n"),
        (json!({"schedule": ["no\r\nsuch"]}), "- Its schedule can't be read: "),
    ] {
        let hook = hook(changes);
        let text = Notice::failure(&hook, &failure(&hook, "no"), ABOUT).unwrap().text;
        assert!(text.contains(told), "{told}: {text}");
    }
}

#[test]
fn only_who_wants_mail_and_has_an_address_gets_it() {
    for (owner, wants, expected) in [
        (" o@example.com", true, Ok("o@example.com")),
        ("o@example.com", false, Err(NoMail::Unwanted)),
        ("nobody", true, Err(NoMail::NoAddress("nobody".into()))),
        ("a@b\r\nBcc: c@d", true, Err(NoMail::NoAddress("a@b\r\nBcc: c@d".into()))),
    ] {
        let hook = owned_by(owner, wants);
        let expected = expected.map(str::to_owned);
        assert_eq!(Notice::failure(&hook, &failure(&hook, "no"), ABOUT).map(|notice| notice.to), expected);
        assert_eq!(Notice::recovery(&hook, &recovery(&hook), ABOUT).map(|notice| notice.to), expected);
    }
}

#[test]
fn nothing_of_a_hook_breaks_out_of_its_place() {
    let evil = "x\r\nBcc: all@example.com\r\n\r\n\u{1b}[31m\0\u{85}y";
    let hook = hook(json!({"metadata": {"name": evil, "description": evil, "owner": "o@example.com"}}));
    let notice = Notice::failure(&hook, &failure(&hook, evil), ABOUT).unwrap();
    for text in [&notice.to, &notice.subject] {
        assert!(!text.contains(char::is_control), "{text:?}");
    }
    assert!(notice.text.chars().all(|c| c == '\n' || !c.is_control()), "{:?}", notice.text);
    assert!(!notice.text.contains("\nBcc"), "{}", notice.text);
}

#[test]
fn a_very_long_name_is_cut_in_the_subject_only() {
    let id = "n".repeat(1000);
    let mut hook = hook(json!({"hookId": id}));
    hook.name = format!("project/{id}").parse().unwrap();
    let notice = Notice::recovery(&hook, &recovery(&hook), ABOUT).unwrap();
    assert!(notice.subject.len() < 150 && notice.subject.ends_with("n… works again"), "{}", notice.subject);
    assert!(notice.text.contains(&format!("treble hooks fires project/{id}\n")));
}
