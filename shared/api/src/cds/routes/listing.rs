//! The list of all tasks.
//!
//! Tasks are read by pages, and of each only the text is kept that is replied, or may be. So memory grows with what is asked for:
//! with `limit`, and with `offset` where there is a `sort`. The text of all tasks is as large as it is.

use std::cmp::Ordering;

use http::Method;
use treble_core::cds::Counts;
use treble_core::hook::StoredHook;

use super::super::call::{Call, Reply};
use super::super::error::ApiError;
use super::super::route::{Handling, Route};
use super::super::service::Service;
use super::super::wire::TaskView;
use super::tasks::with_due;

/// `list-tasks`: all tasks with the counts of their executions, by uuid or as `sort` says, or the part of them that `limit` and
/// `offset` say.
pub static LIST_TASKS: Route = Route {
    name: "list-tasks",
    methods: &[Method::GET],
    path: "/task",
    authenticated: true,
    handler: list_tasks,
};

fn list_tasks<'a>(service: &'a Service, call: &'a Call<'a>) -> Handling<'a> {
    Box::pin(async move {
        let order = call.query("sort").filter(|sort| !sort.is_empty()).map(order).transpose()?;
        let part = Part {
            offset: call.number("offset")?.unwrap_or(0),
            limit: call.number("limit")?.unwrap_or(usize::MAX),
        };
        match order {
            None => by_uuid(service, part).await,
            Some(order) => sorted(service, part, &order).await,
        }
    })
}

/// Which part of a list is shown.
#[derive(Clone, Copy)]
struct Part {
    offset: usize,
    limit: usize,
}

/// Reads no more pages than it takes.
async fn by_uuid(service: &Service, part: Part) -> Result<Reply, ApiError> {
    let (mut pages, mut counts, mut list) = (service.task_pages(), service.counts_in_order(), List::new());
    let (mut before, mut left) = (part.offset, part.limit);
    while left > 0
        && let Some(page) = pages.next().await?
    {
        let skipped = before.min(page.len());
        before -= skipped;
        for hook in page.iter().skip(skipped).take(left) {
            list.push(&text(hook, with_due(hook, counts.of(hook.name.id()).await?))?);
            left -= 1;
        }
    }
    Ok(list.reply())
}

async fn sorted(service: &Service, part: Part, order: &Order) -> Result<Reply, ApiError> {
    let (mut pages, mut counts) = (service.task_pages(), service.counts_in_order());
    let most = part.offset.saturating_add(part.limit);
    let mut first: Vec<(Counts, Box<str>)> = Vec::new();
    // The last of so many as are shown, or before what is.
    let mut last: Option<Counts> = None;
    while let Some(page) = pages.next().await? {
        for hook in &page {
            let counts = with_due(hook, counts.of(hook.name.id()).await?);
            if last.is_none_or(|last| order.compare(&counts, &last).is_lt()) {
                first.push((counts, text(hook, counts)?.into()));
            }
        }
        if first.len() >= most {
            order.sort(&mut first);
            first.truncate(most);
            last = first.last().map(|(counts, _)| *counts);
        }
    }
    order.sort(&mut first);
    let mut list = List::new();
    first.into_iter().skip(part.offset).take(part.limit).for_each(|(_, text)| list.push(&text));
    Ok(list.reply())
}

/// A task as it is listed.
fn text(hook: &StoredHook, counts: Counts) -> Result<String, ApiError> {
    serde_json::to_string(&TaskView::new(hook, &[], counts)?).map_err(ApiError::internal)
}

/// The text of a list.
struct List(String);

impl List {
    fn new() -> Self {
        Self("[".into())
    }

    fn push(&mut self, text: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push_str(text);
    }

    fn reply(mut self) -> Reply {
        self.0.push(']');
        Reply::text(self.0)
    }
}

/// In which order tasks are listed.
struct Order {
    by: fn(&Counts) -> u64,
    descending: bool,
}

impl Order {
    fn compare(&self, a: &Counts, b: &Counts) -> Ordering {
        let ordering = (self.by)(a).cmp(&(self.by)(b));
        if self.descending { ordering.reverse() } else { ordering }
    }

    /// Those that are alike stay in the order of their uuids.
    fn sort<T>(&self, tasks: &mut [(Counts, T)]) {
        tasks.sort_by(|(a, _), (b, _)| self.compare(a, b));
    }
}

fn order(sort: &str) -> Result<Order, ApiError> {
    let (key, direction) = sort.split_once(':').unwrap_or((sort, "asc"));
    let by: Option<fn(&Counts) -> u64> = match key {
        "nb_executions_total" => Some(|counts| counts.total),
        "nb_executions_todo" => Some(|counts| counts.todo),
        _ => None,
    };
    match (by, direction) {
        (Some(by), "asc" | "desc") => Ok(Order { by, descending: direction == "desc" }),
        _ => {
            let message = format!(
                "sort={sort:?} in the query must be nb_executions_total or nb_executions_todo, with :asc or :desc"
            );
            Err(ApiError::input(message))
        }
    }
}
