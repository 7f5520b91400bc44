//! Slugids.
