//! `treble hooks`: the API, for people and scripts.
//!
//! - `target` finds the service, `api` calls it; `exit` tells what came of it.
//! - `source` reads definitions, and `definition` checks and compares them.
//! - `plan` and `apply` make hooks be what definitions say; `diff` shows what that changes.
//! - `list`, `show`, `delete`, `trigger`, `fires`, `render` and `next` are the other actions; `which` finds the hook
//!   that some of them are about.
//! - `payload` puts together what a hook is fired with; `work` does many things at once.

pub(crate) mod api;
mod apply;
pub(crate) mod definition;
mod delete;
mod diff;
pub(crate) mod exit;
mod fires;
mod list;
mod next;
mod payload;
mod plan;
mod render;
mod show;
pub(crate) mod source;
pub(crate) mod target;
mod trigger;
mod which;
mod work;

use std::process::ExitCode;

use jiff::Timestamp;

use crate::admin::block_on;
use crate::cli::{self, HooksAction, HooksCommon};
use crate::output::Failure;
use api::Api;
use target::Target;

/// Runs the command.
pub(crate) fn run(arguments: cli::Hooks) -> Result<ExitCode, Failure> {
    let cli::Hooks { action, common } = arguments;
    block_on(async move {
        match action {
            HooksAction::Apply(arguments) => return apply::run(&arguments, &common).await,
            HooksAction::List(arguments) => list::run(&arguments, &common).await?,
            HooksAction::Show(arguments) => show::run(&arguments, &common).await?,
            HooksAction::Delete { hooks } => return delete::run(hooks, &common).await,
            HooksAction::Trigger { hook, payload } => trigger::run(&hook, &payload, &common).await?,
            HooksAction::Fires { hook, limit } => fires::run(&hook, limit, &common).await?,
            HooksAction::Render(arguments) => return render::run(arguments, &common).await,
            HooksAction::Next(arguments) => next::run(&arguments, &common).await?,
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// The service that is meant.
pub(crate) fn connect(common: &HooksCommon) -> Result<Api, Failure> {
    Ok(Api::new(Target::find(common.data.as_deref())?))
}

/// A moment, for people.
fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// The moment that a text of the API names, for people.
pub(crate) fn moment_of(text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), moment)
}
