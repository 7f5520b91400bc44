//! What a rendering has left to spend.

use std::cell::Cell;

use crate::error::Error;
use crate::limits::Limits;

/// What one element of an array or one entry of an object takes, its text aside.
const ITEM_BYTES: usize = 64;
/// How much text is looked through in one step.
const BYTES_PER_STEP: usize = 64;

/// Counts down; an error when there is nothing left.
pub(crate) struct Budget {
    steps: Cell<u64>,
    bytes: Cell<usize>,
    limits: Limits,
}

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { steps: Cell::new(limits.steps), bytes: Cell::new(limits.bytes), limits: *limits }
    }

    /// One step.
    pub(crate) fn step(&self) -> Result<(), Error> {
        self.steps(1)
    }

    /// `count` steps.
    pub(crate) fn steps(&self, count: usize) -> Result<(), Error> {
        match self.steps.get().checked_sub(count as u64) {
            Some(left) => {
                self.steps.set(left);
                Ok(())
            }
            None => Err(Error::limit(format!("rendering takes more than {} steps", self.limits.steps))),
        }
    }

    /// The steps of looking through a text of `length` bytes.
    pub(crate) fn scan(&self, length: usize) -> Result<(), Error> {
        self.steps(length / BYTES_PER_STEP)
    }

    /// Bytes of text about to be allocated.
    pub(crate) fn bytes(&self, count: usize) -> Result<(), Error> {
        match self.bytes.get().checked_sub(count) {
            Some(left) => {
                self.bytes.set(left);
                Ok(())
            }
            None => Err(Error::limit(format!("rendering allocates more than {} bytes", self.limits.bytes))),
        }
    }

    /// Elements or entries about to be allocated, and visited for it.
    pub(crate) fn items(&self, count: usize) -> Result<(), Error> {
        self.steps(count)?;
        self.bytes(count.saturating_mul(ITEM_BYTES))
    }

    /// An error if a value goes `levels` deep and that is too deep.
    pub(crate) fn depth(&self, levels: usize) -> Result<(), Error> {
        if levels <= self.limits.value_depth {
            return Ok(());
        }
        Err(Error::limit(format!("a value is nested more than {} deep", self.limits.value_depth)))
    }
}
