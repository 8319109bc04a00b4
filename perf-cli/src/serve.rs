//! `perfkit serve`: the dashboard over what many processes have stored.

use crate::{
    args::Serve,
    ending::Ending,
    failure::{Failure, Outcome},
    input::open,
    output::print,
};
use perf_core::{__bridge::heal, Snapshot};
use perf_monitor::{
    Monitor,
    config::Config,
    health::{Check, CheckResult},
    http::Http,
};
use perf_store::Follow;
use secrecy::{ExposeSecret, SecretString};
use std::{
    io::{self, Write},
    process::ExitCode,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

/// How often the store is asked.
const EVERY: Duration = Duration::from_secs(10);

/// Ticks come as often as instances write, or there would be many in which nothing happened. The windows are
/// those that people choose from, and that rules look at, where no file says others. The process that serves is
/// not what is watched.
const SETTINGS: &str = "interval = '1m'\ntick = '1m'\nwindows = ['5m', '1h', '6h']\n\
                        system.resources = false\nnotify.log.enabled = false";

pub(crate) fn run(serve: &Serve) -> Outcome {
    let ending = Ending::after(serve.time)?;
    let mut config = Config::load_over(SETTINGS).map_err(Failure::new)?;
    let store = open(store(serve, &config)?.expose_secret())?;
    let (follow, earlier) = Follow::new(store, serve.since).map_err(Failure::new)?;
    let total = Arc::new(Mutex::new(follow.snapshot().clone()));
    let shown = Arc::clone(&total);
    let source = move || heal(shown.lock()).clone();
    let token = serve.token.token.clone().map(SecretString::from);
    let token =
        token.map_or_else(|| config.http.token().map_err(Failure::new), |it| Ok(Some(it)))?;
    if token.is_none() && !serve.listen.ip().is_loopback() {
        // A closed standard error leaves nobody to tell.
        let _ = writeln!(io::stderr(), "perfkit: everybody can look: no token is set");
    }
    // What it watches is stored already, and where it serves is said here.
    (config.store.url, config.store.url_file, config.http.port) = (None, None, None);
    let monitor = Monitor::builder().config(config).source(source, earlier).start();
    let monitor = monitor.map_err(Failure::new)?;
    let http = Http::new().address(serve.listen.to_string());
    let http = token.into_iter().fold(http, Http::token);
    let is_away = Arc::new(AtomicBool::new(false));
    let away = Arc::clone(&is_away);
    monitor.health().register(Check::new("store", move || {
        if away.load(Relaxed) { CheckResult::down("it does not answer") } else { CheckResult::up() }
    }));
    let server = http.serve(&monitor).map_err(Failure::new)?;
    monitor.health().started();
    print(format!("the store's dashboard: http://{}/\n", server.address()))?;
    follow_on(follow, &total, &is_away, &ending);
    drop(server);
    let _ = monitor.stop();
    Ok(ExitCode::SUCCESS)
}

/// Named here or by the settings, where it can be in a file of its own.
fn store(serve: &Serve, config: &Config) -> Outcome<SecretString> {
    if let Some(store) = &serve.store {
        return Ok(store.clone().into());
    }
    config.store.url().map_err(Failure::new)?.ok_or_else(|| {
        Failure::new(
            "no store is named: use --store, PERFKIT_STORE, or store.url or store.url_file in the \
             file that PERFKIT_CONFIG names",
        )
    })
}

/// Until the time is over, or somebody ends it. A store that is away is asked again.
fn follow_on(mut follow: Follow, total: &Mutex<Snapshot>, is_away: &AtomicBool, ending: &Ending) {
    while !ending.is_within(EVERY) {
        let advanced = follow.advance();
        let was_away = is_away.swap(advanced.is_err(), Relaxed);
        let told = match &advanced {
            Err(error) if !was_away => format!("the store cannot be asked just now: {error}"),
            Ok(()) if was_away => "the store answers again".to_owned(),
            _ => String::new(),
        };
        if !told.is_empty() {
            let _ = writeln!(io::stderr(), "perfkit: {told}");
        }
        *heal(total.lock()) = follow.snapshot().clone();
    }
}
