//! Small sets of small numbers.

/// A set of numbers from 0 to 63: the seconds, minutes, hours, days, months or weekdays that a calendar allows.
/// The numbers are `i8`, as they are in `jiff`'s dates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Set(u64);

/// The largest number that a set can hold.
const MAX: i8 = 63;

impl Set {
    pub(crate) const EMPTY: Self = Self(0);

    /// The numbers from `first` to `last`, both included; none when they are the wrong way round.
    pub(crate) const fn range(first: i8, last: i8) -> Self {
        let first = if first < 0 { 0 } else { first };
        let last = if last > MAX { MAX } else { last };
        if first > last {
            return Self::EMPTY;
        }
        Self((u64::MAX << first) & (u64::MAX >> (MAX - last)))
    }

    pub(crate) const fn of(number: i8) -> Self {
        Self::range(number, number)
    }

    /// Every seventh number from `first` on: within a month, the days that share a weekday.
    pub(crate) const fn weekly_from(first: i8) -> Self {
        let weeks = Self(1 | 1 << 7 | 1 << 14 | 1 << 21 | 1 << 28 | 1 << 35);
        Self(weeks.0 << (first & MAX))
    }

    pub(crate) const fn contains(self, number: i8) -> bool {
        !self.intersection(Self::of(number)).is_empty()
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) const fn len(self) -> u32 {
        self.0.count_ones()
    }

    #[must_use]
    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub(crate) const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) fn insert(&mut self, number: i8) {
        *self = self.union(Self::of(number));
    }

    /// The numbers that are at least `first`.
    #[must_use]
    pub(crate) const fn at_least(self, first: i8) -> Self {
        self.intersection(Self::range(first, MAX))
    }

    pub(crate) fn first(self) -> Option<i8> {
        i8::try_from(self.0.trailing_zeros()).ok().filter(|&number| number <= MAX)
    }

    pub(crate) fn last(self) -> Option<i8> {
        self.0.checked_ilog2().and_then(|number| i8::try_from(number).ok())
    }

    /// The numbers, from the smallest.
    pub(crate) fn iter(self) -> impl Iterator<Item = i8> {
        std::iter::successors(self.first(), move |&number| self.at_least(number + 1).first())
    }
}

impl FromIterator<i8> for Set {
    fn from_iter<I: IntoIterator<Item = i8>>(numbers: I) -> Self {
        numbers.into_iter().map(Self::of).fold(Self::EMPTY, Self::union)
    }
}
