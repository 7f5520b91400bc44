//! Logs: a JSON object a line, on standard output, which Lambda keeps.

use std::panic;

use tracing::level_filters::LevelFilter;

/// Starts logging at a level (`AWS_LAMBDA_LOG_LEVEL`, as Lambda's own logs); without one, at what needs somebody's
/// attention.
pub(crate) fn start(level: Option<&str>) {
    let level = level.and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::WARN);
    tracing_subscriber::fmt()
        .json()
        .with_max_level(level)
        .with_span_list(false)
        .flatten_event(true)
        .with_ansi(false)
        .init();
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panicked: {}", panic.payload_as_str().unwrap_or("no message"));
    }));
}
