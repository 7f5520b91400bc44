//! GitLab: `GET /projects/{project}/events`, pushes alone. <https://docs.gitlab.com/api/events/>

use serde_json::Value;
use treble_core::cds::poll::{Found, RepositoryName, SourceError};
use treble_core::cds::{Provider as Whose, RepositoryEvent};

use super::answer::{elements, growing_id, moment};
use super::{Events, Provider, encoded};
use crate::http::Reply;

pub(super) static GITLAB: Provider = Provider {
    usual_url: Some("https://gitlab.com"),
    names: "the path of a project, e.g. group/project",
    parts: |count| count >= 2,
    path: |parts, page| {
        let project = encoded(&parts.join("/"));
        let page = page.unwrap_or(1);
        format!("/api/v4/projects/{project}/events?action=pushed&sort=desc&per_page=50&page={page}")
    },
    accept: "application/json",
    read,
};

fn read(
    repository: &RepositoryName,
    reply: &Reply,
    body: Value,
    _: Option<u64>,
) -> Result<Events, SourceError> {
    let found = elements(body)?.into_iter().map(|event| found(repository, event));
    // Empty on the last page.
    let next = reply.header("x-next-page").and_then(|next| next.trim().parse().ok());
    Ok(Events { found: found.collect::<Result<_, _>>()?, next })
}

fn found(repository: &RepositoryName, event: Value) -> Result<Found, SourceError> {
    let order = growing_id(&event)?;
    Ok(Found {
        order,
        happened: moment(&event, "/created_at"),
        kind: "push".to_owned(),
        event: RepositoryEvent {
            provider: Whose::Gitlab,
            id: order.to_string(),
            repository: repository.path().to_owned(),
            branch: None,
            tag: None,
            event,
        },
    })
}
