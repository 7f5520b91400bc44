//! Wire-level tests of Treble through published clients.
