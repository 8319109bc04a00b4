//! What answers as Redis does where it matters here, and fails as it is told to.

#![allow(dead_code, unreachable_pub, reason = "not every test uses all of it")]

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard},
    thread,
    time::Duration,
};

#[derive(Default)]
pub struct Told {
    /// Commands that are never answered, nor is whatever follows.
    pub hangs: BTreeSet<&'static str>,
    /// Commands that are refused.
    pub refuses: BTreeSet<&'static str>,
    /// Queues that are there.
    pub queues: BTreeSet<String>,
    /// How many jobs wait in queues.
    pub waiting: BTreeMap<String, u64>,
    /// The streams of queues: milliseconds, and fields.
    pub streams: BTreeMap<String, Vec<(u64, Vec<&'static str>)>>,
    /// Its clock, in seconds.
    pub time: u64,
}

/// On a free port, until the end of the tests.
pub struct Fake {
    port: u16,
    told: Arc<Mutex<Told>>,
}

impl Fake {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let told = Arc::new(Mutex::new(Told { time: 1_000, ..Told::default() }));
        let shared = Arc::clone(&told);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let told = Arc::clone(&shared);
                thread::spawn(move || serve(&stream, &told));
            }
        });
        Self { port, told }
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap()
    }

    /// Adds to a queue's stream.
    pub fn add(&self, queue: &str, ms: u64, fields: &[&'static str]) {
        self.told().streams.entry(queue.to_owned()).or_default().push((ms, fields.to_vec()));
    }
}

fn serve(stream: &TcpStream, told: &Mutex<Told>) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream);
    while let Some(command) = command(&mut reader) {
        let words: Vec<_> = command.iter().map(String::as_str).collect();
        if told.lock().unwrap().hangs.contains(words[0]) {
            thread::sleep(Duration::from_secs(60));
            return;
        }
        if words.contains(&"BLOCK") {
            thread::sleep(Duration::from_millis(50));
        }
        let mut writer = stream;
        let answer = answer(&told.lock().unwrap(), &words);
        if writer.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// An array of strings.
fn command(reader: &mut impl BufRead) -> Option<Vec<String>> {
    let mut number = |mark: char| {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let number: usize = line.trim().strip_prefix(mark)?.parse().ok()?;
        if mark == '*' {
            return Some((number, String::new()));
        }
        let mut word = vec![0; number + 2];
        reader.read_exact(&mut word).ok()?;
        word.truncate(number);
        Some((number, String::from_utf8(word).ok()?))
    };
    let (words, _) = number('*')?;
    (0..words).map(|_| Some(number('$')?.1)).collect()
}

fn bulk(text: &str) -> String {
    format!("${}\r\n{text}\r\n", text.len())
}

fn array(items: &[String]) -> String {
    format!("*{}\r\n{}", items.len(), items.concat())
}

fn queue_of(key: &str) -> &str {
    key.split(':').nth(1).unwrap_or_default()
}

fn answer(told: &Told, words: &[&str]) -> String {
    if told.refuses.contains(words[0]) {
        return "-NOPERM this user has no permissions to run it\r\n".to_owned();
    }
    let queue = queue_of(words.get(1).copied().unwrap_or_default());
    match words[0] {
        "TIME" => array(&[bulk(&told.time.to_string()), bulk("0")]),
        "XINFO" => info(told, queue_of(words[2])),
        "XREAD" => read(told, words),
        "SCAN" => {
            let keys: Vec<_> =
                told.queues.iter().map(|name| bulk(&format!("bull:{name}:meta"))).collect();
            array(&[bulk("0"), array(&keys)])
        }
        "HMGET" => array(&vec!["$-1\r\n".to_owned(); words.len() - 2]),
        "EXISTS" => format!(":{}\r\n", u8::from(told.queues.contains(queue))),
        "LLEN" if words[1].ends_with(":wait") => {
            format!(":{}\r\n", told.waiting.get(queue).unwrap_or(&0))
        }
        _ => ":0\r\n".to_owned(),
    }
}

fn info(told: &Told, queue: &str) -> String {
    let Some(entries) = told.streams.get(queue).filter(|entries| !entries.is_empty()) else {
        return "-ERR no such key\r\n".to_owned();
    };
    let (length, last) = (entries.len(), entries[entries.len() - 1].0);
    let first = array(&[bulk(&format!("{}-0", entries[0].0)), array(&[])]);
    array(&[
        bulk("length"),
        format!(":{length}\r\n"),
        bulk("last-generated-id"),
        bulk(&format!("{last}-0")),
        bulk("entries-added"),
        format!(":{length}\r\n"),
        bulk("first-entry"),
        first,
    ])
}

fn read(told: &Told, words: &[&str]) -> String {
    let at = words.iter().position(|word| *word == "STREAMS").unwrap() + 1;
    let keys = words.len().saturating_sub(at) / 2;
    let mut streams = Vec::new();
    for (key, after) in words[at..at + keys].iter().zip(&words[at + keys..]) {
        let after: u64 = after.split('-').next().unwrap().parse().unwrap();
        let entries = told.streams.get(queue_of(key)).into_iter().flatten();
        let entries: Vec<_> = entries
            .filter(|(ms, _)| *ms > after)
            .take(200)
            .map(|(ms, fields)| {
                let fields: Vec<_> = fields.iter().map(|field| bulk(field)).collect();
                array(&[bulk(&format!("{ms}-0")), array(&fields)])
            })
            .collect();
        if !entries.is_empty() {
            streams.push(array(&[bulk(key), array(&entries)]));
        }
    }
    if streams.is_empty() { "*-1\r\n".to_owned() } else { array(&streams) }
}
