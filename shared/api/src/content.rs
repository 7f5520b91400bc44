//! Content encodings of bodies, undone within bounds.

use std::io::{self, Read};

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use crate::request::MAX_BODY_BYTES;

/// Why a body is not what its Content-Encoding says.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Undecodable {
    /// It is in none that is known here.
    #[error("Content-Encoding {0:?} is not supported: send gzip, deflate, br or identity")]
    Unsupported(String),
    /// It is not in the one that it names.
    #[error("The body is not {encoding}, as its encoding says: {source}")]
    Malformed {
        /// What it should be.
        encoding: String,
        /// What the decoder met.
        source: io::Error,
    },
    /// It exceeds [`MAX_BODY_BYTES`].
    #[error("{}", too_large())]
    TooLarge,
}

/// What is said of a body that exceeds [`MAX_BODY_BYTES`], as sent or as decoded.
pub(crate) fn too_large() -> String {
    format!(
        "The request's body is too large: it may have {MAX_BODY_BYTES} bytes, what one Lambda event can hold"
    )
}

/// Undoes a Content-Encoding, up to as many bytes as a body may have without one.
pub(crate) fn decode(headers: &HeaderMap, bytes: &Bytes) -> Result<Bytes, Undecodable> {
    let encoding = headers.get(CONTENT_ENCODING).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let name = encoding.as_deref().unwrap_or("identity").trim().to_ascii_lowercase();
    match name.as_str() {
        "identity" | "" => Ok(bytes.clone()),
        "gzip" | "x-gzip" => read_bounded(flate2::read::MultiGzDecoder::new(&bytes[..]), name),
        "deflate" => read_bounded(flate2::read::ZlibDecoder::new(&bytes[..]), name),
        "br" => read_bounded(brotli_decompressor::Decompressor::new(&bytes[..], 4096), name),
        _ => Err(Undecodable::Unsupported(name)),
    }
}

fn read_bounded(decoder: impl Read, encoding: String) -> Result<Bytes, Undecodable> {
    let mut decoded = Vec::new();
    match decoder.take(MAX_BODY_BYTES as u64 + 1).read_to_end(&mut decoded) {
        Ok(_) if decoded.len() > MAX_BODY_BYTES => Err(Undecodable::TooLarge),
        Ok(_) => Ok(decoded.into()),
        Err(source) => Err(Undecodable::Malformed { encoding, source }),
    }
}
