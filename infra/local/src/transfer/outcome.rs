//! What became of records, as it is counted and told.

use std::collections::BTreeMap;

use serde::Serialize;
use treble_aws::dynamodb::Restored;

use crate::output::{self, Failure, Styled, Table, plain, style};

/// A kind of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Kind {
    Roles,
    Clients,
    Hooks,
    Fires,
    Claims,
    DeadLetters,
    BrokerBindings,
}

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Self::Roles => "roles",
            Self::Clients => "clients",
            Self::Hooks => "hooks",
            Self::Fires => "fire records",
            Self::Claims => "claims of taskIds",
            Self::DeadLetters => "dead letters",
            Self::BrokerBindings => "bindings at the broker",
        }
    }
}

/// What became of a record.
#[derive(Debug)]
pub(super) enum Outcome {
    Restored(Restored),
    /// It can't be taken, and why.
    Refused(String),
    /// It was not to be taken, or there is no way to.
    LeftOut,
}

/// A record, and what became of it.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) kind: Kind,
    /// What people call it.
    pub(super) name: String,
    pub(super) outcome: Outcome,
    pub(super) tokens: Option<Tokens>,
}

/// A hook's trigger tokens.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tokens {
    pub(super) hook: String,
    /// Where it comes from, if the file has it.
    pub(super) old: Option<String>,
    /// Where it is now.
    pub(super) new: String,
}

impl Placed {
    pub(super) fn new(kind: Kind, name: impl ToString, restored: Restored) -> Self {
        let outcome = Outcome::Restored(restored);
        Self { kind, name: name.to_string(), outcome, tokens: None }
    }

    pub(super) fn left_out(kind: Kind) -> Self {
        Self { kind, name: String::new(), outcome: Outcome::LeftOut, tokens: None }
    }

    /// What somebody has to see to, if anything.
    fn problem(&self) -> Option<Problem> {
        let problem = match &self.outcome {
            Outcome::Restored(Restored::Different) => "is there, and differs".to_owned(),
            Outcome::Refused(why) => why.clone(),
            Outcome::Restored(_) | Outcome::LeftOut => return None,
        };
        Some(Problem { kind: self.kind, name: self.name.clone(), problem })
    }
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    new: usize,
    same: usize,
    different: usize,
    replaced: usize,
    refused: usize,
    left_out: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Problem {
    kind: Kind,
    name: String,
    problem: String,
}

/// All that became of a file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    dry_run: bool,
    counts: BTreeMap<Kind, Counts>,
    problems: Vec<Problem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens: Option<Vec<Tokens>>,
}

impl Report {
    pub(super) fn new(dry_run: bool, with_tokens: bool) -> Self {
        let tokens = with_tokens.then(Vec::new);
        Self { dry_run, counts: BTreeMap::new(), problems: Vec::new(), tokens }
    }

    pub(super) fn add(&mut self, placed: Placed) {
        self.problems.extend(placed.problem());
        let counts = self.counts.entry(placed.kind).or_default();
        let count = match placed.outcome {
            Outcome::Restored(Restored::New) => &mut counts.new,
            Outcome::Restored(Restored::Same) => &mut counts.same,
            Outcome::Restored(Restored::Different) => &mut counts.different,
            Outcome::Restored(Restored::Replaced) => &mut counts.replaced,
            Outcome::Refused(_) => &mut counts.refused,
            Outcome::LeftOut => &mut counts.left_out,
        };
        *count += 1;
        if let Some(tokens) = &mut self.tokens {
            tokens.extend(placed.tokens);
        }
    }

    /// Whether all is there that was to be.
    pub(super) fn is_good(&self) -> bool {
        self.problems.is_empty()
    }

    pub(super) fn print(&mut self, json: bool) -> Result<(), Failure> {
        self.tokens.iter_mut().for_each(|tokens| tokens.sort_by(|one, other| one.hook.cmp(&other.hook)));
        self.problems.sort_by(|one, other| (one.kind, &one.name).cmp(&(other.kind, &other.name)));
        if json {
            return output::json(self);
        }
        for Problem { kind, name, problem } in &self.problems {
            let mark = Styled(style::BAD, "!");
            output::styled(&format!("{mark} {}: {}: {}", kind.words(), plain(name), plain(problem)));
        }
        for (kind, counts) in &self.counts {
            output::line(&format!("{}: {}", kind.words(), counts.words(self.dry_run)));
        }
        if self.counts.is_empty() {
            output::line("There is nothing in it.");
        }
        if let Some(tokens) = &self.tokens {
            let mut table = Table::new(["HOOK", "OLD TOKEN", "NEW TOKEN"]);
            for Tokens { hook, old, new } in tokens {
                table.row([hook.into(), old.as_deref().unwrap_or("-").into(), new.into()]);
            }
            table.print();
        }
        Ok(())
    }
}

impl Counts {
    fn words(&self, dry_run: bool) -> String {
        let new = if dry_run { "to import" } else { "imported" };
        let counts = [
            (self.new, new),
            (self.replaced, "replaced"),
            (self.same, "there already"),
            (self.different, "there and different"),
            (self.refused, "refused"),
            (self.left_out, "left out"),
        ];
        let some = counts.iter().filter(|(count, _)| *count > 0);
        some.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
    }
}
