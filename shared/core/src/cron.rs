//! Cron patterns.
