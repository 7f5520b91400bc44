//! Bitbucket Server (Data Center): `GET /rest/api/latest/projects/{key}/repos/{slug}/ref-change-activities`, which its
//! administrators may see. <https://developer.atlassian.com/server/bitbucket/rest/>

use jiff::Timestamp;
use serde_json::Value;
use treble_core::cds::poll::{Found, RepositoryName, SourceError};
use treble_core::cds::{Provider as Whose, RepositoryEvent};

use super::answer::{growing_id, values};
use super::{Events, Provider, encoded, unreadable};
use crate::http::Reply;

pub(super) static BITBUCKET_SERVER: Provider = Provider {
    usual_url: None,
    names: "a project's key and a repository's slug, e.g. PRJ/hello",
    parts: |count| count == 2,
    path: |parts, page| {
        let path: Vec<String> = parts.iter().map(|part| encoded(part)).collect();
        let start = page.unwrap_or(0);
        let path = path.join("/repos/");
        format!("/rest/api/latest/projects/{path}/ref-change-activities?limit=50&start={start}")
    },
    accept: "application/json",
    read,
};

fn read(
    repository: &RepositoryName,
    _: &Reply,
    body: Value,
    page: Option<u64>,
) -> Result<Events, SourceError> {
    let (elements, rest) = values(body)?;
    let found = elements.into_iter().map(|event| found(repository, event)).collect::<Result<_, _>>()?;
    if rest.get("isLastPage").and_then(Value::as_bool) != Some(false) {
        return Ok(Events { found, next: None });
    }
    let next = rest.get("nextPageStart").and_then(Value::as_u64);
    // A page that leads back would be read for ever.
    let next = next.filter(|next| *next > page.unwrap_or(0));
    let next = next.ok_or_else(|| unreadable("it says that there is more, and not where"))?;
    Ok(Events { found, next: Some(next) })
}

fn found(repository: &RepositoryName, event: Value) -> Result<Found, SourceError> {
    let order = growing_id(&event)?;
    let created = event.get("createdDate").and_then(Value::as_i64);
    Ok(Found {
        order,
        happened: created.and_then(|created| Timestamp::from_millisecond(created).ok()),
        kind: "push".to_owned(),
        event: RepositoryEvent {
            provider: Whose::Bitbucket,
            id: order.to_string(),
            repository: repository.path().to_owned(),
            branch: None,
            tag: None,
            event,
        },
    })
}
