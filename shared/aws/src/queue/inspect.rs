//! What a queue of SQS is like, for who looks after a deployment.

use std::collections::HashMap;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::Value;
use treble_core::ports::BoxError;

/// How many messages a queue has, about, and where it puts those that it gives up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inspection {
    /// Those that can be received now.
    pub waiting: u64,
    /// Those that somebody has received and not done yet.
    pub in_flight: u64,
    /// Those that are to be received later.
    pub delayed: u64,
    /// The name of its dead-letter queue, if it has one.
    pub dead_letters: Option<String>,
}

/// Why nothing is known of a queue.
#[derive(Debug, thiserror::Error)]
#[error("the queue {queue} can't be asked how it is doing")]
pub struct InspectError {
    queue: String,
    #[source]
    source: BoxError,
}

/// Looks at the queue of that URL: one call.
pub async fn inspect(client: &Client, url: &str) -> Result<Inspection, InspectError> {
    let failed = |source: BoxError| InspectError { queue: url.to_owned(), source };
    let names = [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        QueueAttributeName::RedrivePolicy,
    ];
    let asking = client.get_queue_attributes().queue_url(url).set_attribute_names(Some(names.into()));
    let attributes =
        asking.send().await.map_err(|error| failed(error.into()))?.attributes.unwrap_or_default();
    Ok(read(&attributes))
}

fn read(attributes: &HashMap<QueueAttributeName, String>) -> Inspection {
    let count = |name| attributes.get(&name).and_then(|text: &String| text.parse().ok()).unwrap_or_default();
    Inspection {
        waiting: count(QueueAttributeName::ApproximateNumberOfMessages),
        in_flight: count(QueueAttributeName::ApproximateNumberOfMessagesNotVisible),
        delayed: count(QueueAttributeName::ApproximateNumberOfMessagesDelayed),
        dead_letters: attributes.get(&QueueAttributeName::RedrivePolicy).and_then(|policy| target(policy)),
    }
}

/// The queue that a redrive policy names by its ARN, whose last part is the name.
fn target(policy: &str) -> Option<String> {
    let policy: Value = serde_json::from_str(policy).ok()?;
    policy.get("deadLetterTargetArn")?.as_str()?.rsplit(':').next().map(str::to_owned)
}

/// The URL of a queue of this account, by its name.
pub async fn url_of(client: &Client, name: &str) -> Result<String, InspectError> {
    let failed = |source: BoxError| InspectError { queue: name.to_owned(), source };
    let reply = client.get_queue_url().queue_name(name).send().await.map_err(|error| failed(error.into()))?;
    reply.queue_url.ok_or_else(|| failed("SQS gave no URL".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_read() {
        let policy = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:1:dead","maxReceiveCount":14}"#;
        let attributes = HashMap::from([
            (QueueAttributeName::ApproximateNumberOfMessages, "3".to_owned()),
            (QueueAttributeName::ApproximateNumberOfMessagesDelayed, "2".to_owned()),
            (QueueAttributeName::RedrivePolicy, policy.to_owned()),
        ]);
        let expected =
            Inspection { waiting: 3, in_flight: 0, delayed: 2, dead_letters: Some("dead".to_owned()) };
        assert_eq!(read(&attributes), expected);
        assert_eq!(read(&HashMap::new()), Inspection::default());
    }
}
