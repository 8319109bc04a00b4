//! `perfkit serve`: the dashboard over what many processes have stored.

use crate::{
    args::Serve,
    failure::{Failure, Outcome},
    input::open,
    output::print,
};
use perf_monitor::{Monitor, config::Config, http::Http};
use perf_store::Follow;
use std::{
    io::{self, Write},
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// How often the store is asked.
const EVERY: Duration = Duration::from_secs(10);

/// The windows that people choose from, and that rules look at, where no file says others. The process that
/// serves is not what is watched.
const SETTINGS: &str = "interval = '10s'\ntick = '10s'\nwindows = ['5m', '1h', '6h']\n\
                        system.resources = false\nnotify.log.enabled = false";

pub(crate) fn run(serve: &Serve) -> Outcome {
    let config = Config::load_over(SETTINGS).map_err(Failure::new)?;
    let (follow, earlier) = Follow::new(open(&serve.store)?, serve.since).map_err(Failure::new)?;
    let total = Arc::new(Mutex::new(follow.snapshot().clone()));
    let shown = Arc::clone(&total);
    let source = move || shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
    // What it watches is stored already, and where it serves is said here.
    let mut config = config;
    (config.store.url, config.store.url_file, config.http.port) = (None, None, None);
    let monitor = Monitor::builder().config(config).source(source, earlier).start();
    let monitor = monitor.map_err(Failure::new)?;
    let http = Http::new().address(serve.listen.to_string());
    let http = serve.token.token.iter().fold(http, |http, token| http.token(token.as_str()));
    let server = http.serve(&monitor).map_err(Failure::new)?;
    print(format!("the store's dashboard: http://{}/\n", server.address()))?;
    follow_on(follow, &total, serve.time);
    drop(server);
    let _ = monitor.stop();
    Ok(ExitCode::SUCCESS)
}

/// Until the time is over, or somebody ends it. A store that is away is asked again.
fn follow_on(mut follow: Follow, total: &Mutex<perf_core::Snapshot>, time: Option<Duration>) {
    let began = Instant::now();
    let mut is_away = false;
    loop {
        let left = time.map(|time| time.saturating_sub(began.elapsed()));
        if left.is_some_and(|left| left.is_zero()) {
            return;
        }
        thread::sleep(left.map_or(EVERY, |left| left.min(EVERY)));
        let advanced = follow.advance();
        if let Err(error) = &advanced
            && !is_away
        {
            // A closed standard error leaves nobody to tell.
            let _ = writeln!(io::stderr(), "perfkit: the store cannot be asked just now: {error}");
        }
        is_away = advanced.is_err();
        *total.lock().unwrap_or_else(PoisonError::into_inner) = follow.snapshot().clone();
    }
}
