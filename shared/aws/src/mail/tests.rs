use treble_core::notice::NoticeKind;

use super::*;
use crate::stub::{Step, Stub};

fn mailer(stub: &Stub) -> SesMailer {
    SesMailer::new(Client::new(&stub.sdk_config()), "hooks@example.com")
}

fn notice() -> Notice {
    Notice {
        kind: NoticeKind::Failure,
        to: "o@example.com".into(),
        subject: "Hook g/h fails".into(),
        text: "no ä\n".into(),
    }
}

#[tokio::test]
async fn a_mail_is_one_call() {
    let taken = r#"<SendEmailResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><SendEmailResult>
        <MessageId>1</MessageId></SendEmailResult></SendEmailResponse>"#;
    let stub = Stub::new([Step::text(200, taken)]);
    mailer(&stub).send(&notice()).await.unwrap();
    let body = String::from_utf8(stub.sent()[0].body.clone()).unwrap();
    for part in [
        "Action=SendEmail",
        "Source=hooks%40example.com",
        "Destination.ToAddresses.member.1=o%40example.com",
        "Message.Subject.Data=Hook%20g%2Fh%20fails",
        "Message.Body.Text.Data=no%20%C3%A4%0A",
        "Message.Body.Text.Charset=UTF-8",
    ] {
        assert!(body.split('&').any(|found| found == part), "{part}: {body}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_mail_stays_so() {
    let error = |status, code: &str| {
        let body = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
        );
        Step::text(status, &body)
    };
    for (answer, stays) in [
        (error(400, "MessageRejected"), true),
        (error(400, "InvalidParameterValue"), true),
        (error(400, "MailFromDomainNotVerifiedException"), false),
        (error(400, "AccountSendingPausedException"), false),
        (error(400, "Throttling"), false),
        (error(403, "AccessDenied"), false),
        (error(500, "InternalFailure"), false),
        (Step::Refuse, false),
    ] {
        let told = format!("{answer:?}");
        let error = mailer(&Stub::new([answer])).send(&notice()).await.unwrap_err();
        assert_eq!(matches!(error, MailError::Refused(_)), stays, "{told}: {error:?}");
    }
}
