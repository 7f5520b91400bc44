//! Logs: lines for people, on standard error.

use std::io;
use std::panic;

use tracing::level_filters::LevelFilter;

/// Quiet: what needs somebody's attention; verbose: also a line for each request.
pub(crate) fn start(verbose: bool) {
    let level = if verbose { LevelFilter::INFO } else { LevelFilter::WARN };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(io::stderr)
        .with_ansi(false)
        .with_target(false)
        .init();
    // A panic is a fault of ours: one line in the log, the request gets a 500.
    panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("no message");
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(message = %format_args!("panicked at {place}: {message}"));
    }));
}
