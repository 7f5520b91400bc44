use serde_json::json;
use treble_core::ports::chain;

use super::*;
use crate::stub::{Step, Stub};

const SERVERS: &str = r#"{
    "hub": {"type": "github", "token": "t1"},
    "lab": {"type": "gitlab", "url": "https://lab.example/git/"},
    "cloud": {"type": "bitbucketcloud", "username": "me", "token": "t2"},
    "stash": {"type": "bitbucketserver", "url": "http://stash.example:7990", "token": "t3"}
}"#;

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn later(seconds: i64) -> Option<Timestamp> {
    Timestamp::from_second(1_800_000_000 + seconds).ok()
}

async fn asked(
    step: Step,
    name: &str,
    etag: Option<&str>,
    page: Option<u64>,
) -> (Stub, Result<EventPage, SourceError>) {
    let stub = Stub::new([step]);
    let vcs = Vcs::new(SERVERS.parse().unwrap(), HttpClient::over(stub.clone()), now);
    let answer = vcs.page(&RepositoryName::parse(name).unwrap(), etag, page).await;
    (stub, answer)
}

fn with(status: u16, headers: &[(&'static str, &str)], body: &Value) -> Step {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Step::Answer(status, headers, body.to_string())
}

#[tokio::test]
async fn each_provider_is_asked_in_its_own_words() {
    let list = json!([]);
    let page = json!({"values": [], "isLastPage": true});
    let cases = [
        (
            "hub/octo/hello world",
            None,
            &list,
            "https://api.github.com/repos/octo/hello%20world/events?per_page=50&page=1",
            Some("Bearer t1"),
        ),
        (
            "hub/o/r",
            Some(3),
            &list,
            "https://api.github.com/repos/o/r/events?per_page=50&page=3",
            Some("Bearer t1"),
        ),
        (
            "lab/group/sub/project",
            None,
            &list,
            "https://lab.example/git/api/v4/projects/group%2Fsub%2Fproject/events?action=pushed&sort=desc&per_page=50&page=1",
            None,
        ),
        (
            "cloud/team/widgets",
            None,
            &page,
            "https://api.bitbucket.org/2.0/repositories/team/widgets/refs?sort=-target.date&pagelen=100&page=1",
            Some("Basic bWU6dDI="),
        ),
        (
            "stash/PRJ/widgets",
            Some(50),
            &page,
            "http://stash.example:7990/rest/api/latest/projects/PRJ/repos/widgets/ref-change-activities?limit=50&start=50",
            Some("Bearer t3"),
        ),
    ];
    for (name, page, body, url, authorization) in cases {
        let (stub, answer) = asked(with(200, &[("etag", "\"e\"")], body), name, Some("W/\"x\""), page).await;
        assert_eq!(answer.unwrap().etag.as_deref(), Some("\"e\""), "{name}");
        let sent = &stub.sent()[0];
        assert_eq!((sent.method.as_str(), sent.uri.as_str()), ("GET", url));
        assert_eq!(sent.header("authorization"), authorization);
        assert_eq!(sent.header("if-none-match"), Some("W/\"x\""));
    }
}

#[tokio::test]
async fn names_lead_nowhere_else() {
    for name in
        ["hub/o", "hub/o/r/x", "hub/../user", "hub/o//r", "lab/.", "lab/a/../b", "cloud/o", "stash/a/b/c"]
    {
        let (stub, answer) = asked(Step::Hang, name, None, None).await;
        let error = answer.unwrap_err();
        assert!(matches!(error, SourceError::Name { .. }), "{name}: {error}");
        assert!(stub.sent().is_empty());
    }
    let (_, answer) = asked(Step::Hang, "nowhere/o/r", None, None).await;
    let expected = "vcsServer \"nowhere\" is none of the servers of this deployment: cloud, hub, lab, stash";
    assert_eq!(answer.unwrap_err().to_string(), expected);
}

#[tokio::test]
async fn events_of_each_provider() {
    let github = json!([{"id": "22249084964", "type": "PushEvent", "created_at": "2027-01-15T08:00:00Z"}]);
    let next =
        [("link", "<https://api.github.com/repositories/1/events?page=3>; rel=\"next\", <x>; rel=\"last\"")];
    let gitlab = json!([{"id": 5, "action_name": "pushed to", "created_at": "2027-01-15T08:00:00.000Z"}]);
    let cloud = json!({"next": "https://evil.example/", "values": [
        {"type": "branch", "name": "main", "target": {"hash": "aa", "date": "2027-01-15T08:00:00+00:00"}},
        {"type": "tag", "name": "v1", "target": {"hash": "aa", "date": "2027-01-15T09:00:00+01:00"}},
    ]});
    let server = json!({"isLastPage": false, "nextPageStart": 50, "values": [
        {"id": 7, "createdDate": 1_800_000_000_000_i64, "refChange": {"refId": "refs/heads/main"}},
    ]});
    let cases = [
        (
            "hub/o/r",
            Some(2),
            with(200, &next, &github),
            vec![("22249084964", 22_249_084_964, "PushEvent")],
            Some(3),
        ),
        ("lab/g/p", None, with(200, &[("x-next-page", "2")], &gitlab), vec![("5", 5, "push")], Some(2)),
        ("lab/g/p", Some(2), with(200, &[("x-next-page", "")], &gitlab), vec![("5", 5, "push")], None),
        (
            "cloud/t/w",
            None,
            with(200, &[], &cloud),
            vec![
                ("refs/heads/main@aa", 1_800_000_000_000, "push"),
                ("refs/tags/v1@aa", 1_800_000_000_000, "push"),
            ],
            Some(2),
        ),
        ("stash/P/w", None, with(200, &[], &server), vec![("7", 7, "push")], Some(50)),
    ];
    for (name, page, step, expected, next) in cases {
        let page = asked(step, name, None, page).await.1.unwrap();
        let found = page.events.iter();
        let found: Vec<_> =
            found.map(|found| (found.event.id.as_str(), found.order, found.kind.as_str())).collect();
        assert_eq!((found, page.next), (expected, next), "{name}");
        let told = !name.starts_with("cloud");
        assert!(page.events.iter().all(|found| found.happened == later(0).filter(|_| told)), "{name}");
    }
    let refs = asked(with(200, &[], &cloud), "cloud/t/w", None, None).await.1.unwrap().events;
    let named = |found: &Found| (found.event.branch.clone(), found.event.tag.clone());
    assert_eq!(named(&refs[0]), (Some("main".into()), None));
    assert_eq!(named(&refs[1]), (None, Some("v1".into())));
}

#[tokio::test]
async fn what_is_no_list_of_events() {
    let cases = [
        ("hub/o/r", json!({}), "there is no list in it"),
        ("hub/o/r", json!([{"id": "x"}]), "an event's id is no number"),
        ("hub/o/r", json!([null]), "an event's id is no number"),
        ("cloud/o/r", json!({"values": [{"name": "main"}]}), "a ref leads to no commit"),
        ("cloud/o/r", json!([]), "there is no list in it"),
        (
            "stash/o/r",
            json!({"values": [], "isLastPage": false, "nextPageStart": 0}),
            "it says that there is more",
        ),
    ];
    for (name, body, expected) in cases {
        let error = asked(with(200, &[], &body), name, None, None).await.1.unwrap_err();
        assert!(
            matches!(&error, SourceError::Unreadable(why) if why.starts_with(expected)),
            "{name}: {error}"
        );
    }
    let error = asked(Step::text(200, "<html>"), "hub/o/r", None, None).await.1.unwrap_err();
    assert_eq!(error.to_string(), "the server's answer is no list of events: it is no JSON, or too much");
}

#[tokio::test]
async fn nothing_new_and_when_to_come_again() {
    let headers = [
        ("x-poll-interval", "120"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "1800000900"),
        ("etag", "\"e\""),
    ];
    let (_, answer) = asked(
        Step::Answer(304, headers.map(|(n, v)| (n, v.to_owned())).into(), String::new()),
        "hub/o/r",
        None,
        None,
    )
    .await;
    let expected = EventPage {
        not_modified: true,
        etag: Some("\"e\"".into()),
        not_before: later(120),
        exhausted_until: later(900),
        ..EventPage::default()
    };
    assert_eq!(answer.unwrap(), expected);
}

#[tokio::test]
async fn limits_and_refusals() {
    let (none, secondary) = (json!({}), json!({"message": "You have exceeded a secondary rate limit."}));
    let forbidden = json!({"message": "Resource not accessible by personal access token"});
    let limited: [(u16, &[_], &Value, _); 7] = [
        (429, &[], &none, None),
        (429, &[("retry-after", "30")], &none, later(30)),
        (429, &[("retry-after", "Fri, 15 Jan 2027 08:01:00 GMT")], &none, later(60)),
        (403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1800000600")], &none, later(600)),
        (429, &[("ratelimit-remaining", "0"), ("ratelimit-reset", "1800000060")], &none, later(60)),
        (429, &[("ratelimit-remaining", "0"), ("ratelimit-reset", "7")], &none, later(7)),
        (403, &[], &secondary, None),
    ];
    for (status, headers, body, expected) in limited {
        let error = asked(with(status, headers, body), "hub/o/r", None, None).await.1.unwrap_err();
        assert!(
            matches!(error, SourceError::Limited { until, .. } if until == expected),
            "{status} {headers:?}: {error:?}"
        );
    }
    for (status, body, expected) in [
        (403, forbidden, "the server answered 403: Resource not accessible by personal access token"),
        (404, json!({"message": "Not Found"}), "the server answered 404: Not Found"),
        (404, json!({"error": {"message": "No repository"}}), "the server answered 404: No repository"),
        (401, json!({"errors": [{"message": "Who\nare you?"}]}), "the server answered 401: Whoare you?"),
        (301, json!(null), "the server answered 301: no reason given"),
        (503, json!(null), "the server is unavailable: it answered 503"),
    ] {
        let error =
            asked(with(status, &[("location", "http://evil.example/")], &body), "hub/o/r", None, None).await;
        assert_eq!((chain(&error.1.unwrap_err()).as_str(), error.0.sent().len()), (expected, 1));
    }
    let error = asked(Step::Refuse, "hub/o/r", None, None).await.1.unwrap_err();
    assert!(matches!(error, SourceError::Unavailable { .. }), "{error:?}");
}

#[test]
fn what_configures_no_servers() {
    for (text, expected) in [
        ("{", "it is no JSON at line 1"),
        (r#"{"hub": {"type": "github", "token": 17}}"#, "a value has the wrong type at line 1"),
        (r#"{"hub": {"token": "secret"}}"#, "missing field `type`"),
        (r#"{"hub": {"type": "gerrit"}}"#, "unknown variant `gerrit`"),
        (r#"{"hub": {"type": "github", "tokn": "secret"}}"#, "unknown field `tokn`"),
        (r#"{"a/b": {"type": "github"}}"#, "\"a/b\" is or has"),
        (r#"{"stash": {"type": "bitbucketserver"}}"#, "\"stash\" of repositories has no url"),
        (r#"{"hub": {"type": "github", "url": "ftp://x"}}"#, "it must begin with https:// or http://"),
        (r#"{"hub": {"type": "github", "token": "sec\nret"}}"#, "must be visible ASCII"),
    ] {
        let error = chain(&text.parse::<VcsServers>().unwrap_err());
        assert!(
            error.contains(expected) && !error.contains("secret") && !error.contains("17"),
            "{text}: {error}"
        );
    }
    let servers: VcsServers = SERVERS.parse().unwrap();
    assert!(!servers.is_empty() && "{}".parse::<VcsServers>().unwrap().is_empty());
    let shown = format!("{servers:?}");
    assert!(shown.contains("hub") && !shown.contains("t1") && !shown.contains("Bearer"), "{shown}");
}
