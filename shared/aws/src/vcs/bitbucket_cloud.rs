//! Bitbucket Cloud: `GET /2.0/repositories/{workspace}/{slug}/refs`, with the commit that each branch and tag leads to. It has no
//! list of pushes: a branch that leads to another commit than before is one, and so is a tag that wasn't there.
//! <https://developer.atlassian.com/cloud/bitbucket/rest/api-group-refs/>
//!
//! A commit doesn't say when it was pushed. Of a repository with more than a hundred branches and tags, those with the newest
//! commits are looked at.

use serde_json::Value;
use treble_core::cds::poll::{Found, RepositoryName, SourceError};
use treble_core::cds::{Provider as Whose, RepositoryEvent};

use super::answer::{moment, values};
use super::{Events, Provider, encoded, unreadable};
use crate::http::Reply;

pub(super) static BITBUCKET_CLOUD: Provider = Provider {
    usual_url: Some("https://api.bitbucket.org"),
    names: "a workspace and a repository's slug, e.g. team/hello",
    parts: |count| count == 2,
    path: |parts, page| {
        let path: Vec<String> = parts.iter().map(|part| encoded(part)).collect();
        let (path, page) = (path.join("/"), page.unwrap_or(1));
        format!("/2.0/repositories/{path}/refs?sort=-target.date&pagelen=100&page={page}")
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
    let found = elements.into_iter().map(|named| found(repository, named)).collect::<Result<_, _>>()?;
    Ok(Events { found, next: rest.get("next").map(|_| page.unwrap_or(1) + 1) })
}

fn found(repository: &RepositoryName, mut named: Value) -> Result<Found, SourceError> {
    let text = |value: &Value, member: &str| value.get(member).and_then(Value::as_str).map(str::to_owned);
    let name = text(&named, "name").ok_or_else(|| unreadable("a ref has no name"))?;
    let is_tag = named.get("type").and_then(Value::as_str) == Some("tag");
    let commit = named.get_mut("target").map(Value::take).unwrap_or_default();
    let hash = text(&commit, "hash").ok_or_else(|| unreadable("a ref leads to no commit"))?;
    let date = moment(&commit, "/date").ok_or_else(|| unreadable("a commit has no date"))?;
    let full = if is_tag { format!("refs/tags/{name}") } else { format!("refs/heads/{name}") };
    Ok(Found {
        order: date.as_millisecond(),
        happened: None,
        kind: "push".to_owned(),
        event: RepositoryEvent {
            provider: Whose::Bitbucket,
            id: format!("{full}@{hash}"),
            repository: repository.path().to_owned(),
            branch: (!is_tag).then(|| name.clone()),
            tag: is_tag.then_some(name),
            event: commit,
        },
    })
}
