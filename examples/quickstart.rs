//! Counts the words of all text and source files under a folder, in threads and in async tasks,
//! and says where the time went.
//!
//! `cargo run --release --example quickstart [-- FOLDER]`; without a folder it reads this
//! workspace. `RUST_LOG=perfkit=debug` shows every call.

use perfkit::{timed, timer};
use std::{
    collections::HashMap,
    env, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};
use tokio::task::JoinSet;

const TEXT: [&str; 9] = ["c", "h", "js", "md", "py", "rs", "toml", "txt", "yml"];
const THREADS: usize = 4;

#[tokio::main]
async fn main() -> io::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(env::var("RUST_LOG").unwrap_or_else(|_| "info".into()))
        .with_writer(io::stderr)
        .init();
    let _perf = perfkit::init();

    let folder = env::args_os().nth(1).unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let files = find_files(Path::new(&folder))?;
    tracing::info!(files = files.len(), "reading");
    let index = Arc::new(Index::build(&files));

    let mut queries = JoinSet::new();
    for word in ["fn", "let", "the", "timed", "panic", "nowhere_to_be_found"] {
        let index = Arc::clone(&index);
        queries.spawn(async move { (word, answer(&index, word).await) });
    }
    while let Some(Ok((word, answer))) = queries.join_next().await {
        match answer {
            Ok(count) => println!("{word}: {count}"),
            Err(NotFound) => println!("{word}: not found"),
        }
    }
    Ok(())
}

/// All text files below a folder. Recursive: its total is that of the outermost call.
#[timed]
fn find_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if path.is_dir() && !hidden && !path.ends_with("target") {
            files.extend(find_files(&path)?);
        } else if path.extension().is_some_and(|e| TEXT.iter().any(|text| e == *text)) {
            files.push(path);
        }
    }
    Ok(files)
}

/// How often each word occurs.
struct Index(HashMap<String, u64>);

struct NotFound;

impl Index {
    /// Reads the files in several threads.
    #[timed(level = "info")]
    fn build(files: &[PathBuf]) -> Self {
        let share = files.len().div_ceil(THREADS).max(1);
        let parts: Vec<Self> = thread::scope(|scope| {
            let workers: Vec<_> =
                files.chunks(share).map(|files| scope.spawn(|| Self::read_all(files))).collect();
            workers.into_iter().filter_map(|worker| worker.join().ok()).collect()
        });
        let _t = timer!("merge");
        parts.into_iter().fold(Self(HashMap::new()), Self::merge)
    }

    #[timed]
    fn read_all(files: &[PathBuf]) -> Self {
        let mut index = Self(HashMap::new());
        for file in files {
            if let Err(error) = index.read(file) {
                tracing::warn!(file = %file.display(), %error, "skipped");
            }
        }
        index
    }

    /// Counts an error where a file is not UTF-8.
    #[timed]
    fn read(&mut self, file: &Path) -> io::Result<()> {
        let text = {
            let _t = timer!("read file");
            fs::read_to_string(file)?
        };
        for line in text.lines() {
            self.add_line(line);
        }
        Ok(())
    }

    /// Tokenises a line: a call so short that the summary marks it.
    #[timed]
    fn add_line(&mut self, line: &str) {
        let words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
        for word in words.filter(|word| !word.is_empty()) {
            match self.0.get_mut(word) {
                Some(count) => *count += 1,
                None => drop(self.0.insert(word.to_owned(), 1)),
            }
        }
    }

    fn merge(mut self, other: Self) -> Self {
        for (word, count) in other.0 {
            *self.0.entry(word).or_default() += count;
        }
        self
    }
}

/// An async query, with a pause in it as a database would make.
#[timed("answer", level = "info")]
async fn answer(index: &Index, word: &str) -> Result<u64, NotFound> {
    tokio::time::sleep(std::time::Duration::from_millis(word.len() as u64)).await;
    let _t = timer!("look up");
    index.0.get(word).copied().ok_or(NotFound)
}
