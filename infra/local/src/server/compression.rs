//! Compressed responses, for clients that take them.

use std::io::{self, Write as _};

use brotli::enc::BrotliEncoderParams;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use http::header::{CONTENT_ENCODING, VARY};
use http::{HeaderValue, Response};

/// Smaller bodies gain nothing.
const MIN_BYTES: usize = 1024;

/// Brotli's middle: about gzip's cost, a fifth smaller.
const BROTLI_QUALITY: i32 = 4;

/// In order of preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Brotli,
    Gzip,
    Deflate,
}

impl Encoding {
    const ALL: [Self; 3] = [Self::Brotli, Self::Gzip, Self::Deflate];

    fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }

    fn encode(self, body: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Brotli => brotli(body),
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(body)?;
                encoder.finish()
            }
            Self::Deflate => {
                let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(body)?;
                encoder.finish()
            }
        }
    }
}

fn brotli(mut body: &[u8]) -> io::Result<Vec<u8>> {
    // A window as large as the body, up to 256 KiB: the encoder takes memory by it.
    let window = body.len().next_power_of_two().ilog2().clamp(10, 18);
    let parameters = BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        lgwin: window.cast_signed(),
        size_hint: body.len(),
        ..Default::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut body, &mut compressed, &parameters)?;
    Ok(compressed)
}

/// Compresses a response's body by what the request's Accept-Encoding header accepts.
pub(super) fn compress(accepted: Option<&HeaderValue>, response: Response<Bytes>) -> Response<Bytes> {
    if response.body().len() < MIN_BYTES || response.headers().contains_key(CONTENT_ENCODING) {
        return response;
    }
    let Some(encoding) = accepted.and_then(|value| value.to_str().ok()).and_then(choose) else {
        return response;
    };
    let (mut parts, body) = response.into_parts();
    let compressed = match encoding.encode(&body) {
        Ok(compressed) if compressed.len() < body.len() => compressed,
        // Not worth it; nor can writing to memory fail.
        _ => return Response::from_parts(parts, body),
    };
    parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding.name()));
    parts.headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    Response::from_parts(parts, compressed.into())
}

/// The encoding that a header prefers (RFC 9110, section 12.5.3); of those it likes equally, the first of
/// [`Encoding::ALL`]. None for the body as it is.
fn choose(header: &str) -> Option<Encoding> {
    let listed: Vec<(&str, f32)> = header.split(',').filter_map(parse_entry).collect();
    let quality = |name: &str| {
        let entry = |wanted: &str| {
            listed.iter().find(|(listed, _)| listed.eq_ignore_ascii_case(wanted)).map(|(_, quality)| *quality)
        };
        entry(name).or_else(|| entry("*")).unwrap_or(0.0)
    };
    let qualities = Encoding::ALL.into_iter().map(|encoding| (encoding, quality(encoding.name())));
    let (best, best_quality) = qualities
        .filter(|(_, quality)| *quality > 0.0)
        .reduce(|best, next| if next.1 > best.1 { next } else { best })?;
    // The body as it is must be asked for to win over a compressed one.
    let as_it_is = listed.iter().find(|(name, _)| *name == "identity").map_or(0.0, |(_, quality)| *quality);
    (best_quality >= as_it_is).then_some(best)
}

/// `name` or `name;q=0.5`; an entry whose quality is no number is none.
fn parse_entry(entry: &str) -> Option<(&str, f32)> {
    let (name, parameters) = entry.split_once(';').unwrap_or((entry, ""));
    let quality = match parameters.trim().split_once('=') {
        Some((q, value)) if q.trim().eq_ignore_ascii_case("q") => value.trim().parse().ok()?,
        _ => 1.0,
    };
    Some((name.trim(), quality))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn the_header_decides() {
        let cases = [
            ("gzip, deflate, br", Some(Encoding::Brotli)),
            ("gzip, deflate", Some(Encoding::Gzip)),
            ("deflate", Some(Encoding::Deflate)),
            ("GZIP", Some(Encoding::Gzip)),
            ("*", Some(Encoding::Brotli)),
            ("br;q=0, *", Some(Encoding::Gzip)),
            ("br;q=0.5, gzip;q=0.8", Some(Encoding::Gzip)),
            ("identity, gzip;q=0.5", None),
            ("identity;q=0.5, gzip", Some(Encoding::Gzip)),
            ("gzip, identity", Some(Encoding::Gzip)),
            ("gzip;q=0", None),
            ("gzip;q=x", None),
            ("zstd", None),
            ("identity", None),
            ("", None),
        ];
        for (header, expected) in cases {
            assert_eq!(choose(header), expected, "{header}");
        }
    }

    #[test]
    fn bodies_come_back() {
        let body = Bytes::from("a hook, a task, ".repeat(10_000));
        for encoding in Encoding::ALL {
            let accepted = HeaderValue::from_static(encoding.name());
            let response = compress(Some(&accepted), Response::new(body.clone()));
            assert_eq!(response.headers()[CONTENT_ENCODING], encoding.name());
            let mut decoded = Vec::new();
            let compressed = &response.body()[..];
            match encoding {
                Encoding::Brotli => brotli::Decompressor::new(compressed, 4096).read_to_end(&mut decoded),
                Encoding::Gzip => flate2::read::GzDecoder::new(compressed).read_to_end(&mut decoded),
                Encoding::Deflate => flate2::read::ZlibDecoder::new(compressed).read_to_end(&mut decoded),
            }
            .unwrap();
            assert!(decoded == body && compressed.len() < 2000, "{encoding:?}: {}", compressed.len());
        }
    }

    #[test]
    fn small_bodies_stay() {
        let accepted = HeaderValue::from_static("br");
        let response = compress(Some(&accepted), Response::new(Bytes::from("a".repeat(MIN_BYTES - 1))));
        assert_eq!((response.body().len(), response.headers().len()), (MIN_BYTES - 1, 0));
    }
}
