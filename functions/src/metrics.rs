//! Figures for CloudWatch, as lines of the log in its embedded metric format.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// A figure: its name, its unit, its value.
pub(crate) type Metric = (&'static str, &'static str, u64);

/// Says what the figures are now.
#[allow(clippy::print_stdout, reason = "what CloudWatch reads of a function's output")]
pub(crate) fn emit(now: Timestamp, metrics: &[Metric]) {
    println!("{}", line(now, metrics));
}

fn line(now: Timestamp, metrics: &[Metric]) -> Value {
    let definitions: Vec<Value> =
        metrics.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit})).collect();
    let directive = json!({"Namespace": "Treble", "Dimensions": [[]], "Metrics": definitions});
    let mut line = Map::new();
    let metadata = json!({"Timestamp": now.as_millisecond(), "CloudWatchMetrics": [directive]});
    line.insert("_aws".into(), metadata);
    line.extend(metrics.iter().map(|&(name, _, value)| (name.to_owned(), value.into())));
    line.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_it_measures() {
        let now = Timestamp::from_second(1).unwrap();
        let expected = json!({
            "_aws": {"Timestamp": 1000, "CloudWatchMetrics": [
                {"Namespace": "Treble", "Dimensions": [[]], "Metrics": [{"Name": "TickLag", "Unit": "Milliseconds"}]},
            ]},
            "TickLag": 7,
        });
        assert_eq!(line(now, &[("TickLag", "Milliseconds", 7)]), expected);
    }
}
