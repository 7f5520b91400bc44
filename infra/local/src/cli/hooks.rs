//! `treble hooks`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use serde_json::Value;
use treble_core::firing::FiredBy;
use treble_core::hook::HookName;
use treble_core::slugid::SlugId;

use crate::settings::Field;

/// How the commands find the service, and what their exit codes mean.
const AFTER_HELP: &str = "\
Where:
  With TASKCLUSTER_ROOT_URL set, the deployment there, as TASKCLUSTER_CLIENT_ID with
  TASKCLUSTER_ACCESS_TOKEN (and TASKCLUSTER_CERTIFICATE, where there is one).
  Otherwise, or with --data, the server that runs on the data directory, as its root client.

Exit codes:
  0  done
  1  it could not be done: a definition, a payload or a template is wrong, a change failed
  2  wrong usage
  3  there is no such hook or group
  4  refused: the credentials are not good, or lack scopes
  5  the service can't be reached, or failed
  6  `apply --dry-run`: there is something to change

GROUP/ID is split at its first slash: a hook's id may have more of them.";

const APPLY_HELP: &str = "\
Make the hooks be what the files say, and print what that changes

Applied a second time, the same files change nothing.

A file has one hook, a list of them, or several YAML documents; `-` is the standard input, a directory all of its \
*.yaml, *.yml and *.json. A hook has hookGroupId, hookId, metadata and task, and may have schedule, bindings and \
triggerSchema: what is left out is none, also of bindings, and without a triggerSchema no payload but {} is taken. \
All of it is read and checked before the first change is made; then a change that fails stops no other.

Scopes: of each hook, hooks:get:GROUP:ID, hooks:modify-hook:GROUP/ID and assume:hook-id:GROUP/ID; with --prune, \
hooks:list-hooks:GROUP.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP, arg_required_else_help = true)]
pub(crate) struct Hooks {
    #[command(subcommand)]
    pub(crate) action: HooksAction,
    #[command(flatten)]
    pub(crate) common: HooksCommon,
}

/// What all of them take.
#[derive(Debug, Clone, Args)]
pub(crate) struct HooksCommon {
    /// The data directory of the server to ask, whatever the environment says [default: treble-data]
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) data: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HooksAction {
    /// Make hooks be what files say
    #[command(long_about = APPLY_HELP)]
    Apply(Apply),
    /// List the hooks
    List(List),
    /// Show a hook
    Show(Show),
    /// Delete hooks
    Delete {
        /// The hooks
        #[arg(value_name = "GROUP/ID", required = true)]
        hooks: Vec<HookName>,
    },
    /// Fire a hook
    Trigger {
        /// The hook
        #[arg(value_name = "GROUP/ID")]
        hook: HookName,
        #[command(flatten)]
        payload: Payload,
    },
    /// Show what came of a hook's last firings
    Fires {
        /// The hook
        #[arg(value_name = "GROUP/ID")]
        hook: HookName,
        /// How many at most
        #[arg(short = 'n', long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// Show the task that a firing would create, creating nothing
    Render(Render),
    /// Show when a schedule fires next
    Next(Next),
}

#[derive(Debug, Args)]
pub(crate) struct Apply {
    /// YAML or JSON files, directories of them, or - for the standard input
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The group of hooks that name none
    #[arg(long, value_name = "GROUP", value_parser = crate::settings::group)]
    pub(crate) group: Option<String>,
    /// Delete the other hooks of the groups that the files (and --group) name
    #[arg(long)]
    pub(crate) prune: bool,
    /// Delete without asking
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// The hooks of this group alone
    #[arg(value_name = "GROUP", value_parser = crate::settings::group)]
    pub(crate) group: Option<String>,
    /// Ask for each hook's last firing as well
    #[arg(long)]
    pub(crate) status: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The hook
    #[arg(value_name = "GROUP/ID")]
    pub(crate) hook: HookName,
    /// Print the definition in YAML, as `apply` takes it
    #[arg(long, conflicts_with = "json")]
    pub(crate) yaml: bool,
}

/// What a hook is fired with.
#[derive(Debug, Clone, Args)]
pub(crate) struct Payload {
    /// The payload: JSON, @FILE for a file of JSON or YAML, or - for the standard input
    #[arg(long, value_name = "JSON", allow_hyphen_values = true)]
    pub(crate) payload: Option<String>,
    /// A property of the payload: NAME=TEXT, or NAME:=JSON; may be repeated
    #[arg(long = "field", short = 'F', value_name = "NAME=TEXT")]
    pub(crate) fields: Vec<Field>,
}

impl Payload {
    /// Whether any is given.
    pub(crate) fn is_given(&self) -> bool {
        self.payload.is_some() || !self.fields.is_empty()
    }

    /// The fields, by name.
    pub(crate) fn properties(&self) -> impl Iterator<Item = (String, Value)> {
        self.fields.iter().map(|field| (field.name.clone(), field.value.clone()))
    }
}

/// Which hook: one that is stored, or one of a file.
#[derive(Debug, Clone, Args)]
pub(crate) struct Which {
    /// The hook; with --file, which of the file's
    #[arg(value_name = "GROUP/ID")]
    pub(crate) hook: Option<HookName>,
    /// Take the definition from a YAML or JSON file, or from the standard input (-), and ask no service
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("definition").args(["hook", "file"]).multiple(true).required(true))]
pub(crate) struct Render {
    #[command(flatten)]
    pub(crate) which: Which,
    #[command(flatten)]
    pub(crate) payload: Payload,
    /// What makes it fire
    #[arg(long, value_name = "REASON", value_enum, default_value_t = Reason::TriggerHook)]
    pub(crate) fired_by: Reason,
    /// The moment of the firing, e.g. 2030-01-01T00:00:00Z [default: now]
    #[arg(long, value_name = "WHEN")]
    pub(crate) now: Option<Timestamp>,
    /// The task's id [default: a random one]
    #[arg(long, value_name = "SLUGID")]
    pub(crate) task_id: Option<SlugId>,
    /// Who triggers it, where it is fired by triggerHook
    #[arg(long, value_name = "CLIENT", default_value = "root")]
    pub(crate) client_id: String,
}

/// The names of [`FiredBy`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "camelCase")]
pub(crate) enum Reason {
    Schedule,
    TriggerHook,
    TriggerHookWithToken,
    PulseMessage,
}

impl From<Reason> for FiredBy {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Schedule => Self::Schedule,
            Reason::TriggerHook => Self::TriggerHook,
            Reason::TriggerHookWithToken => Self::TriggerHookWithToken,
            Reason::PulseMessage => Self::PulseMessage,
        }
    }
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("definition").args(["hook", "file", "schedule"]).multiple(true).required(true))]
pub(crate) struct Next {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Take this cron pattern, in UTC, and ask no service; may be repeated. GROUP/ID says what an H in it stands for
    #[arg(long, value_name = "PATTERN", conflicts_with = "file")]
    pub(crate) schedule: Vec<String>,
    /// How many moments
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) count: u32,
    /// Those after this moment, e.g. 2030-01-01T00:00:00Z [default: now]
    #[arg(long, value_name = "WHEN")]
    pub(crate) from: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use crate::cli::Cli;

    #[test]
    fn wrong_values_are_refused() {
        for line in [
            "treble hooks apply",
            "treble hooks apply f --group a/b",
            "treble hooks show g",
            "treble hooks show g/h --json --yaml",
            "treble hooks delete",
            "treble hooks fires g/h -n 0",
            "treble hooks trigger g/h --field x",
            "treble hooks trigger g/h --field x:={",
            "treble hooks render",
            "treble hooks render g/h --task-id x",
            "treble hooks render g/h --fired-by me",
            "treble hooks render g/h --now tomorrow",
            "treble hooks next",
            "treble hooks next --file f --schedule x",
        ] {
            let error = Cli::try_parse_from(line.split(' ')).expect_err(line);
            assert_eq!(error.exit_code(), 2, "{line}");
        }
    }

    #[test]
    fn a_hook_may_come_from_elsewhere_than_the_service() {
        for line in [
            "treble hooks render --file f",
            "treble hooks next --schedule @daily",
            "treble hooks next -n 3 g/a/b",
        ] {
            Cli::try_parse_from(line.split(' ')).expect(line);
        }
    }
}
