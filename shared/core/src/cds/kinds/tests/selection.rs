use serde_json::json;

use super::super::Provider;
use super::{Pairs, config, event, ignored, kind, request, run, sent};
use crate::cds::Cause;

#[test]
fn event_filters_select() {
    let cases = [
        (Provider::Github, "push", "", true),
        (Provider::Github, "pull_request", "", false),
        (Provider::Github, "ping", "", false),
        (Provider::Github, "push", "pull_request;push", true),
        (Provider::Github, "pull_request", "push; pull_request ;", true),
        (Provider::Github, "push", "pull_request", false),
        (Provider::Github, "push", " ; ", true),
        (Provider::Github, "PUSH", "push", true),
        (Provider::Gitlab, "Push Hook", "", true),
        (Provider::Gitlab, "Tag Push Hook", "", true),
        (Provider::Gitlab, "Merge Request Hook", "", false),
        (Provider::Gitlab, "Tag Push Hook", "Push Hook", false),
        (Provider::Gitlab, "Merge Request Hook", "Push Hook;Merge Request Hook", true),
        (Provider::Bitbucket, "diagnostics:ping", "", false),
        (Provider::Bitbucket, "pr:opened", "", false),
        (Provider::Bitbucket, "pr:opened", "repo:refs_changed;pr:opened", true),
        (Provider::Bitbucket, "pullrequest:created", "pullrequest:created", true),
    ];
    for (provider, name, filter, selected) in cases {
        let body = json!({});
        if selected {
            assert_eq!(run(sent(provider, name, filter, &body))["git.hook"], name);
        } else {
            let expected = if filter.is_empty() { "pushes" } else { filter };
            let why = ignored(sent(provider, name, filter, &body));
            assert_eq!(why, format!("the event is {name:?}, and the task is for {expected}"));
        }
    }
}

#[test]
fn configuration_is_not_told() {
    let cause = Cause::Webhook(event(Provider::Github, "push", &json!({"ref": "refs/heads/main"})));
    let configured =
        config(&[("secret", "s"), ("project", "P"), ("vcsServer", "github"), ("eventFilter", "push")]);
    let told = run((kind("RepoWebHook").payload)(&configured, &cause).unwrap());
    let expected =
        json!({"git.hook": "push", "git.branch": "main", "payload": r#"{"ref":"refs/heads/main"}"#});
    assert_eq!(json!(told), expected);
}

#[test]
fn events_as_forms_are_read() {
    let form = [("X-Github-Event", "push"), ("Content-Type", "application/x-www-form-urlencoded")];
    let cause = Cause::Webhook(request("POST", "", &form, "payload=%7B%22after%22%3A%22abcdef123456%22%7D"));
    let told = run((kind("RepoWebHook").payload)(&config(&[]), &cause).unwrap());
    assert_eq!(told["git.hash"], "abcdef123456");
    assert_eq!(told["git.hash.short"], "abcdef1");
    assert_eq!(told["payload"], r#"{"after":"abcdef123456"}"#);
}

#[test]
fn requests_that_are_no_events_are_errors() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let cases: [(Pairs<'_>, &str, &str); 5] = [
        (
            &[],
            "{}",
            "the request is from nobody known: a RepoWebHook task takes events of GitHub (X-GitHub-Event), GitLab (X-Gitlab-Event), Bitbucket (X-Event-Key)",
        ),
        (&[("X-Github-Event", "")], "{}", "the request is from nobody known"),
        (&[("X-Github-Event", "push")], "", "the event \"push\" of GitHub must be JSON, and is not: EOF"),
        (
            &[("X-Gitlab-Event", "Push Hook")],
            "{",
            "the event \"Push Hook\" of GitLab must be JSON, and is not: EOF",
        ),
        (
            &[("X-Event-Key", "repo:push")],
            &deep,
            "the event \"repo:push\" of Bitbucket must be JSON, and is not: recursion limit",
        ),
    ];
    for (headers, body, expected) in cases {
        let cause = Cause::Webhook(request("POST", "", headers, body));
        let error = (kind("RepoWebHook").payload)(&config(&[]), &cause).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

/// Whatever a sender says, nothing panics, and what it doesn't say is left out.
#[test]
fn events_of_other_shapes_say_less() {
    let shapes = [
        json!({}),
        json!([]),
        json!(null),
        json!(5),
        json!({"ref": 5, "commits": {}, "head_commit": null, "pusher": [1]}),
    ];
    for shape in shapes {
        for (provider, name) in [(Provider::Github, "push"), (Provider::Gitlab, "Push Hook")] {
            assert_eq!(json!(run(sent(provider, name, "", &shape))), json!({"git.hook": name}), "{shape}");
        }
        for name in ["repo:push", "repo:refs_changed"] {
            assert_eq!(ignored(sent(Provider::Bitbucket, name, "", &shape)), "the push changed nothing");
        }
    }
}
