//! Mails to the owner of an integrator.

use jiff::Timestamp;

use super::text::{INDENT, field, moment};
use super::{NoMail, Notice, NoticeKind, safe};
use crate::gate::ports::LaneState;
use crate::gate::{Integrator, RETRY_FOR};

impl Notice {
    /// Tells that an integrator's endpoint fails.
    ///
    /// # Errors
    /// When its owner gets no mail.
    pub fn integrator_fails(integrator: &Integrator, owner: &str, lane: &LaneState) -> Result<Self, NoMail> {
        let name = &integrator.name;
        let mut text = format!("Deliveries to the integrator {name} fail.\n\n");
        text += &head(integrator);
        if let Some(since) = lane.down_since {
            text += &field("Failing since", &moment(since));
        }
        text += "\nWhy:\n\n";
        text += &safe::indented(lane.last_error.as_deref().unwrap_or("unknown"), INDENT);
        text += "\nWhat happens next:\n\n";
        text += "- What waits is kept in its order. The first of it is tried again, each time after a longer pause, up to an hour.\n";
        text += &format!(
            "- What could not be delivered for {} days is given up and kept as a dead delivery.\n",
            days()
        );
        text += "- When it works again, all that waits follows at once, and you get one more mail.\n\n";
        text += &format!(
            "To see what waits, and to try its endpoint now:\n\n{INDENT}treble deliveries list {name}\n"
        );
        text += &format!("{INDENT}treble integrator probe {name}\n\n");
        text += PLACE;
        Self::to_owner(NoticeKind::Failure, owner, format!("Deliveries to {name} fail"), text)
    }

    /// Tells that an integrator's endpoint works again.
    ///
    /// # Errors
    /// When its owner gets no mail.
    pub fn integrator_recovered(
        integrator: &Integrator,
        owner: &str,
        since: Option<Timestamp>,
    ) -> Result<Self, NoMail> {
        let name = &integrator.name;
        let mut text = format!("The integrator {name} takes deliveries again.\n\n");
        text += &head(integrator);
        if let Some(since) = since {
            text += &field("Failed since", &moment(since));
        }
        text += "\nWhat happens next:\n\n- What waited is delivered now, in its order.\n";
        text += "- What was given up in the meantime is kept as dead deliveries.\n\n";
        text += &format!("To send those again:\n\n{INDENT}treble deliveries recover {name} --since TIME\n\n");
        text += PLACE;
        Self::to_owner(NoticeKind::Recovery, owner, format!("Deliveries to {name} go well again"), text)
    }

    fn to_owner(kind: NoticeKind, owner: &str, subject: String, text: String) -> Result<Self, NoMail> {
        let to = safe::address(owner).ok_or_else(|| NoMail::NoAddress(owner.to_owned()))?;
        Ok(Self { kind, to: to.to_owned(), subject, text })
    }
}

const PLACE: &str = "This is the hooks service. It writes to you as the integrator's owner.\n";

fn head(integrator: &Integrator) -> String {
    let Integrator { name, url, .. } = integrator;
    field("Integrator", name.as_str()) + &field("URL", &safe::line(url))
}

fn days() -> u64 {
    RETRY_FOR.as_secs() / (24 * 60 * 60)
}
