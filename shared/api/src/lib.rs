//! The public HTTP dialects of Treble.
