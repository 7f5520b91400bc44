//! What API Gateway takes back.

use http::Method;
use lambda_http::Body;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use treble_api::request::Request;
use treble_api::taskcluster::response::Response;

/// The most that a reply may have as the JSON that Lambda takes, in bytes: 6 MB, less what headers may have.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const MAX_REPLY_BYTES: usize = 6_291_556 - 64 * 1024;
/// The most that one byte of a text becomes in JSON: `\u0000`.
const MAX_ESCAPE_BYTES: usize = 6;

/// The reply to a request. One that is larger than Lambda's replies may be becomes an error that says how to ask for less.
pub(crate) fn reply(
    request: &Request,
    response: Response,
    too_large: fn(&Request) -> Response,
) -> ApiGatewayV2httpResponse {
    let response = if fits(response.body()) { response } else { too_large(request) };
    let (parts, body) = response.into_parts();
    let mut reply = ApiGatewayV2httpResponse::default();
    reply.status_code = parts.status.as_u16().into();
    reply.headers = parts.headers;
    // Replies are text, all of them. None has one to HEAD, which API Gateway would pass on.
    if request.parts.method != Method::HEAD && !body.is_empty() {
        reply.body = Some(match String::from_utf8(body.into()) {
            Ok(text) => Body::Text(text),
            Err(error) => {
                reply.is_base64_encoded = true;
                Body::Binary(error.into_bytes())
            }
        });
    }
    reply
}

/// Whether a text can be replied, as a JSON string.
fn fits(text: &[u8]) -> bool {
    // Most are far too short to be counted.
    text.len() <= MAX_REPLY_BYTES / MAX_ESCAPE_BYTES || json_length(text) <= MAX_REPLY_BYTES
}

/// How many bytes a text has as a JSON string.
fn json_length(text: &[u8]) -> usize {
    let escaped = |byte: &u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 8 | 12 => 2,
        0..0x20 => MAX_ESCAPE_BYTES,
        _ => 1,
    };
    text.iter().map(escaped).sum()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::{Value, json};
    use treble_api::taskcluster::response::{self, text};

    use super::*;

    fn replied(method: Method, response: Response) -> Value {
        let request = http::Request::builder().method(method).body(Bytes::new()).unwrap();
        serde_json::to_value(reply(&Request::complete(request), response, response::too_large)).unwrap()
    }

    #[test]
    fn a_reply_is_status_headers_and_text() {
        let reply = replied(Method::GET, text("ü\n"));
        assert_eq!(reply["statusCode"], 200);
        assert_eq!(reply["headers"], json!({"content-type": "text/plain; charset=utf-8"}));
        assert_eq!((&reply["body"], &reply["isBase64Encoded"]), (&json!("ü\n"), &json!(false)));
        assert_eq!(replied(Method::HEAD, text("x")).get("body"), None);
    }

    #[test]
    fn what_is_no_text_is_base64() {
        let reply = replied(Method::GET, text(&[0xff, 0xfe][..]));
        assert_eq!((&reply["body"], &reply["isBase64Encoded"]), (&json!("//4="), &json!(true)));
    }

    #[test]
    fn a_reply_that_lambda_would_not_take_says_how_to_ask_for_less() {
        let reply = replied(Method::GET, text("\"".repeat(MAX_REPLY_BYTES / 2)));
        assert_eq!(reply["statusCode"], 200);
        let reply = replied(Method::GET, text("\"".repeat(MAX_REPLY_BYTES / 2 + 1)));
        assert_eq!(reply["statusCode"], 400);
        let body = reply["body"].as_str().unwrap();
        assert!(body.contains("`limit`") && body.contains("InputError"), "{body}");
    }

    #[test]
    fn the_length_is_that_of_json() {
        for text in ["", "plain ü", "\"\\/\n\r\t\u{8}\u{c}\u{0}\u{1f}\u{7f}"] {
            assert_eq!(json_length(text.as_bytes()) + 2, json!(text).to_string().len(), "{text:?}");
        }
    }
}
