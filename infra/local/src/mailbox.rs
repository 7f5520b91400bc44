//! Mails in a file of the data directory, in place of a mail server's: what hooks' owners would get.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use async_trait::async_trait;
use jiff::Timestamp;
use treble_core::notice::Notice;
use treble_core::ports::{MailError, Mailer};

use crate::data_dir::DataDirError;

/// Who the mails are from.
const FROM: &str = "treble@localhost";

/// A file that mails are appended to, in the format of Unix mailboxes (mbox): `less` shows it, `mail -f` reads it. It may be
/// moved away or removed at any time.
#[derive(Debug)]
pub(crate) struct Mailbox {
    path: PathBuf,
    now: fn() -> Timestamp,
}

impl Mailbox {
    /// The file at `path`, made with the first mail.
    pub(crate) fn new(path: PathBuf, now: fn() -> Timestamp) -> Self {
        Self { path, now }
    }

    /// Appends in one write, so that no mail is ever within another.
    fn append(&self, mail: &str) -> Result<(), DataDirError> {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path);
        file.and_then(|mut file| file.write_all(mail.as_bytes()))
            .map_err(DataDirError::io("write", &self.path))
    }
}

#[async_trait]
impl Mailer for Mailbox {
    async fn send(&self, notice: &Notice) -> Result<(), MailError> {
        // A line or forty, and few: not worth another thread.
        self.append(&mail(notice, (self.now)())).map_err(|error| MailError::Unavailable(error.into()))
    }
}

/// A mail as it is in a mailbox: a line that begins one, the head, the text, an empty line. A line of the text that looks like
/// the first is marked, as all mailboxes do it.
fn mail(notice: &Notice, now: Timestamp) -> String {
    let (day, date) = (now.strftime("%a %b %e %H:%M:%S %Y"), now.strftime("%a, %d %b %Y %H:%M:%S +0000"));
    let Notice { to, subject, text, .. } = notice;
    let mut mail = format!(
        "From {FROM} {day}\nFrom: {FROM}\nTo: {to}\nDate: {date}\nSubject: {subject}\n\
         Content-Type: text/plain; charset=utf-8\n\n"
    );
    for line in text.lines() {
        if line.trim_start_matches('>').starts_with("From ") {
            mail.push('>');
        }
        mail.push_str(line);
        mail.push('\n');
    }
    mail.push('\n');
    mail
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use treble_core::notice::NoticeKind;

    use super::*;

    fn notice(text: &str) -> Notice {
        Notice {
            kind: NoticeKind::Failure,
            to: "o@example.com".into(),
            subject: "Hook g/h fails".into(),
            text: text.into(),
        }
    }

    #[tokio::test]
    async fn mails_are_appended_for_one_user() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mailbox.txt");
        let mailbox = Mailbox::new(path.clone(), || Timestamp::constant(1_795_753_374, 0));
        mailbox.send(&notice("a\nFrom here\n>From there\n")).await.unwrap();
        mailbox.send(&notice("ä\n")).await.unwrap();
        let head = "\
From treble@localhost Fri Nov 27 04:22:54 2026
From: treble@localhost
To: o@example.com
Date: Fri, 27 Nov 2026 04:22:54 +0000
Subject: Hook g/h fails
Content-Type: text/plain; charset=utf-8
";
        let expected = format!("{head}\na\n>From here\n>>From there\n\n{head}\nä\n\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), expected);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[tokio::test]
    async fn a_mailbox_that_is_nowhere() {
        let mailbox = Mailbox::new("/nowhere/mailbox.txt".into(), Timestamp::now);
        let error = mailbox.send(&notice("a\n")).await.unwrap_err();
        assert!(matches!(error, MailError::Unavailable(_)));
    }
}
