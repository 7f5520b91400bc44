//! `treble export` and `treble import`.

use std::path::PathBuf;

use clap::Args;

use super::StoreChoice;

pub(super) const EXPORT_HELP: &str = "\
Write what a service keeps to a file of JSON lines: a backup, or what moves to another place

Of the data directory, also while its server runs, or with --store aws of a deployment's tables: roles, clients, hooks \
with their trigger tokens, what came of their firings, dead letters. Access tokens stay sealed with the master key, and \
trigger tokens are derived from it: keep that as well, but not beside the file. What waits in queues is not in it.

With --api, the hooks of any hooks service of Taskcluster's API: that which TASKCLUSTER_ROOT_URL names, as \
TASKCLUSTER_CLIENT_ID with TASKCLUSTER_ACCESS_TOKEN, or the server that runs on the data directory. Their definitions \
only: the API tells no more. Scopes: hooks:list-hooks:*, and with --tokens hooks:get-trigger-token:*.

What changes while it is written is in the file as it was before or after.";

pub(super) const IMPORT_HELP: &str = "\
Take what `treble export` wrote

All of the file is read and checked before the first change is made. What is there already is left as it is; what is \
there and differs, too, and the exit code is 1. So an import that was cut short is made again, and a second one changes \
nothing.

Into the data directory, also while its server runs, or with --store aws into a deployment's tables, under the master key \
that the file was written under: trigger tokens, access tokens and schedules go on as they were. A schedule's moments that \
were missed since fire once. A directory that is empty but for the master key, or not there with --other-key, is made.

With --api, hooks only, into any hooks service of Taskcluster's API, found as by `treble export --api`. They get trigger \
tokens of their own there: --tokens lists them. Scopes: of each hook, hooks:get:GROUP:ID, hooks:modify-hook:GROUP/ID and \
assume:hook-id:GROUP/ID; with --tokens, hooks:get-trigger-token:GROUP/ID.

Exit codes are those of `treble hooks`; 1 also where something differs, or is refused.";

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The file to write; - is the standard output
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Only hooks of this group; may be repeated
    #[arg(long = "group", value_name = "GROUP", value_parser = crate::settings::group)]
    pub(crate) groups: Vec<String>,
    /// With --api: the hooks' trigger tokens too, for the report of an import. They are secrets
    #[arg(long, requires = "api")]
    pub(crate) tokens: bool,
    #[command(flatten)]
    pub(crate) end: End,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The file to read; - is the standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Change nothing, and tell what would be
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Replace what is there and differs
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) replace: bool,
    /// With --api: list the hooks' new trigger tokens, beside the old ones that the file has. They are secrets
    #[arg(long, requires = "api", conflicts_with = "dry_run")]
    pub(crate) tokens: bool,
    /// Under another master key than the file's: leave out clients, whose access tokens can't be opened with it. Hooks have other
    /// trigger tokens then
    #[arg(long, conflicts_with = "api")]
    pub(crate) other_key: bool,
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) end: End,
}

/// Where it comes from, or goes to.
#[derive(Debug, Clone, Args)]
pub(crate) struct End {
    /// The data directory [default: treble-data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Which store: that of the data directory, or a deployment's tables (AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
    /// AWS_ENDPOINT_URL, TREBLE_HOOKS_TABLE, TREBLE_FIRES_TABLE, TREBLE_AUTH_TABLE, TREBLE_GATES_TABLE, TREBLE_MASTER_KEY_ARN)
    #[arg(long, value_name = "STORE", value_enum, default_value_t = StoreChoice::Embedded)]
    pub(crate) store: StoreChoice,
    /// Through the API, not from or to the store itself: hooks only
    #[arg(long, conflicts_with = "store")]
    pub(crate) api: bool,
}
