//! All routes of the dialect, and their handlers by subject.

mod bulk;
mod executions;
mod listing;
mod monitoring;
mod tasks;
mod webhook;

pub use bulk::{DELETE_TASKS, SAVE_TASKS, START_TASKS, STOP_TASKS};
pub use executions::{DELETE_EXECUTIONS, EXECUTION, EXECUTIONS, RUN_EXECUTION, STOP_EXECUTION};
pub use listing::LIST_TASKS;
pub use monitoring::{MAINTENANCE, STATUS, VERSION, monitoring_status};
pub use tasks::{CREATE_TASK, DELETE_TASK, EXECUTE_TASK, START_TASK, STOP_TASK, TASK, UPDATE_TASK};
pub use webhook::WEBHOOK;

use http::Method;

use super::route::{Found, Route, find};

/// The route for a method and a path, if there is one.
pub fn route_of(method: &Method, path: &str) -> Option<&'static Route> {
    match find(ROUTES, method, path) {
        Ok(Found::Route(route, _)) => Some(route),
        _ => None,
    }
}

/// All routes.
pub static ROUTES: &[&Route] = &[
    &WEBHOOK,
    &CREATE_TASK,
    &LIST_TASKS,
    &TASK,
    &UPDATE_TASK,
    &DELETE_TASK,
    &EXECUTIONS,
    &DELETE_EXECUTIONS,
    &EXECUTION,
    &STOP_EXECUTION,
    &RUN_EXECUTION,
    &START_TASK,
    &STOP_TASK,
    &SAVE_TASKS,
    &DELETE_TASKS,
    &START_TASKS,
    &STOP_TASKS,
    &EXECUTE_TASK,
    &MAINTENANCE,
    &VERSION,
    &STATUS,
];
