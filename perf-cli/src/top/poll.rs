//! Asks a source again and again, from a thread of its own: a screen waits for no network.

use super::{reading::Reading, source::Source};
use std::{
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::Duration,
};

/// What the source says.
#[derive(Debug)]
pub(super) enum Word {
    Reading(Box<Reading>),
    /// It did not answer, and why.
    Away(String),
}

/// The thread ends when this is dropped.
pub(super) struct Poll {
    pub(super) words: Receiver<Word>,
    _ends: Sender<()>,
}

impl Poll {
    pub(super) fn start(mut source: Source, interval: Duration) -> Self {
        let (says, words) = mpsc::channel();
        let (ends, ended) = mpsc::channel::<()>();
        thread::spawn(move || {
            while ended.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                let word = match source.read() {
                    Ok(reading) => Word::Reading(Box::new(reading)),
                    Err(failure) => Word::Away(failure.to_string()),
                };
                if says.send(word).is_err() {
                    return;
                }
            }
        });
        Self { words, _ends: ends }
    }
}
