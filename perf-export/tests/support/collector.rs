//! A collector for tests: it keeps what it is sent, and answers as told.

#![allow(dead_code, reason = "not every test uses all of it")]

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, mpsc},
    time::{Duration, Instant},
};

/// One request, as it came.
#[derive(Debug)]
pub(crate) struct Request {
    /// The request line, then headers, names in lower case.
    pub(crate) head: Vec<String>,
    pub(crate) body: Vec<u8>,
    pub(crate) at: Instant,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.iter().filter_map(|line| line.split_once(": "));
        headers.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

/// What it answers.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// The status line after `HTTP/1.1`, headers each with its line end, and a body.
    Status(&'static str, String, Vec<u8>),
    /// 200, after that time.
    Late(Duration),
    /// Nothing, until the other side goes.
    Silence,
    /// The end of the connection.
    Closed,
}

impl Answer {
    pub(crate) fn ok() -> Self {
        Self::Status("200 OK", String::new(), Vec::new())
    }
}

pub(crate) struct Collector {
    pub(crate) address: SocketAddr,
    requests: mpsc::Receiver<Request>,
}

impl Collector {
    /// Gives these answers in turn, then 200.
    pub(crate) fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), answers)
    }

    pub(crate) fn on(listener: TcpListener, answers: impl IntoIterator<Item = Answer>) -> Self {
        let address = listener.local_addr().unwrap();
        let (sender, requests) = mpsc::channel();
        let answers = Arc::new(Mutex::new(answers.into_iter().collect::<VecDeque<_>>()));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (sender, answers) = (sender.clone(), Arc::clone(&answers));
                std::thread::spawn(move || serve(stream, &sender, &answers));
            }
        });
        Self { address, requests }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/v1/metrics", self.address)
    }

    /// The next request; it has to come within 20 seconds.
    pub(crate) fn next(&self) -> Request {
        self.requests.recv_timeout(Duration::from_secs(20)).expect("a request")
    }

    /// Requests that came and were not asked for.
    pub(crate) fn rest(&self) -> Vec<Request> {
        self.requests.try_iter().collect()
    }
}

fn serve(stream: TcpStream, sender: &mpsc::Sender<Request>, answers: &Mutex<VecDeque<Answer>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    while let Some(request) = read(&mut reader) {
        let answer = answers.lock().unwrap().pop_front().unwrap_or_else(Answer::ok);
        let _ = sender.send(request);
        match answer {
            Answer::Silence => drop(reader.read(&mut [0])),
            Answer::Closed => return,
            Answer::Late(time) => {
                std::thread::sleep(time);
                write(&mut writer, "200 OK", "", &[]);
            }
            Answer::Status(status, headers, body) => write(&mut writer, status, &headers, &body),
        }
    }
}

/// The other side may have gone.
fn write(writer: &mut TcpStream, status: &str, headers: &str, body: &[u8]) {
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n", body.len());
    let _ = writer.write_all(&[head.as_bytes(), body].concat());
}

fn read(reader: &mut impl BufRead) -> Option<Request> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) => head.push(format!("{}: {value}", name.to_ascii_lowercase())),
            None if line.trim_end().is_empty() => break,
            None => head.push(line.trim_end().to_owned()),
        }
    }
    let mut request = Request { head, body: Vec::new(), at: Instant::now() };
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    request.body = vec![0; length];
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}
