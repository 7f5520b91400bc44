//! Many tasks at once.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt};
use http::Method;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use treble_core::cds::{NodeHook, SECRET, SaveError};
use treble_core::hook::StoredHook;

use super::super::call::{Call, Reply};
use super::super::error::ApiError;
use super::super::route::{Handling, Route};
use super::super::service::{Service, task};

/// How many tasks are written at the same time.
const AT_ONCE: usize = 16;

/// How many tasks that can't be saved are named.
const MOST_PROBLEMS: usize = 50;

/// `save-tasks`: saves the tasks of node hooks by their uuids, if all of them can be; answers the node hooks as CDS is to keep
/// them: with their tasks' URLs.
pub static SAVE_TASKS: Route = Route {
    name: "save-tasks",
    methods: &[Method::POST],
    path: "/task/bulk",
    authenticated: true,
    handler: save_tasks,
};

fn save_tasks<'a>(service: &'a Service, call: &'a Call<'a>) -> Handling<'a> {
    Box::pin(async move {
        let mut sent: BTreeMap<String, Value> = call.json()?;
        let nodes = check(service, &sent).await?;
        let tasks = &service.tasks();
        let saves = nodes.into_iter().map(|node| async move { tasks.save(&node).await });
        // All are tried, whatever comes of one.
        let saved: Vec<Result<StoredHook, SaveError>> =
            stream::iter(saves.collect::<Vec<_>>()).buffer_unordered(AT_ONCE).collect().await;
        for hook in saved {
            let hook = hook?;
            if let Some(node) = sent.get_mut(hook.name.id()) {
                complete(node, &hook)?;
            }
        }
        Reply::json(&sent)
    })
}

/// Puts into a node hook what its task has beside. Its secret stays as it was sent: CDS keeps what it is answered, and is to send it
/// again where this service forgot it.
fn complete(node: &mut Value, hook: &StoredHook) -> Result<(), ApiError> {
    let Some(members) = node.as_object_mut() else { return Ok(()) };
    members.insert("uuid".into(), hook.name.id().into());
    let config = members.entry("config").or_insert_with(|| json!({}));
    if let Some(config) = config.as_object_mut() {
        for (name, entry) in task(hook)?.config.iter().filter(|(name, _)| *name != SECRET) {
            config.insert(name.into(), serde_json::to_value(entry).map_err(ApiError::internal)?);
        }
    }
    Ok(())
}

/// The node hooks of a body, if all of them can be saved; otherwise what is wrong with which.
async fn check(service: &Service, sent: &BTreeMap<String, Value>) -> Result<Vec<NodeHook>, ApiError> {
    let (tasks, mut nodes, mut problems) = (service.tasks(), Vec::new(), Vec::new());
    for (uuid, value) in sent {
        let node = match serde_json::from_value::<NodeHook>(value.clone()) {
            Ok(node) => NodeHook { uuid: uuid.clone(), ..node },
            Err(error) => {
                problems.push(format!("task {uuid:?}: {error}"));
                continue;
            }
        };
        match tasks.check(&node).await {
            Ok(()) => nodes.push(node),
            Err(SaveError::Store(error)) => return Err(error.into()),
            Err(error) => problems.push(format!("task {uuid:?}: {error}")),
        }
    }
    if problems.is_empty() {
        return Ok(nodes);
    }
    let more = problems.len().saturating_sub(MOST_PROBLEMS);
    problems.truncate(MOST_PROBLEMS);
    if more > 0 {
        problems.push(format!("and {more} more"));
    }
    Err(ApiError::input(format!("Nothing was saved. {}", problems.join("; "))))
}

/// `delete-tasks`: removes the tasks whose uuids are the body's keys, with their executions. One that isn't there is no error.
pub static DELETE_TASKS: Route = Route {
    name: "delete-tasks",
    methods: &[Method::DELETE],
    path: "/task/bulk",
    authenticated: true,
    handler: delete_tasks,
};

fn delete_tasks<'a>(service: &'a Service, call: &'a Call<'a>) -> Handling<'a> {
    Box::pin(async move {
        let sent: BTreeMap<String, IgnoredAny> = call.json()?;
        let tasks = &service.tasks();
        let removals = sent.into_keys().map(|uuid| async move {
            match tasks.remove(&uuid).await {
                // What no task can be called is not there.
                Err(SaveError::Uuid(_)) => Ok(false),
                result => result,
            }
        });
        let mut tally = Tally::default();
        tally.count(removals.collect::<Vec<_>>()).await;
        tally.reply()
    })
}

/// `start-tasks`: lets all tasks go on that are stopped.
pub static START_TASKS: Route = Route {
    name: "start-tasks",
    methods: &[Method::POST, Method::GET],
    path: "/task/bulk/start",
    authenticated: true,
    handler: |service, _| set_all_stopped(service, false),
};

/// `stop-tasks`: stops all tasks.
pub static STOP_TASKS: Route = Route {
    name: "stop-tasks",
    methods: &[Method::POST, Method::GET],
    path: "/task/bulk/stop",
    authenticated: true,
    handler: |service, _| set_all_stopped(service, true),
};

fn set_all_stopped(service: &Service, stopped: bool) -> Handling<'_> {
    Box::pin(async move {
        let (tasks, mut pages, mut tally) = (&service.tasks(), service.task_pages(), Tally::default());
        while let Some(page) = pages.next().await? {
            let differs =
                |hook: &StoredHook| hook.definition.cds.as_ref().is_some_and(|task| task.stopped != stopped);
            let changes = page.into_iter().filter(differs).map(|hook| async move {
                tasks.set_stopped(hook.name.id(), stopped).await.map(|hook| hook.is_some())
            });
            tally.count(changes.collect::<Vec<_>>()).await;
        }
        tally.reply()
    })
}

/// How many tasks were changed, if none failed.
#[derive(Default)]
struct Tally {
    changed: u64,
    failure: Option<SaveError>,
}

impl Tally {
    /// Makes changes. All are tried, whatever comes of one.
    async fn count(&mut self, changes: Vec<impl Future<Output = Result<bool, SaveError>>>) {
        let mut results = stream::iter(changes).buffer_unordered(AT_ONCE);
        while let Some(result) = results.next().await {
            match result {
                Ok(changed) => self.changed += u64::from(changed),
                Err(error) => self.failure = self.failure.take().or(Some(error)),
            }
        }
    }

    fn reply(self) -> Result<Reply, ApiError> {
        match self.failure {
            None => Reply::json(&json!({"tasks": self.changed})),
            Some(error) => Err(error.into()),
        }
    }
}
