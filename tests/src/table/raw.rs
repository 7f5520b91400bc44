//! Requests written byte by byte, for what no HTTP client sends.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};

use super::SOON;
use crate::{Reply, Server};

/// Between the pieces of a request that comes slowly.
const PAUSE: Duration = Duration::from_millis(20);

/// Sends the pieces of a request, one after the other, and reads the reply. Where the request `ends`, the server is told
/// that nothing more comes. A connection that closes without a reply is a status of 0.
pub(super) fn exchange(server: &Server, pieces: &[Vec<u8>], ends: bool, path: &str) -> Reply {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    for (number, piece) in pieces.iter().enumerate() {
        if number > 0 {
            std::thread::sleep(PAUSE);
        }
        // A server that has seen enough answers and closes, and needn't read the rest.
        if stream.write_all(piece).is_err() {
            break;
        }
    }
    if ends {
        stream.shutdown(Shutdown::Write).unwrap();
    }
    read(&mut BufReader::new(stream), path)
}

fn read(stream: &mut impl BufRead, path: &str) -> Reply {
    let status = read_line(stream);
    let status = status.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    let mut headers = HeaderMap::new();
    loop {
        let line = read_line(stream);
        let Some((name, value)) = line.split_once(": ") else { break };
        headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
    }
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).unwrap();
    Reply { status, headers, body, path: path.to_owned() }
}

fn read_line(stream: &mut impl BufRead) -> String {
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}
