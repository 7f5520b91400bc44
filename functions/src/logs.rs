//! Logs: a JSON object a line, on standard output, which Lambda keeps. Each line says of which invocation it is.
//!
//! Nothing of a payload, no token, no query and no body is ever in them: lines name a route, a hook, a taskId, a code, and what
//! is wrong in words of our own or of AWS.

mod invocation;
mod line;

use std::panic;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

pub(crate) use invocation::{Invocations, trace};

/// Starts logging at a level (`AWS_LAMBDA_LOG_LEVEL`, as Lambda's own logs); without one, at what needs somebody's
/// attention.
///
/// What others' code says below INFO is left out at every level: the runtime writes whole events at TRACE.
pub(crate) fn start(level: Option<&str>) {
    let level = level.and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::WARN);
    let levels = Targets::new().with_default(level.min(LevelFilter::INFO)).with_target("treble", level);
    let lines = tracing_subscriber::fmt::layer().fmt_fields(line::Pairs).event_format(line::Json);
    tracing_subscriber::registry().with(lines).with(levels).init();
    // A panic's message may quote what it was about: its place says enough.
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panicked");
    }));
}
