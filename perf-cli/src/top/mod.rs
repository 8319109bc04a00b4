//! `perfkit top`: a live view in the terminal.
//!
//! `poll` asks a `source` from a thread of its own, and gets readings. `App` is a state machine: keys and
//! readings go in, and `draw` makes a frame of it. Neither knows of terminals or networks.

mod alerts;
mod app;
mod draw;
mod history;
mod keys;
mod poll;
mod reading;
mod rows;
mod source;
mod stored;
mod terminal;
#[cfg(test)]
mod tests;
mod workers;

use crate::{
    args::Top,
    failure::{Failure, Outcome, of},
    output::Stream,
};
use app::App;
use poll::Poll;
use ratatui::crossterm::event::{self, Event, KeyEventKind};
use signal_hook::{consts::TERM_SIGNALS, flag};
use source::Source;
use std::{
    io::{self, IsTerminal},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant, SystemTime},
};
use terminal::Screen;

/// How long to wait for a key before looking for other news.
const PAUSE: Duration = Duration::from_millis(50);
/// Times that are told as ages are drawn anew this often.
const BEAT: Duration = Duration::from_secs(1);
const LEAST_INTERVAL: Duration = Duration::from_millis(100);
/// Stores have an interval a minute or so.
const STORE_INTERVAL: Duration = Duration::from_secs(10);

/// The terminal is gone.
#[cfg(unix)]
const HANG_UP: &[i32] = &[signal_hook::consts::SIGHUP];
#[cfg(not(unix))]
const HANG_UP: &[i32] = &[];

pub(crate) fn run(top: &Top) -> Outcome {
    if !(io::stdout().is_terminal() && io::stdin().is_terminal()) {
        return Err(Failure::new("`top` wants a terminal; for scripts there is `perfkit report`"));
    }
    let (mut source, least) = match (&top.url, &top.stored.store) {
        (Some(url), _) => (Source::program(url, top.token.token.as_deref())?, LEAST_INTERVAL),
        (None, Some(store)) => (Source::store(store)?, STORE_INTERVAL),
        (None, None) => return Err(Failure::new("expected a URL, or --store")),
    };
    // What is wrong from the start is told in a line.
    let first = source.read()?;
    let mut app = App::new(source.name(), SystemTime::now()).colored(Stream::Output.color());
    app.read(first);
    let interval = top.interval.max(least);
    watch(&mut app, &Poll::start(source, interval))?;
    Ok(ExitCode::SUCCESS)
}

/// Until a key, or a signal, ends it.
fn watch(app: &mut App, poll: &Poll) -> Outcome<()> {
    let is_ended = Arc::new(AtomicBool::new(false));
    for signal in TERM_SIGNALS.iter().chain(HANG_UP) {
        flag::register(*signal, Arc::clone(&is_ended)).map_err(of("signals"))?;
    }
    let mut screen = Screen::take()?;
    let mut drawn = Instant::now();
    let mut is_stale = true;
    while !(app.is_over() || is_ended.load(Relaxed)) {
        if is_stale || drawn.elapsed() >= BEAT {
            app.tick(SystemTime::now());
            screen.0.draw(|frame| draw::draw(app, frame)).map_err(of("the terminal"))?;
            (drawn, is_stale) = (Instant::now(), false);
        }
        if event::poll(PAUSE).map_err(of("the terminal"))? {
            match event::read().map_err(of("the terminal"))? {
                Event::Key(key) if key.kind != KeyEventKind::Release => app.press(key),
                _ => {}
            }
            is_stale = true;
        }
        for word in poll.words.try_iter() {
            app.hear(word);
            is_stale = true;
        }
    }
    Ok(())
}
