//! Reading a request's body, as much of it as is wanted and as long as it may take.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::EXPECT;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use tokio::time::timeout;
use treble_api::request::{Body, MAX_BODY_BYTES};

/// How long a body may take to arrive; API Gateway gives a whole request as long.
const PATIENCE: Duration = Duration::from_secs(30);

/// How much of a body that is too large is read and dropped, in bytes. A client that is still writing when the
/// connection closes would not see the answer.
const DROPPED_BYTES: u64 = 64 * 1024 * 1024;

/// Reads a body. Unless it is complete, the connection can't be used any more.
pub(crate) async fn read(headers: &HeaderMap, mut body: Incoming) -> Body {
    if body.is_end_stream() {
        return Body::Complete(Bytes::new());
    }
    timeout(PATIENCE, collect(headers, &mut body)).await.unwrap_or(Body::Incomplete)
}

async fn collect(headers: &HeaderMap, body: &mut Incoming) -> Body {
    if body.size_hint().lower() > MAX_BODY_BYTES as u64 {
        // Who waits to be told to go on has sent nothing yet.
        if !headers.contains_key(EXPECT) {
            drop_rest(body).await;
        }
        return Body::TooLarge;
    }
    let mut collected = Collected::Nothing;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Body::Incomplete;
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if collected.len() + data.len() > MAX_BODY_BYTES {
            drop_rest(body).await;
            return Body::TooLarge;
        }
        collected.push(data);
    }
    Body::Complete(collected.into_bytes())
}

async fn drop_rest(body: &mut Incoming) {
    let mut dropped = 0;
    while dropped < DROPPED_BYTES {
        let Some(Ok(frame)) = body.frame().await else { return };
        dropped += frame.data_ref().map_or(0, Bytes::len) as u64;
    }
}

/// Most bodies come in one piece, which needs no copy.
enum Collected {
    Nothing,
    Piece(Bytes),
    Pieces(BytesMut),
}

impl Collected {
    fn len(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Piece(piece) => piece.len(),
            Self::Pieces(pieces) => pieces.len(),
        }
    }

    fn push(&mut self, data: Bytes) {
        match self {
            Self::Nothing => *self = Self::Piece(data),
            Self::Piece(first) => {
                let mut pieces = BytesMut::from(&first[..]);
                pieces.extend_from_slice(&data);
                *self = Self::Pieces(pieces);
            }
            Self::Pieces(pieces) => pieces.extend_from_slice(&data),
        }
    }

    fn into_bytes(self) -> Bytes {
        match self {
            Self::Nothing => Bytes::new(),
            Self::Piece(piece) => piece,
            Self::Pieces(pieces) => pieces.freeze(),
        }
    }
}
