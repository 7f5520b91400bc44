use std::io::{Read, Write};
use std::net::TcpListener;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;

use super::*;

fn settings(region: &str, endpoint_url: Option<&str>) -> AwsSettings {
    AwsSettings {
        region: region.into(),
        access_key_id: "AKIDEXAMPLE".into(),
        secret_access_key: "s3cret".into(),
        session_token: Some("s3ssion".into()),
        endpoint_url: endpoint_url.map(Into::into),
    }
}

/// Answers one request with `reply` and returns the request's head.
fn answer_once(reply: &'static str) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answered = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = vec![0; 16 * 1024];
        let length = stream.read(&mut request).unwrap();
        let head =
            "HTTP/1.1 400 Bad Request\r\ncontent-type: application/x-amz-json-1.0\r\nconnection: close";
        write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{reply}", reply.len()).unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    (url, answered)
}

#[tokio::test]
async fn an_emulator_is_called_at_its_address_with_signed_requests() {
    let (url, answered) = answer_once(r#"{"__type":"com.amazonaws.dynamodb#ResourceNotFoundException"}"#);
    let config = configure(&settings("eu-central-1", Some(&url)));
    let error = aws_sdk_dynamodb::Client::new(&config).list_tables().send().await.unwrap_err();
    assert_eq!(error.code(), Some("ResourceNotFoundException"));
    let request = answered.join().unwrap();
    for part in ["DynamoDB_20120810.ListTables", "AKIDEXAMPLE/", "/eu-central-1/dynamodb/", "s3ssion"] {
        assert!(request.contains(part), "{part} in {request}");
    }
}

#[tokio::test]
async fn sqs_is_called_so_too() {
    let (url, answered) = answer_once(r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist"}"#);
    let config = configure(&settings("eu-central-1", Some(&url)));
    let call = aws_sdk_sqs::Client::new(&config).send_message().queue_url(format!("{url}/1/firings"));
    assert!(call.message_body("{}").send().await.is_err());
    assert!(answered.join().unwrap().contains("AmazonSQS.SendMessage"));
}

#[test]
fn settings_do_not_show_their_secrets() {
    let shown = format!("{:?}", settings("eu-central-1", None));
    assert!(shown.contains("AKIDEXAMPLE"));
    assert!(!shown.contains("s3cret") && !shown.contains("s3ssion"), "{shown}");
}

#[test]
fn amazons_own_certificates_are_for_amazons_own_endpoints() {
    let cases = [
        ("eu-central-1", None, true, false),
        ("us-gov-west-1", None, true, false),
        ("cn-north-1", None, false, false),
        ("eu-central-1", Some("https://emulator.example"), false, false),
        ("eu-central-1", Some("http://127.0.0.1:4566"), false, true),
    ];
    for (region, endpoint, public, clear) in cases {
        let settings = settings(region, endpoint);
        assert_eq!(settings.is_public_aws(), public, "{region} {endpoint:?}");
        assert_eq!(settings.is_emulated_in_the_clear(), clear, "{region} {endpoint:?}");
    }
}

#[tokio::test]
async fn the_certificates_are_well_formed() {
    assert_eq!(AMAZON_ROOTS.matches("-----BEGIN CERTIFICATE-----").count(), 5);
    // They are read with the first call, and panicked about if they can't be; that nobody listens comes after.
    let config = configure(&settings("eu-central-1", None)).into_builder();
    let nobody = config.endpoint_url("https://127.0.0.1:1").retry_config(RetryConfig::disabled()).build();
    let error = aws_sdk_dynamodb::Client::new(&nobody).list_tables().send().await.unwrap_err();
    assert!(error.as_service_error().is_none(), "{error:?}");
}
