//! Figures for CloudWatch, as lines of the log in its embedded metric format: one for each combination of dimensions that an
//! invocation has figures of, which is mostly one.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
//!
//! Each combination of dimensions is a metric of its own, and billed as one. So all of them have few values, whatever the
//! hooks: there is none for a hook.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use treble_api::taskcluster::error::Code;
use treble_aws::settings::STACK;
use treble_core::report::{FiringReport, Kind};

use crate::start::Environment;

/// The most values that a metric may have in a line.
const MOST_VALUES: usize = 100;

/// A figure: its name, its unit, its value or a list of them.
pub(crate) type Metric = (&'static str, &'static str, Value);

/// Where figures go.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    /// The deployment that they are of; where there is none, they have no such dimension.
    stack: Option<String>,
}

impl Metrics {
    /// Those of the deployment that the environment names.
    pub(crate) fn of(variables: &Environment) -> Self {
        Self { stack: variables.optional(STACK.name) }
    }

    /// Says what the figures are now.
    pub(crate) fn emit(&self, now: Timestamp, metrics: &[Metric]) {
        print(&self.line(now, &[], metrics));
    }

    /// Counts firings by what they came from and what came of them, and tells how late the tasks were that they created.
    pub(crate) fn firings(&self, now: Timestamp, reports: impl IntoIterator<Item = FiringReport>) {
        for line in self.firing_lines(now, reports) {
            print(&line);
        }
    }

    /// Counts a request that was refused for what it is, not for a fault of ours.
    pub(crate) fn rejected(&self, now: Timestamp, code: Code) {
        if code.status().is_client_error() {
            print(&self.line(now, &[("Code", code.as_str())], &[("Rejects", "Count", 1.into())]));
        }
    }

    fn firing_lines(
        &self,
        now: Timestamp,
        reports: impl IntoIterator<Item = FiringReport>,
    ) -> impl Iterator<Item = Value> {
        let mut groups: BTreeMap<(&str, Kind), Vec<u64>> = BTreeMap::new();
        for report in reports {
            let latency = u64::try_from(report.latency.as_millis()).unwrap_or(u64::MAX);
            groups.entry((report.fired_by.as_str(), report.result)).or_default().push(latency);
        }
        groups.into_iter().map(move |((fired_by, result), mut latencies)| {
            let mut metrics = vec![("Fires", "Count", latencies.len().into())];
            if result == Kind::Success {
                latencies.truncate(MOST_VALUES);
                metrics.push(("FireLatency", "Milliseconds", latencies.into()));
            }
            self.line(now, &[("FiredBy", fired_by), ("Result", result.as_str())], &metrics)
        })
    }

    fn line(&self, now: Timestamp, dimensions: &[(&str, &str)], metrics: &[Metric]) -> Value {
        let stack = self.stack.as_deref().map(|stack| ("Stack", stack));
        let dimensions: Vec<_> = stack.into_iter().chain(dimensions.iter().copied()).collect();
        let names: Vec<&str> = dimensions.iter().map(|&(name, _)| name).collect();
        let definitions: Vec<Value> =
            metrics.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit})).collect();
        let directive = json!({"Namespace": "Treble", "Dimensions": [names], "Metrics": definitions});
        let mut line = Map::new();
        let metadata = json!({"Timestamp": now.as_millisecond(), "CloudWatchMetrics": [directive]});
        line.insert("_aws".into(), metadata);
        line.extend(dimensions.iter().map(|&(name, value)| (name.to_owned(), value.into())));
        line.extend(metrics.iter().map(|(name, _, value)| ((*name).to_owned(), value.clone())));
        line.into()
    }
}

#[allow(clippy::print_stdout, reason = "what CloudWatch reads of a function's output")]
fn print(line: &Value) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use treble_core::firing::FiredBy;

    use super::*;

    fn metrics(stack: Option<&str>) -> Metrics {
        Metrics { stack: stack.map(str::to_owned) }
    }

    #[test]
    fn a_line_says_what_it_measures_and_of_which_deployment() {
        let now = Timestamp::from_second(1).unwrap();
        let lag = [("TickLag", "Milliseconds", 7.into())];
        let directive = |dimensions: Value| {
            let metrics = json!([{"Name": "TickLag", "Unit": "Milliseconds"}]);
            let directive = json!({"Namespace": "Treble", "Dimensions": dimensions, "Metrics": metrics});
            json!({"Timestamp": 1000, "CloudWatchMetrics": [directive]})
        };
        assert_eq!(
            metrics(Some("prod")).line(now, &[], &lag),
            json!({"_aws": directive(json!([["Stack"]])), "Stack": "prod", "TickLag": 7})
        );
        assert_eq!(metrics(None).line(now, &[], &lag), json!({"_aws": directive(json!([[]])), "TickLag": 7}));
    }

    #[test]
    fn firings_are_counted_in_as_few_lines_as_there_are_kinds() {
        let report = |fired_by, result, latency| FiringReport {
            fired_by,
            result,
            latency: Duration::from_millis(latency),
        };
        let reports = [
            report(FiredBy::Schedule, Kind::Success, 5),
            report(FiredBy::Schedule, Kind::Error, 6),
            report(FiredBy::Schedule, Kind::Success, 7),
        ];
        let lines: Vec<Value> = metrics(Some("s")).firing_lines(Timestamp::UNIX_EPOCH, reports).collect();
        let told: Vec<_> = lines
            .iter()
            .map(|line| (&line["FiredBy"], &line["Result"], &line["Fires"], &line["FireLatency"]))
            .collect();
        assert_eq!(
            told,
            [
                (&json!("schedule"), &json!("success"), &json!(2), &json!([5, 7])),
                (&json!("schedule"), &json!("error"), &json!(1), &Value::Null),
            ]
        );
        let dimensions = &lines[0]["_aws"]["CloudWatchMetrics"][0]["Dimensions"];
        assert_eq!(*dimensions, json!([["Stack", "FiredBy", "Result"]]));
        assert_eq!(metrics(None).firing_lines(Timestamp::UNIX_EPOCH, []).count(), 0);
    }
}
