//! One service, spoken to in three protocols and two encodings.

use buffa::Message as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use serde_json::json;
use tower_service::Service as _;
use treble_proto::treble::ccx::v1::{PreCreateClusterRequest, PreCreateClusterResponse};

use super::{MOUNT, Platform, header, members};

const METHOD: &str = "PreCreateCluster";

fn request() -> PreCreateClusterRequest {
    PreCreateClusterRequest {
        cluster_id: "1".into(),
        node_count: 3,
        auth_id: "a1".into(),
        ..Default::default()
    }
}

fn expected() -> PreCreateClusterResponse {
    PreCreateClusterResponse {
        approved: true,
        work_id: "w".into(),
        organisation_id: "ö".into(),
        ..Default::default()
    }
}

async fn platform() -> Platform {
    let platform = Platform::with_tokens(&["pre-create-cluster"], &["t"]).await;
    platform.world.answer("one", 200, json!({"approved": true, "work_id": "w", "organisation_id": "ö"}));
    platform
}

/// A message as gRPC frames it.
fn framed(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0], &length[..], message].concat().into()
}

/// The frames of a body: flags and contents.
fn frames(mut body: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while let [flags, a, b, c, d, rest @ ..] = body {
        let (content, rest) = rest.split_at(u32::from_be_bytes([*a, *b, *c, *d]) as usize);
        frames.push((*flags, content.to_vec()));
        body = rest;
    }
    frames
}

#[tokio::test]
async fn json_and_protobuf_are_answered_the_same() {
    let platform = platform().await;
    let token = ("authorization", "Bearer t");
    let binary = platform
        .send(METHOD, &[("content-type", "application/proto"), token], request().encode_to_vec())
        .await;
    assert_eq!(
        (binary.status().as_u16(), &*header(binary.headers(), "content-type")),
        (200, "application/proto")
    );
    assert_eq!(PreCreateClusterResponse::decode_from_slice(binary.body()).unwrap(), expected());
    let asked_by_binary = platform.world.heard();

    let text = members(&["clusterId", "nodeCount", "authId"]).to_string();
    let text = platform.send(METHOD, &[("content-type", "application/json"), token], text).await;
    assert_eq!((text.status().as_u16(), &*header(text.headers(), "content-type")), (200, "application/json"));
    assert_eq!(serde_json::from_slice::<PreCreateClusterResponse>(text.body()).unwrap(), expected());
    assert_eq!(platform.world.heard(), asked_by_binary);
    assert_eq!(header(text.headers(), "x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn grpc_web_has_its_result_in_the_body() {
    let platform = platform().await;
    let content_type = ("content-type", "application/grpc-web+proto");
    let body = framed(&request().encode_to_vec());
    let answered = platform.send(METHOD, &[content_type, ("authorization", "Bearer t")], body.clone()).await;
    let frames_of = frames(answered.body());
    assert_eq!(PreCreateClusterResponse::decode_from_slice(&frames_of[0].1).unwrap(), expected());
    assert_eq!((frames_of[1].0, &*frames_of[1].1), (0x80, &b"grpc-status: 0\r\n"[..]));

    let refused = platform.send(METHOD, &[content_type], body).await;
    assert_eq!(refused.status(), 200);
    let trailers = String::from_utf8(frames(refused.body()).pop().unwrap().1).unwrap();
    // `unauthenticated`, as gRPC numbers it.
    assert!(trailers.contains("grpc-status: 16"), "{trailers}");
}

#[tokio::test]
async fn grpc_has_its_result_in_trailers() {
    let platform = platform().await;
    for (token, status) in [("Bearer t", "0"), ("Bearer other", "16")] {
        let request = http::Request::builder()
            .method("POST")
            .uri(format!("{MOUNT}{METHOD}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("authorization", token)
            .body(Full::new(framed(&request().encode_to_vec())))
            .unwrap();
        let Ok(response) = platform.connect.clone().call(request).await;
        assert_eq!(response.status(), 200);
        let Ok(body) = response.into_body().collect().await;
        assert_eq!(header(body.trailers().unwrap(), "grpc-status"), status);
        let frames = frames(&body.to_bytes());
        if status == "0" {
            assert_eq!(PreCreateClusterResponse::decode_from_slice(&frames[0].1).unwrap(), expected());
        } else {
            assert!(frames.is_empty());
        }
    }
}

#[tokio::test]
async fn where_there_are_no_trailers_grpc_is_told_so_before_anything_happens() {
    let platform = platform().await;
    let headers = [("content-type", "application/grpc"), ("authorization", "Bearer t")];
    let told = platform.send(METHOD, &headers, framed(&request().encode_to_vec())).await;
    // `unimplemented`, as gRPC numbers it, in headers: that is a whole answer in gRPC, one without a message.
    assert_eq!((told.status().as_u16(), &*header(told.headers(), "grpc-status")), (200, "12"));
    assert!(told.body().is_empty() && platform.world.heard().is_empty());
}
