//! One attempt at a delivery.

use std::time::Duration;

use super::super::ports::{GateReply, GateRequest, Unanswered};
use super::super::reply::{ReplyError, is_success};
use super::super::{Attempt, Delivery, Integrator};
use super::Deliverer;
use crate::ports::chain;

/// The status with which an endpoint says that it takes a delivery neither now nor later.
const GONE: u16 = 410;
/// As much of an answer is kept, in bytes.
const KEPT_REPLY_BYTES: usize = 256;

/// What an endpoint made of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It has taken it.
    Taken,
    /// It doesn't want it: why.
    Unwanted(String),
    /// It failed.
    Failed {
        /// Why.
        reason: String,
        /// In how long it wants to be tried again.
        retry_after: Option<Duration>,
    },
}

impl Deliverer {
    /// Tries to deliver.
    pub(super) async fn attempt(&self, integrator: &Integrator, delivery: &Delivery) -> (Attempt, Verdict) {
        let at = (self.clock)();
        let body = delivery.body.to_string();
        let (path, id) = (delivery.event.as_str(), delivery.id.as_str());
        let answer = self.client.post(GateRequest { integrator, path, id, now: at, body: &body }).await;
        // A clock may be set back.
        let latency = Duration::try_from((self.clock)().duration_since(at)).unwrap_or_default();
        let verdict = verdict(&answer);
        let (status, reply) = match &answer {
            Ok(reply) => (Some(reply.status), beginning(reply.body.as_deref().unwrap_or_default())),
            Err(_) => (None, String::new()),
        };
        let error = match &verdict {
            Verdict::Taken => None,
            Verdict::Unwanted(reason) | Verdict::Failed { reason, .. } => Some(reason.clone()),
        };
        if let Some(error) = &error {
            let more = answer.as_ref().err().map(|unanswered| chain(unanswered));
            let (integrator, delivery) = (&integrator.name, &delivery.id);
            tracing::warn!(%integrator, %delivery, error, more, "an integrator did not take a delivery");
        }
        (Attempt { at, latency, status, error, reply }, verdict)
    }
}

fn verdict(answer: &Result<GateReply, Unanswered>) -> Verdict {
    match answer {
        Ok(reply) if is_success(reply.status) => Verdict::Taken,
        Ok(GateReply { status: GONE, .. }) => Verdict::Unwanted(ReplyError::Status(GONE).to_string()),
        Ok(reply) => Verdict::Failed {
            reason: ReplyError::Status(reply.status).to_string(),
            retry_after: reply.retry_after,
        },
        Err(Unanswered { reason, .. }) => Verdict::Failed { reason: reason.clone(), retry_after: None },
    }
}

/// The beginning of an answer, as a text in one line.
fn beginning(body: &[u8]) -> String {
    let kept = &body[..body.len().min(KEPT_REPLY_BYTES)];
    let text = String::from_utf8_lossy(kept);
    // What was cut within a character is no character.
    let text = if kept.len() < body.len() { text.trim_end_matches('\u{fffd}') } else { &text };
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, retry_after: Option<Duration>) -> Result<GateReply, Unanswered> {
        Ok(GateReply { status, retry_after, body: None })
    }

    #[test]
    fn verdicts() {
        for status in [200, 201, 204, 299] {
            assert_eq!(verdict(&reply(status, None)), Verdict::Taken, "{status}");
        }
        assert_eq!(verdict(&reply(410, None)), Verdict::Unwanted("it answered 410".into()));
        let soon = Some(Duration::from_secs(7));
        for (status, retry_after) in [
            (100, None),
            (199, None),
            (301, None),
            (307, soon),
            (400, None),
            (404, None),
            (429, soon),
            (500, None),
            (503, soon),
        ] {
            let failed = Verdict::Failed { reason: format!("it answered {status}"), retry_after };
            assert_eq!(verdict(&reply(status, retry_after)), failed);
        }
        let unanswered = Err(Unanswered { reason: "the connection was refused".into(), source: None });
        let failed = Verdict::Failed { reason: "the connection was refused".into(), retry_after: None };
        assert_eq!(verdict(&unanswered), failed);
    }

    #[test]
    fn as_much_of_an_answer_is_kept_as_a_table_shows() {
        let long = "ä".repeat(200);
        let odd = format!("a{long}");
        let cases: [(&[u8], &str); 6] = [
            (b"", ""),
            (b"ok", "ok"),
            (b"a\r\n\x1b[31m\0b", "a   [31m b"),
            (b"a\xff", "a\u{fffd}"),
            (long.as_bytes(), &long[..256]),
            (odd.as_bytes(), &odd[..255]),
        ];
        for (body, kept) in cases {
            assert_eq!(beginning(body), kept);
        }
    }
}
