//! `$sort`.

use std::cmp::Ordering;

use super::{Engine, Scope};
use crate::error::Error;
use crate::template::{By, Node};
use crate::value::{Text, Val};

const WRONG: &str = "$sorted values to be sorted must have the same type";

/// What an element is sorted by. All keys of a sort are of one kind.
enum SortKey<'v> {
    Number(f64),
    Text(Text<'v>),
}

impl<'v> Engine<'v> {
    /// Elements in order, equal ones in the order they came.
    pub(super) fn sort(
        &self,
        over: &'v Node,
        by: Option<&'v By>,
        scope: &Scope<'_, 'v>,
    ) -> Result<Val<'v>, Error> {
        let array = self.array_of(over, WRONG, scope)?;
        self.budget.items(array.len())?;
        // About how often an element is compared.
        let rounds = array.len().max(1).ilog2() as usize + 1;
        let mut keyed = Vec::with_capacity(array.len());
        for item in array.into_items() {
            let key = match by {
                Some(By { name, code }) => {
                    let names = [(&**name, item.clone())];
                    self.run(code, &scope.with_names(&names))?
                }
                None => item.clone(),
            };
            let key = sort_key(key, keyed.first().map(|(first, _)| first))?;
            if let SortKey::Text(text) = &key {
                self.budget.scan(text.len().saturating_mul(rounds))?;
            }
            self.budget.steps(rounds)?;
            keyed.push((key, item));
        }
        keyed.sort_by(|(a, _), (b, _)| compare(a, b));
        self.array_of_paid(keyed.into_iter().map(|(_, item)| item).collect())
    }
}

fn sort_key<'v>(key: Val<'v>, first: Option<&SortKey<'v>>) -> Result<SortKey<'v>, Error> {
    match (key, first) {
        (Val::Number(number), _) if number.float().is_nan() => {
            Err(Error::template("$sort cannot place what is not a number (NaN)"))
        }
        (Val::Number(number), None | Some(SortKey::Number(_))) => Ok(SortKey::Number(number.float())),
        (Val::Text(text), None | Some(SortKey::Text(_))) => Ok(SortKey::Text(text)),
        _ => Err(Error::template(WRONG)),
    }
}

fn compare(a: &SortKey<'_>, b: &SortKey<'_>) -> Ordering {
    match (a, b) {
        (SortKey::Number(a), SortKey::Number(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
        (SortKey::Text(a), SortKey::Text(b)) => (**a).cmp(&**b),
        _ => Ordering::Equal,
    }
}
