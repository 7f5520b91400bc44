//! GitHub: `GET /repos/{owner}/{repo}/events`. It has the last 300 events, of up to 30 days, and may be late with them.
//! <https://docs.github.com/en/rest/activity/events>

use serde_json::Value;
use treble_core::cds::poll::{Found, RepositoryName, SourceError};
use treble_core::cds::{Provider as Whose, RepositoryEvent};

use super::answer::{elements, growing_id, moment};
use super::{Events, Provider, encoded};
use crate::http::Reply;

pub(super) static GITHUB: Provider = Provider {
    usual_url: Some("https://api.github.com"),
    names: "an owner and a name, e.g. octocat/hello",
    parts: |count| count == 2,
    path: |parts, page| {
        let path: Vec<String> = parts.iter().map(|part| encoded(part)).collect();
        format!("/repos/{}/events?per_page=50&page={}", path.join("/"), page.unwrap_or(1))
    },
    accept: "application/vnd.github+json",
    read,
};

fn read(
    repository: &RepositoryName,
    reply: &Reply,
    body: Value,
    page: Option<u64>,
) -> Result<Events, SourceError> {
    let found = elements(body)?.into_iter().map(|event| found(repository, event));
    // The link leads to another path, by the repository's number: it only tells that there is more.
    let more = reply.header("link").is_some_and(|link| link.contains("rel=\"next\""));
    Ok(Events { found: found.collect::<Result<_, _>>()?, next: more.then(|| page.unwrap_or(1) + 1) })
}

fn found(repository: &RepositoryName, event: Value) -> Result<Found, SourceError> {
    let order = growing_id(&event)?;
    Ok(Found {
        order,
        happened: moment(&event, "/created_at"),
        kind: event.get("type").and_then(Value::as_str).unwrap_or("Event").to_owned(),
        event: RepositoryEvent {
            provider: Whose::Github,
            id: order.to_string(),
            repository: repository.path().to_owned(),
            branch: None,
            tag: None,
            event,
        },
    })
}
