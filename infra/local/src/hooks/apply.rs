//! `treble hooks apply`.

use std::collections::{BTreeSet, HashMap};
use std::process::ExitCode;
use std::sync::Arc;

use serde::Serialize;

use treble_core::hook::HookName;

use super::api::{Api, ApiError};
use super::definition::Definition;
use super::exit::{self, Usage};
use super::plan::{self, Change, Step};
use super::source::{self, Mistakes};
use super::work::in_order;
use super::{connect, diff};
use crate::cli::{Apply, HooksCommon};
use crate::output::{self, Failure, Styled, chain, style};

/// Runs the command.
pub(super) async fn run(arguments: &Apply, common: &HooksCommon) -> Result<ExitCode, Failure> {
    let definitions = read(arguments)?;
    let api = Arc::new(connect(common)?);
    let keep: BTreeSet<HookName> = definitions.iter().map(|definition| definition.name.clone()).collect();
    let mut steps = plan::compare(&api, definitions).await?;
    if arguments.prune {
        let mut groups: BTreeSet<String> = keep.iter().map(|name| name.group().to_owned()).collect();
        groups.extend(arguments.group.clone());
        let others = plan::others(&api, groups, &keep).await?;
        if !others.is_empty() && !arguments.yes && !arguments.dry_run {
            agree(&others)?;
        }
        steps.extend(others);
    }
    let mut report = Report { outcomes: Vec::new(), json: common.json, dry_run: arguments.dry_run };
    let work = |step: Step| carry_out(Arc::clone(&api), step, arguments.dry_run);
    in_order("applying", steps, work, |outcome| report.add(outcome)).await?;
    report.finish()
}

/// Everything that the files have, checked.
fn read(arguments: &Apply) -> Result<Vec<Definition>, Mistakes> {
    let (mut definitions, mut mistakes) = (Vec::new(), Vec::new());
    let mut origins: HashMap<HookName, String> = HashMap::new();
    for item in source::read(&arguments.files)? {
        match Definition::check(item, arguments.group.as_deref(), None) {
            Ok(definition) => {
                let Definition { name, origin, .. } = &definition;
                match origins.insert(name.clone(), origin.clone()) {
                    Some(earlier) => mistakes.push(format!("{origin}: {name} is in {earlier} as well")),
                    None => definitions.push(definition),
                }
            }
            Err(found) => mistakes.extend(found),
        }
    }
    if mistakes.is_empty() { Ok(definitions) } else { Err(Mistakes(mistakes)) }
}

/// Lets a person agree with what is to be deleted.
fn agree(others: &[Step]) -> Result<(), Failure> {
    let names: Vec<String> = others.iter().map(|step| step.name.to_string()).collect();
    let (count, names) = (counted(names.len()), names.join(", "));
    if !output::can_ask() {
        let text = format!(
            "--prune would delete {count} ({names}): say --yes if that is meant, or --dry-run to look"
        );
        return Err(Usage(text).into());
    }
    if output::confirm(&format!("Delete {count} that no file has ({names})?"))? {
        return Ok(());
    }
    Err("nothing was changed".into())
}

fn counted(hooks: usize) -> String {
    if hooks == 1 { "1 hook".to_owned() } else { format!("{hooks} hooks") }
}

/// What came of a step.
struct Outcome {
    name: HookName,
    action: Action,
    diff: Option<String>,
    error: Option<ApiError>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    Created,
    Updated,
    Removed,
    Unchanged,
    Failed,
}

impl Action {
    const ALL: [Self; 5] = [Self::Created, Self::Updated, Self::Removed, Self::Unchanged, Self::Failed];

    fn sign(self) -> (char, anstyle::Style) {
        match self {
            Self::Created => ('+', style::GOOD),
            Self::Updated => ('~', style::CHANGED),
            Self::Removed => ('-', style::BAD),
            Self::Unchanged => ('=', style::DIM),
            Self::Failed => ('!', style::BAD),
        }
    }

    /// What was done, or what would be.
    fn words(self, dry_run: bool) -> &'static str {
        match (self, dry_run) {
            (Self::Created, false) => "created",
            (Self::Created, true) => "to create",
            (Self::Updated, false) => "updated",
            (Self::Updated, true) => "to update",
            (Self::Removed, false) => "removed",
            (Self::Removed, true) => "to remove",
            (Self::Unchanged, _) => "unchanged",
            (Self::Failed, _) => "failed",
        }
    }
}

async fn carry_out(api: Arc<Api>, step: Step, dry_run: bool) -> Outcome {
    let Step { name, change } = step;
    let mut diff = None;
    let (action, done) = match change {
        Err(error) => (Action::Failed, Err(error)),
        Ok(Change::Keep) => (Action::Unchanged, Ok(())),
        Ok(Change::Create(after)) => {
            (Action::Created, if dry_run { Ok(()) } else { api.create(&after).await })
        }
        Ok(Change::Update { before, after }) => {
            // A definition that can't be shown can still be sent.
            diff = diff::unified(before.value(), after.value()).ok();
            (Action::Updated, if dry_run { Ok(()) } else { api.update(&after).await })
        }
        Ok(Change::Remove) => (Action::Removed, if dry_run { Ok(()) } else { api.remove(&name).await }),
    };
    match done {
        Ok(()) => Outcome { name, action, diff, error: None },
        Err(error) => Outcome { name, action: Action::Failed, diff, error: Some(error) },
    }
}

/// What is told of all steps.
struct Report {
    outcomes: Vec<Outcome>,
    json: bool,
    dry_run: bool,
}

/// An outcome as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    hook_group_id: &'a str,
    hook_id: &'a str,
    action: Action,
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl<'a> Shown<'a> {
    fn new(outcome: &'a Outcome) -> Self {
        Self {
            hook_group_id: outcome.name.group(),
            hook_id: outcome.name.id(),
            action: outcome.action,
            diff: outcome.diff.as_deref(),
            error: outcome.error.as_ref().map(|error| chain(error)),
        }
    }
}

impl Report {
    fn add(&mut self, outcome: Outcome) {
        if !self.json {
            let (sign, style) = outcome.action.sign();
            let words = outcome.action.words(self.dry_run);
            output::styled(&format!("{} {}", Styled(style, format!("{sign} {words}")), outcome.name));
            if let Some(error) = &outcome.error {
                output::line(&format!("    {}", chain(error)));
            } else if let Some(diff) = outcome.diff.as_deref().filter(|diff| !diff.is_empty()) {
                output::styled(&diff::styled(diff));
            }
        }
        self.outcomes.push(outcome);
    }

    fn count(&self, action: Action) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.action == action).count()
    }

    fn finish(self) -> Result<ExitCode, Failure> {
        if self.json {
            let hooks: Vec<_> = self.outcomes.iter().map(Shown::new).collect();
            output::json(&serde_json::json!({ "dryRun": self.dry_run, "hooks": hooks }))?;
        } else {
            output::line(&self.summary());
        }
        let errors: Vec<&ApiError> =
            self.outcomes.iter().filter_map(|outcome| outcome.error.as_ref()).collect();
        let pending = self.outcomes.len() > self.count(Action::Unchanged);
        Ok(if !errors.is_empty() {
            ExitCode::from(exit::of_all(errors))
        } else if self.dry_run && pending {
            ExitCode::from(exit::PENDING)
        } else {
            ExitCode::SUCCESS
        })
    }

    fn summary(&self) -> String {
        let counts: Vec<String> = Action::ALL
            .iter()
            .map(|&action| (action, self.count(action)))
            .filter(|(_, count)| *count > 0)
            .map(|(action, count)| format!("{count} {}", action.words(self.dry_run)))
            .collect();
        match counts.is_empty() {
            true => "No hooks.".to_owned(),
            false => format!("{}: {}.", counted(self.outcomes.len()), counts.join(", ")),
        }
    }
}
