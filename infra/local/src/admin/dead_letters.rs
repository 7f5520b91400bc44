//! `treble dead-letters`: what was given up, to be looked at, sent again or dropped.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use treble_aws::client::configure;
use treble_aws::queue::SqsQueue;
use treble_aws::settings::{FIRINGS_QUEUE_URL, PULSE_QUEUE_URL, Variable};
use treble_core::firing::Firing;
use treble_core::hook::HookName;
use treble_core::ports::{DeadLetter, DeadLetters, DelayedFiring, FiringQueue, PageRequest, PulseQueue};
use treble_core::pulse::PulseMessage;
use treble_embedded::Durability;

use super::{block_on, open_embedded};
use crate::cli::{self, DeadLetterFilter, DeadLettersAction, GlobalPlace, StoreChoice};
use crate::data_dir::{DataDir, Lock};
use crate::environment::variables;
use crate::output::{self, Failure, Table, plain};
use crate::queue::{self, Queues};
use crate::store::Store;

/// How many letters are read at once.
const PAGE: usize = 100;

/// Runs the command.
pub(crate) fn run(arguments: cli::DeadLetters) -> Result<(), Failure> {
    let cli::DeadLetters { action, common } = arguments;
    block_on(async move {
        let command = Command { post: Post::open(&common.place).await?, json: common.json };
        match action {
            DeadLettersAction::List { filter } => command.list(&filter).await,
            DeadLettersAction::Show { id } => command.show(&id).await,
            DeadLettersAction::Redrive { id, filter } => command.each(id, &filter, Fate::Redriven).await,
            DeadLettersAction::Drop { id, filter } => command.each(id, &filter, Fate::Dropped).await,
        }
    })
}

#[derive(Debug, thiserror::Error)]
enum DeadLettersError {
    #[error("there is no dead letter {0:?}: `treble dead-letters list` shows those there are")]
    Unknown(String),
    #[error("say which: an ID, --hook, --since, --before, or --all")]
    Which,
    #[error(
        "dead letter {id} is neither a firing nor a broker's message: `treble dead-letters drop {id}` removes it"
    )]
    Unreadable {
        id: String,
        #[source]
        source: serde_json::Error,
    },
}

/// Where dead letters are, and where they came from.
struct Post {
    letters: Arc<dyn DeadLetters>,
    place: GlobalPlace,
    /// Held where no server runs.
    _lock: Option<Lock>,
}

impl Post {
    async fn open(place: &GlobalPlace) -> Result<Self, Failure> {
        let (store, lock) = match place.store {
            StoreChoice::Aws => (Store::aws_fires()?, None),
            StoreChoice::Embedded => {
                open_embedded(&DataDir::existing(&place.data)?, Durability::Fsync).await?
            }
        };
        Ok(Self { letters: Arc::new(store.dead_letters()), place: place.clone(), _lock: lock })
    }

    /// Sends a letter's message to the queue that it came from. The local server's may be written beside it.
    async fn send_again(&self, letter: &DeadLetter) -> Result<(), Failure> {
        let outcomes = match serde_json::from_str::<Firing>(&letter.message) {
            Ok(firing) => {
                let queue: Arc<dyn FiringQueue> = match self.place.store {
                    StoreChoice::Aws => Arc::new(sqs(FIRINGS_QUEUE_URL)?),
                    StoreChoice::Embedded => Arc::new(self.queues()?.queue(queue::FIRINGS)),
                };
                queue.send(&[DelayedFiring::now(firing)]).await
            }
            Err(source) => {
                let message: PulseMessage = serde_json::from_str(&letter.message)
                    .map_err(|_| DeadLettersError::Unreadable { id: letter.id.clone(), source })?;
                let queue: Arc<dyn PulseQueue> = match self.place.store {
                    StoreChoice::Aws => Arc::new(sqs(PULSE_QUEUE_URL)?),
                    StoreChoice::Embedded => Arc::new(self.queues()?.queue(queue::PULSE)),
                };
                queue.send(&[message]).await
            }
        };
        for outcome in outcomes {
            outcome?;
        }
        Ok(())
    }

    fn queues(&self) -> Result<Queues, Failure> {
        Ok(Queues::open(&DataDir::existing(&self.place.data)?, Durability::Fsync)?)
    }
}

fn sqs(url: Variable) -> Result<SqsQueue, Failure> {
    let variables = variables();
    let client = aws_sdk_sqs::Client::new(&configure(&variables.aws()?));
    Ok(SqsQueue::new(client, variables.required(url)?))
}

struct Command {
    post: Post,
    json: bool,
}

/// What becomes of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Redriven,
    Dropped,
}

impl Fate {
    fn word(self) -> &'static str {
        match self {
            Self::Redriven => "Sent again",
            Self::Dropped => "Dropped",
        }
    }
}

/// A letter as it is shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    id: &'a str,
    hook: Option<&'a HookName>,
    died: Timestamp,
    reason: &'a str,
    /// As JSON, where it is some.
    message: Value,
}

impl<'a> Shown<'a> {
    fn new(letter: &'a DeadLetter) -> Self {
        let message = serde_json::from_str(&letter.message).unwrap_or_else(|_| letter.message.clone().into());
        let DeadLetter { id, hook, died, reason, .. } = letter;
        Self { id, hook: hook.as_ref(), died: *died, reason, message }
    }
}

impl Command {
    async fn all(&self, wanted: impl Fn(&DeadLetter) -> bool) -> Result<Vec<DeadLetter>, Failure> {
        let mut letters = Vec::new();
        let mut page = PageRequest { limit: Some(PAGE), continuation: None };
        loop {
            let found = self.post.letters.list(&page).await?;
            letters.extend(found.items.into_iter().filter(&wanted));
            if found.continuation.is_none() {
                return Ok(letters);
            }
            page.continuation = found.continuation;
        }
    }

    async fn list(&self, filter: &DeadLetterFilter) -> Result<(), Failure> {
        let letters = self.all(|letter| matches(filter, letter)).await?;
        if self.json {
            return output::json(&letters.iter().map(Shown::new).collect::<Vec<_>>());
        }
        if letters.is_empty() {
            output::line("No dead letters.");
            return Ok(());
        }
        let mut table = Table::new(["DIED", "ID", "HOOK", "REASON"]);
        for letter in &letters {
            let died = letter.died.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
            let hook = letter.hook.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
            table.row([died.into(), (&letter.id).into(), hook.into(), (&letter.reason).into()]);
        }
        table.print();
        Ok(())
    }

    async fn show(&self, id: &str) -> Result<(), Failure> {
        let letters = self.all(|letter| letter.id == id).await?;
        let letter = letters.last().ok_or_else(|| DeadLettersError::Unknown(id.to_owned()))?;
        if self.json {
            return output::json(&Shown::new(letter));
        }
        let shown = Shown::new(letter);
        let hook = letter.hook.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
        for (name, value) in [("id", &*letter.id), ("hook", &hook), ("died", &letter.died.to_string())] {
            output::line(&format!("{name:<8}  {}", plain(value)));
        }
        output::line(&format!("{:<8}  {}", "reason", plain(&letter.reason)));
        for line in serde_json::to_string_pretty(&shown.message)?.lines() {
            output::line(&plain(line));
        }
        Ok(())
    }

    /// Sends letters again, or drops them: sent first, then removed, so that none is lost on the way.
    async fn each(&self, id: Option<String>, filter: &DeadLetterFilter, fate: Fate) -> Result<(), Failure> {
        if id.is_none() && !filter.chooses() {
            return Err(DeadLettersError::Which.into());
        }
        let chosen =
            |letter: &DeadLetter| id.as_ref().is_none_or(|id| *id == letter.id) && matches(filter, letter);
        let letters = self.all(chosen).await?;
        if let (Some(id), []) = (&id, &letters[..]) {
            return Err(DeadLettersError::Unknown(id.clone()).into());
        }
        for letter in &letters {
            if fate == Fate::Redriven {
                self.post.send_again(letter).await?;
            }
            self.post.letters.remove(letter).await?;
        }
        if self.json {
            return output::json(&letters.iter().map(Shown::new).collect::<Vec<_>>());
        }
        let count = letters.len();
        output::line(&format!("{} {count} dead letter{}.", fate.word(), if count == 1 { "" } else { "s" }));
        Ok(())
    }
}

fn matches(filter: &DeadLetterFilter, letter: &DeadLetter) -> bool {
    filter.hook.as_ref().is_none_or(|hook| letter.hook.as_ref() == Some(hook))
        && filter.since.is_none_or(|since| letter.died >= since)
        && filter.before.is_none_or(|before| letter.died < before)
}
