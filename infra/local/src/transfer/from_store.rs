//! Everything that a store has, a page at a time.

use jiff::Timestamp;
use treble_core::hook::StoredHook;
use treble_core::ports::{
    BindingLedger as _, DeadLetters as _, FireStore as _, HookStore as _, Page, PageRequest,
};

use super::output::Output;
use super::place::Place;
use super::record::{FORMAT, Header, Source, VERSION, fingerprint};
use crate::cli;
use crate::output::Failure;

/// How many entries are read at once: of hooks, which may have 350 KiB each, no more than some megabytes.
const PAGE: usize = 25;

/// Writes the file; how many records are in it.
pub(super) async fn run(arguments: &cli::Export) -> Result<usize, Failure> {
    let place = Place::existing(&arguments.end).await?;
    let header = Header {
        format: FORMAT.to_owned(),
        version: VERSION,
        exported: Timestamp::now(),
        from: Source::Store,
        root_url: None,
        master_key: Some(fingerprint(&place.master_key)),
    };
    let mut export = Export { output: Output::begin(&arguments.file, &header)?, place };
    if arguments.groups.is_empty() {
        export.everything().await?;
    } else {
        for group in &arguments.groups {
            export.group(group).await?;
        }
    }
    export.output.finish()
}

struct Export {
    place: Place,
    output: Output,
}

/// Asks for page after page of something, and does something with each entry.
macro_rules! each {
    ($page:ident => $list:expr, $entry:ident => $work:expr) => {{
        let mut $page = PageRequest { limit: Some(PAGE), continuation: None };
        loop {
            let Page { items, continuation } = $list.await?;
            for $entry in items {
                $work;
            }
            if continuation.is_none() {
                break;
            }
            $page.continuation = continuation;
        }
    }};
}

impl Export {
    async fn everything(&mut self) -> Result<(), Failure> {
        each!(page => self.place.auth.list_roles(&page), role => self.output.add(role)?);
        each!(page => self.place.auth.list_sealed_clients(&page), client => self.output.add(client)?);
        each!(page => self.place.hooks.groups(&page), group => self.group(&group).await?);
        for made in self.place.hooks.made().await? {
            self.output.add(made)?;
        }
        each!(page => self.place.dead_letters.list(&page), letter => self.output.add(letter)?);
        Ok(())
    }

    async fn group(&mut self, group: &str) -> Result<(), Failure> {
        each!(page => self.place.hooks.list(group, &page), hook => self.hook(&hook).await?);
        Ok(())
    }

    /// A hook, and what came of its firings.
    async fn hook(&mut self, hook: &StoredHook) -> Result<(), Failure> {
        self.output.add(hook)?;
        each!(page => self.place.fires.list(hook, &page), fire => self.output.add(fire)?);
        each!(page => self.place.fires.claims(hook, &page), claim => self.output.add(claim)?);
        Ok(())
    }
}
