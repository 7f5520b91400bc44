//! How a line is written: one flat object, with the fields of all spans around the event. `tracing-subscriber`'s own JSON
//! nests them, and parses what a span has each time that a field is added to it: too much for spans that mostly see no line.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// A span's fields, kept as `"name":value,` one after the other: short to write, and read only if there is a line.
pub(super) struct Pairs;

impl<'w> FormatFields<'w> for Pairs {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut map = Map::new();
        fields.record(&mut Collect(&mut map));
        for (name, value) in map {
            write!(writer, "{}:{value},", Value::String(name))?;
        }
        Ok(())
    }
}

/// A line: when, how grave, where, what; and all fields, of which those nearest to the event count.
pub(super) struct Json;

impl<S> FormatEvent<S, Pairs> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, Pairs>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = Map::new();
        line.insert("timestamp".into(), now().to_string().into());
        line.insert("level".into(), event.metadata().level().as_str().into());
        line.insert("target".into(), event.metadata().target().into());
        for span in context.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(pairs) = span.extensions().get::<FormattedFields<Pairs>>() {
                let object = format!("{{{}}}", pairs.fields.trim_end_matches(','));
                // What the span's own formatter wrote is an object.
                line.extend(serde_json::from_str::<Map<String, Value>>(&object).unwrap_or_default());
            }
        }
        event.record(&mut Collect(&mut line));
        writeln!(writer, "{}", Value::Object(line))
    }
}

fn now() -> Timestamp {
    // Milliseconds are what CloudWatch sorts by.
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// Collects fields. One that is empty is left out.
struct Collect<'m>(&'m mut Map<String, Value>);

impl Collect<'_> {
    fn add(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Collect<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use serde_json::json;
    use tracing::field::Empty;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_has_the_fields_of_its_spans_and_the_nearest_counts() {
        let written = Written::default();
        let writer = written.clone();
        let layer = tracing_subscriber::fmt::layer().fmt_fields(Pairs).event_format(Json);
        let subscriber = tracing_subscriber::registry().with(layer.with_writer(move || writer.clone()));
        tracing::subscriber::with_default(subscriber, || {
            let outer = tracing::error_span!(
                "outer",
                requestId = "a\"\n",
                coldStart = true,
                hook = Empty,
                route = Empty
            );
            let _outer = outer.enter();
            outer.record("hook", "g/h").record("hook", tracing::field::display("g/i"));
            let _inner = tracing::error_span!("inner", route = "r").entered();
            tracing::warn!(count = 3, hook = "g/j", "what {}", "happened");
            tracing::error!("again");
        });
        let written = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let expected = [
            json!({"level": "WARN", "requestId": "a\"\n", "coldStart": true, "hook": "g/j", "route": "r", "count": 3,
                   "message": "what happened"}),
            json!({"level": "ERROR", "requestId": "a\"\n", "coldStart": true, "hook": "g/i", "route": "r",
                   "message": "again"}),
        ];
        let lines: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2, "{written}");
        for (mut line, expected) in lines.into_iter().zip(expected) {
            let line_fields = line.as_object_mut().unwrap();
            assert!(line_fields.remove("timestamp").unwrap().as_str().unwrap().parse::<Timestamp>().is_ok());
            line_fields.remove("target").unwrap();
            assert_eq!(line, expected);
        }
    }
}
