use super::*;

fn read(event: Event, body: &str) -> Result<Approval, String> {
    Approval::read(event, body.as_bytes()).map_err(|error| error.to_string())
}

fn approved() -> Approval {
    Approval { approved: true, ..Approval::default() }
}

#[test]
fn what_may_be_refused() {
    let some = |text: &str| Some(text.to_owned());
    let refused = Approval::default;
    let cases = [
        (r#"{"approved":true}"#, approved()),
        (r#"{"approved":true,"reason":"why not","other":[1]}"#, approved()),
        (r#"{"approved":true,"work_id":"w"}"#, Approval { work_id: some("w"), ..approved() }),
        (r#"{"approved":true,"work_id":"","user_id":null}"#, approved()),
        (
            r#"{"approved":true,"user_id":"u","project_id":"p","organisation_id":"o"}"#,
            Approval { user_id: some("u"), project_id: some("p"), organisation_id: some("o"), ..approved() },
        ),
        (r#"{"approved":false}"#, refused()),
        (r#"{"approved":false,"reason":" too many "}"#, Approval { reason: some("too many"), ..refused() }),
        (r#"{"approved":false,"reason":" "}"#, refused()),
        (r#"{"approved":false,"work_id":"w"}"#, Approval { work_id: some("w"), ..refused() }),
        // A no stands, however it is said.
        (r#"{"approved":false,"reason":5,"work_id":7,"user_id":[]}"#, refused()),
    ];
    for (body, expected) in cases {
        for event in Event::ALL.into_iter().filter(|event| event.may_be_refused()) {
            assert_eq!(read(event, body), Ok(expected.clone()), "{event} {body}");
        }
    }
}

#[test]
fn what_can_not_be_understood() {
    let cases = [
        ("", "it is empty"),
        (" ", "it is no JSON, from line 1 column 1 on"),
        ("OK", "it is no JSON, from line 1 column 1 on"),
        ("<html>", "it is no JSON, from line 1 column 1 on"),
        (r#"{"approved":tru"#, "it is no JSON, from line 1 column 15 on"),
        (r#"{"approved":true} x"#, "it is no JSON, from line 1 column 19 on"),
        ("true", "it is a boolean, not an object"),
        ("null", "it is null, not an object"),
        ("[]", "it is an array, not an object"),
        ("{}", "it doesn't say whether it is approved"),
        (r#"{"Approved":true}"#, "it doesn't say whether it is approved"),
        (r#"{"approved":null}"#, "approved is null, not a boolean"),
        (r#"{"approved":"true"}"#, "approved is a string, not a boolean"),
        (r#"{"approved":1}"#, "approved is a number, not a boolean"),
        (r#"{"approved":true,"work_id":1}"#, "work_id is a number, not a string"),
        (r#"{"approved":true,"organisation_id":{}}"#, "organisation_id is an object, not a string"),
    ];
    for (body, why) in cases {
        let error = read(Event::PreAddNode, body).unwrap_err();
        assert_eq!(error, format!("its answer can't be understood: {why}"), "{body}");
    }
    let deep = "[".repeat(100_000);
    assert!(read(Event::PreAddNode, &deep).is_err());
    assert!(Approval::read(Event::PreAddNode, b"{\"approved\":true,\"work_id\":\"\xff\"}").is_err());
}

#[test]
fn what_can_not_be_refused() {
    for event in [Event::PreRemoveNode, Event::PreDeleteCluster] {
        let with_id = Approval { work_id: Some("w".into()), ..approved() };
        for (body, expected) in [
            ("{}", approved()),
            (r#"{"work_id":"w"}"#, with_id.clone()),
            (r#"{"approved":false,"reason":"no","work_id":"w"}"#, with_id),
            (r#"{"approved":7}"#, approved()),
        ] {
            assert_eq!(read(event, body), Ok(expected), "{event} {body}");
        }
        assert!(read(event, "").is_err());
        assert!(read(event, r#"{"work_id":1}"#).is_err());
    }
}

#[test]
fn what_is_passed_on_is_not_endless() {
    let answer = |member: &str, approved: bool, length: usize| {
        let text = "ä".repeat(length / 2);
        read(Event::PreAddNode, &format!(r#"{{"approved":{approved},"{member}":"{text}"}}"#))
    };
    assert_eq!(answer("work_id", true, MAX_ID_BYTES).unwrap().work_id.map(|id| id.len()), Some(MAX_ID_BYTES));
    let error = answer("work_id", true, MAX_ID_BYTES + 2).unwrap_err();
    assert_eq!(error, "its answer can't be understood: work_id is longer than 1000 bytes");
    let reason = answer("reason", false, 5000).unwrap().reason;
    assert_eq!(reason.map(|reason| reason.len()), Some(MAX_REASON_BYTES));
}

#[test]
fn statuses_and_lengths() {
    let reply = |status, body: Option<&str>| GateReply {
        status,
        retry_after: None,
        body: body.map(|body| body.as_bytes().to_vec()),
    };
    let read = |reply| Approval::of_reply(Event::PreAddNode, &reply);
    let yes = Some(r#"{"approved":true}"#);
    for status in [200, 201, 299] {
        assert_eq!(read(reply(status, yes)), Ok(approved()), "{status}");
    }
    for status in [100, 199, 300, 302, 400, 410, 500] {
        assert_eq!(read(reply(status, yes)), Err(ReplyError::Status(status)));
    }
    assert_eq!(read(reply(200, None)), Err(ReplyError::TooLong(MAX_REPLY_BYTES)));
}
