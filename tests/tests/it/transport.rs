//! HTTP itself: caching, compression, sizes, and bodies that aren't what they say.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use serde_json::{Value, json};
use treble_tests::{Caller, Reply, Request, Server, definition, table};

async fn get(server: &Server, path: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = Request::to(&format!("GET {path}"));
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.send(server).await
}

/// A hook whose JSON is a few kilobytes.
async fn create_large(server: &Server) {
    let mut hook = definition();
    hook["metadata"]["description"] = json!("abc ".repeat(1_000));
    Request::to("PUT /hooks/g/large").json(&hook).send(server).await.ok();
}

#[tokio::test]
async fn entity_tags() {
    let server = Server::start().await;
    let first = get(&server, "/hooks", &[]).await;
    let tag = first.header("etag").unwrap().to_owned();
    assert!(tag.starts_with(&format!("W/\"{:x}-", first.body.len())), "{tag}");
    assert_eq!(tag.len(), format!("W/\"{:x}-\"", first.body.len()).len() + 27, "{tag}");
    assert_eq!(get(&server, "/hooks", &[]).await.header("etag"), Some(tag.as_str()));

    let unchanged = get(&server, "/hooks", &[("if-none-match", &tag)]).await;
    assert_eq!((unchanged.status, unchanged.text().as_str()), (304, ""));
    assert_eq!(table::irregularities(&unchanged), Vec::<String>::new());
    let listed = get(&server, "/hooks", &[("if-none-match", &format!("\"x\", {tag}"))]).await;
    assert_eq!(listed.status, 304);
    let fresh = get(&server, "/hooks", &[("if-none-match", &tag), ("cache-control", "no-cache")]).await;
    assert_eq!(fresh.status, 200);
    assert_eq!(get(&server, "/hooks", &[("if-none-match", "W/\"x\"")]).await.status, 200);

    create_large(&server).await;
    assert_eq!(get(&server, "/hooks", &[("if-none-match", &tag)]).await.status, 200);
}

#[tokio::test]
async fn compressed_replies() {
    let server = Server::start().await;
    create_large(&server).await;
    let plain = get(&server, "/hooks/g/large", &[]).await;
    assert_eq!(plain.header("content-encoding"), None);
    let cases = [
        ("gzip, deflate, br", Some("br")),
        ("gzip, deflate", Some("gzip")),
        ("deflate", Some("deflate")),
        ("br;q=0, gzip", Some("gzip")),
        ("zstd", None),
        ("identity", None),
    ];
    for (accepted, encoding) in cases {
        let reply = get(&server, "/hooks/g/large", &[("accept-encoding", accepted)]).await;
        assert_eq!(reply.header("content-encoding"), encoding, "{accepted}");
        assert_eq!(decoded(&reply), plain.body, "{accepted}");
        assert_eq!(reply.header("vary"), Some("Accept-Encoding"));
    }
    let small = get(&server, "/ping", &[("accept-encoding", "gzip, br")]).await;
    assert_eq!(small.header("content-encoding"), None);
}

fn decoded(reply: &Reply) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = match reply.header("content-encoding") {
        Some("br") => brotli::Decompressor::new(&reply.body[..], 4096).read_to_end(&mut bytes),
        Some("gzip") => flate2::read::GzDecoder::new(&reply.body[..]).read_to_end(&mut bytes),
        Some("deflate") => flate2::read::ZlibDecoder::new(&reply.body[..]).read_to_end(&mut bytes),
        _ => (&reply.body[..]).read_to_end(&mut bytes),
    };
    read.unwrap();
    bytes
}

#[tokio::test]
async fn compressed_requests() {
    let server = Server::start().await;
    let body = definition().to_string().into_bytes();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&body).unwrap();
    let gzip = gzip.finish().unwrap();
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(&body).unwrap();
    let zlib = zlib.finish().unwrap();
    let mut br = Vec::new();
    brotli::CompressorWriter::new(&mut br, 4096, 5, 20).write_all(&body).unwrap();
    for (encoding, bytes) in [("gzip", gzip.clone()), ("deflate", zlib), ("br", br)] {
        let request = Request::to(&format!("PUT /hooks/g/{encoding}"))
            .header("content-type", "application/json")
            .header("content-encoding", encoding)
            .bytes(bytes);
        request.send(&server).await.ok();
    }
    for (encoding, bytes) in
        [("gzip", body.clone()), ("gzip", gzip[..20].to_vec()), ("klingon", body.clone())]
    {
        let request = Request::to("PUT /hooks/g/h")
            .header("content-type", "application/json")
            .header("content-encoding", encoding)
            .bytes(bytes);
        let reply = request.send(&server).await;
        assert!((400..500).contains(&reply.status), "{encoding}: {} {}", reply.status, reply.text());
        assert_eq!(table::irregularities(&reply), Vec::<String>::new());
    }
}

/// A few kilobytes that would be 64 MiB: refused for its size, and not unpacked.
#[tokio::test]
async fn a_bomb() {
    let server = Server::start().await;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..64 {
        encoder.write_all(&[b' '; 1 << 20]).unwrap();
    }
    let request = Request::to("PUT /hooks/g/h")
        .header("content-type", "application/json")
        .header("content-encoding", "gzip")
        .bytes(encoder.finish().unwrap());
    let reply = request.send(&server).await;
    assert_eq!((reply.status, reply.error().0.as_str()), (413, "InputTooLarge"));
}

#[tokio::test]
async fn sizes() {
    let server = Server::start().await;
    let sized = |kibibytes: usize| {
        let mut hook = definition();
        hook["task"]["payload"] = json!("x".repeat(kibibytes << 10));
        hook
    };
    Request::to("PUT /hooks/g/fits").json(&sized(340)).send(&server).await.ok();
    let found = Request::to("GET /hooks/g/fits").send(&server).await.ok();
    assert_eq!(found["task"], sized(340)["task"]);
    for (line, body) in [
        ("PUT /hooks/g/large", sized(400)),
        ("PUT /hooks/g/larger", sized(11 << 10)),
        ("POST /hooks/g/fits", sized(400)),
        ("POST /hooks/g/fits/trigger", json!({"x": "x".repeat(11 << 20)})),
    ] {
        let reply = Request::to(line).json(&body).send(&server).await;
        assert_eq!((reply.status, reply.error().0.as_str()), (413, "InputTooLarge"), "{line}");
        assert!(reply.text().len() < 1 << 20, "an error doesn't repeat what was too large");
        assert_eq!(table::irregularities(&reply), Vec::<String>::new());
    }
    let anonymous = Request::to("PUT /hooks/g/h").json(&sized(11 << 10)).anonymously();
    let reply = anonymous.send(&server).await;
    assert!([403, 413].contains(&reply.status), "{}", reply.status);
}

/// Each line of indented JSON begins with the spaces of all levels around it: a hundred times what was sent, if it is nested
/// and wide.
#[tokio::test]
async fn replies_are_not_much_larger_than_requests() {
    let server = Server::start().await;
    let wide_and_deep = |wide: usize| (0..100).fold(json!(vec![0; wide]), |inner, _| json!([inner]));
    let sent = json!({"x": wide_and_deep(500_000)});
    for (line, code) in [
        ("PUT /hooks/g/h", "InsufficientScopes"),
        ("POST /hooks/g/h/trigger/token", "ResourceNotFound"),
        ("POST /hooks/g/h", "InsufficientScopes"),
    ] {
        let reply = Request::to(line).json(&sent).anonymously().send(&server).await;
        assert_eq!(reply.error().0, code);
        assert!(reply.body.len() < 10_000, "{line}: {}", reply.body.len());
    }
    let mut hook = definition();
    hook["task"]["payload"] = wide_and_deep(150_000);
    let created = Request::to("PUT /hooks/g/h").json(&hook).send(&server).await;
    let found = Request::to("GET /hooks/g/h").send(&server).await;
    for reply in [created, found] {
        assert!(reply.body.len() < 400_000, "{}", reply.body.len());
        assert_eq!(reply.ok()["task"], hook["task"]);
    }
}

/// What is nested less than 128 deep is taken, kept and read again; what is nested deeper is no JSON.
#[tokio::test]
async fn depths() {
    let server = Server::start().await;
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let hook = |depth: usize| {
        let mut hook = definition();
        hook["task"]["payload"] = json!("DEEP");
        // The definition and the task are two levels.
        hook.to_string().replace("\"DEEP\"", &nested(depth - 2))
    };
    let json = |line: &str| Request::to(line).header("content-type", "application/json");
    json("PUT /hooks/g/h").bytes(hook(127)).send(&server).await.ok();
    Request::to("GET /hooks/g/h").send(&server).await.ok();
    for depth in [128, 100_000] {
        let trigger = format!("{{\"a\":{}}}", nested(depth - 1));
        for request in [
            json("PUT /hooks/g/deeper").bytes(hook(depth)),
            json("POST /hooks/g/h/trigger").bytes(trigger.clone()),
            json("POST /hooks/g/h/trigger/token").bytes(trigger),
        ] {
            let reply = request.send(&server).await;
            assert_eq!((reply.status, reply.error().0.as_str()), (400, "MalformedPayload"), "{depth}");
        }
    }
}

/// Bodies that are in no encoding of text, or in another than UTF-8.
#[tokio::test]
async fn bytes_that_are_no_text() {
    let server = Server::start().await;
    for body in [&b"{\"a\": \"\xff\"}"[..], b"\xff\xfe{\0}\0", b"\0"] {
        let request = Request::to("PUT /hooks/g/h").header("content-type", "application/json");
        let reply = request.bytes(body).send(&server).await;
        assert_eq!(reply.status, 400, "{}", reply.text());
        assert_eq!(table::irregularities(&reply), Vec::<String>::new());
    }
    let latin =
        Request::to("PUT /hooks/g/latin").header("content-type", "application/json; charset=utf-16le");
    let text = definition().to_string();
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let reply = latin.bytes(utf16).send(&server).await;
    assert!(reply.status < 500, "{}", reply.text());
}

/// Headers that no client sends: answered like the others, or not at all.
#[tokio::test]
async fn odd_headers() {
    let server = Server::start().await;
    let long = "x".repeat(16_000);
    for (name, value) in [
        ("authorization", "Hawk"),
        ("authorization", ""),
        ("authorization", long.as_str()),
        ("x-taskcluster-trace-id", long.as_str()),
        ("accept-encoding", "\"\""),
        ("if-none-match", ","),
        ("x-forwarded-port", "port"),
        ("x-forwarded-host", "a b"),
        ("host", "h:99999"),
    ] {
        let request = Request::to("GET /hooks").by(Caller::Anonymous).header(name, value);
        let reply = request.send(&server).await;
        assert!(reply.status < 500, "{name}: {} {}", reply.status, reply.text());
    }
}

/// Uptime is a number of seconds with a fraction.
#[tokio::test]
async fn uptime() {
    let server = Server::start().await;
    let first: Value = get(&server, "/ping", &[]).await.ok();
    let second: Value = get(&server, "/ping", &[]).await.ok();
    assert!(second["uptime"].as_f64().unwrap() > first["uptime"].as_f64().unwrap());
}
