//! HTTP servers of the tests' own: a thread for each connection, and no more of HTTP than their clients use.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// A request as it came.
pub(crate) struct Incoming {
    pub(crate) method: String,
    /// Path and query, as in the request line.
    pub(crate) resource: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// What is answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Incoming {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl Answer {
    /// The status of an answer that is lost on the way: the connection ends without it.
    pub(crate) const NONE: u16 = 0;

    pub(crate) fn json(status: u16, body: impl ToString) -> Answer {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Answer { status, headers, body: body.to_string().into_bytes() }
    }
}

/// A free port of this machine, and who listens at it.
pub(crate) fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// A port where nobody listens.
pub fn free_port() -> u16 {
    listen().1
}

/// Answers everybody who connects, as long as the process lives.
pub(crate) fn serve(listener: TcpListener, answer: impl Fn(&Incoming) -> Answer + Send + Sync + 'static) {
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || connection(&stream.unwrap(), &*answer));
        }
    });
}

fn connection(stream: &TcpStream, answer: &dyn Fn(&Incoming) -> Answer) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        let Answer { status, headers, body } = answer(&request);
        if status == Answer::NONE {
            return;
        }
        let mut head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let sent = if request.method == "HEAD" { &[][..] } else { &body };
        if (&mut &*stream).write_all(&[head.as_bytes(), sent].concat()).is_err() {
            return;
        }
    }
}

/// The next request of a connection.
fn read(reader: &mut impl BufRead) -> Option<Incoming> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|&length| length > 0)?;
    let mut words = line.split(' ').map(str::to_owned);
    let (method, resource) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut request = Incoming { method, resource, headers, body: Vec::new() };
    let length = request.header("content-length").and_then(|length| length.parse().ok());
    request.body.resize(length.unwrap_or(0), 0);
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}
