//! HTTP servers of the tests' own: a thread for each connection, and no more of HTTP than their clients use.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

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

/// A server that can go down and come back at the same port.
pub(crate) struct Door {
    port: u16,
    answer: Arc<dyn Fn(&Incoming) -> Answer + Send + Sync>,
    opened: Option<Opened>,
}

struct Opened {
    closing: Arc<AtomicBool>,
    connections: Arc<Mutex<Vec<TcpStream>>>,
    accepting: JoinHandle<()>,
}

impl Door {
    /// A server at a free port.
    pub(crate) fn open(answer: impl Fn(&Incoming) -> Answer + Send + Sync + 'static) -> Door {
        let (listener, port) = listen();
        let mut door = Door { port, answer: Arc::new(answer), opened: None };
        door.serve(listener);
        door
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Refuses connections from now on, and ends those that there are.
    pub(crate) fn close(&mut self) {
        let Some(opened) = self.opened.take() else { return };
        opened.closing.store(true, Ordering::SeqCst);
        // Wakes the thread, which drops the listener.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        opened.accepting.join().unwrap();
        for connection in opened.connections.lock().unwrap().drain(..) {
            // It may have ended by itself.
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    /// Serves again, if it was closed.
    pub(crate) fn reopen(&mut self) {
        if self.opened.is_none() {
            self.serve(TcpListener::bind(("127.0.0.1", self.port)).unwrap());
        }
    }

    fn serve(&mut self, listener: TcpListener) {
        let (closing, connections) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (stop, open, answer) = (Arc::clone(&closing), Arc::clone(&connections), Arc::clone(&self.answer));
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let (stream, answer) = (stream.unwrap(), Arc::clone(&answer));
                open.lock().unwrap().push(stream.try_clone().unwrap());
                std::thread::spawn(move || {
                    connection(&stream, &*answer);
                    // The other handle would keep it open. The client may have ended it.
                    let _ = stream.shutdown(Shutdown::Both);
                });
            }
        });
        self.opened = Some(Opened { closing, connections, accepting });
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.close();
    }
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
