//! Which events of a list are new: no event twice, and none missed, though the list changes while it is read.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Found;

/// So many handled events are remembered by their ids, and more only where a list has more on the pages that were read.
const REMEMBERED: usize = 100;

/// Which of a repository's events were handled.
///
/// The newest are known by their ids, so that one that a provider lists late, below others, is still found. What is not above
/// the floor is old, whether it is known or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cursor {
    /// Events that were handled, with their places in the list's order.
    pub handled: BTreeMap<String, i64>,
    /// Nothing up to here is news. None where all that there was is known.
    pub floor: Option<i64>,
}

impl Cursor {
    fn is_below(&self, order: i64) -> bool {
        self.floor.is_some_and(|floor| order <= floor)
    }

    fn has(&self, found: &Found) -> bool {
        self.is_below(found.order) || self.handled.contains_key(&found.event.id)
    }

    fn raise(&mut self, floor: i64) {
        self.floor = self.floor.max(Some(floor));
    }
}

/// A list of events while it is read, page after page.
pub(super) struct Reading<'a> {
    cursor: Option<&'a Cursor>,
    since: Timestamp,
    seen: BTreeMap<String, Found>,
    /// The lowest order of the last page, where more pages follow.
    end: Option<i64>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(cursor: Option<&'a Cursor>, since: Timestamp) -> Self {
        Self { cursor, since, seen: BTreeMap::new(), end: None }
    }

    /// Adds a page: whether the next one has to be read as well. It need not once half a page of what is no news has been met:
    /// what follows is older still, and a provider that lists events late doesn't list them that late. Events that came while
    /// earlier pages were read have moved others on to this one.
    pub(super) fn add(&mut self, page: Vec<Found>, more: bool) -> bool {
        let enough = page.len().div_ceil(2);
        self.end = if more { page.iter().map(|found| found.order).min().or(self.end) } else { None };
        self.seen.extend(page.into_iter().map(|found| (found.event.id.clone(), found)));
        let old = self.seen.values().filter(|found| !self.is_news(found)).count();
        more && old < enough
    }

    /// What is new, oldest first, and the cursor once that is handled.
    pub(super) fn finish(self) -> (Vec<Found>, Cursor) {
        let mut next = self.cursor.cloned().unwrap_or_default();
        let orders: Vec<(String, i64)> =
            self.seen.iter().map(|(id, found)| (id.clone(), found.order)).collect();
        let mut news: Vec<Found> = self.seen.values().filter(|found| self.is_news(found)).cloned().collect();
        news.sort_by(|a, b| (a.order, &a.event.id).cmp(&(b.order, &b.event.id)));
        // What comes after the pages that were read is older, and was handled or is no news.
        if let Some(end) = self.end {
            next.raise(end);
        }
        next.handled.extend(orders);
        self.trim(&mut next);
        (news, next)
    }

    fn is_news(&self, found: &Found) -> bool {
        let early = found.happened.is_some_and(|happened| happened <= self.since);
        match self.cursor {
            Some(cursor) => !early && !cursor.has(found),
            // Nobody has polled it yet, and it may have been watched for a minute.
            None => !early && found.happened.is_some(),
        }
    }

    /// Forgets ids: first of what the list has no longer, the oldest before others. What it still has stays old by the floor.
    fn trim(&self, cursor: &mut Cursor) {
        let floor = cursor.floor;
        cursor.handled.retain(|_, order| floor.is_none_or(|floor| *order > floor));
        let listed = |id: &String| self.seen.contains_key(id);
        let mut oldest: Vec<(bool, i64, String)> =
            cursor.handled.iter().map(|(id, order)| (listed(id), *order, id.clone())).collect();
        oldest.sort();
        oldest.truncate(oldest.len().saturating_sub(REMEMBERED));
        for (listed, order, id) in oldest {
            cursor.handled.remove(&id);
            if listed {
                cursor.raise(order);
            }
        }
    }
}
