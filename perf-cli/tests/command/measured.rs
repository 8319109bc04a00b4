//! A program that measures itself, for `perfkit run`: this test, where it is told to be one.

use std::{env, process, thread, time::Duration};

/// Arguments that run it alone.
pub(crate) const ARGUMENTS: [&str; 2] = ["measured::program", "--exact"];
/// How many microseconds each call takes.
pub(crate) const MICROS: &str = "MEASURED_MICROS";
/// How it ends.
pub(crate) const END: &str = "MEASURED_END";

#[test]
fn program() {
    let Ok(micros) = env::var(MICROS) else { return };
    let pause = Duration::from_micros(micros.parse().unwrap());
    let end = env::var(END).unwrap_or_default();
    let guard = (end != "silent").then(perf_export::init);
    for _ in 0..60 {
        let _call = perf_core::timer("work");
        thread::sleep(pause);
    }
    println!("what the program says");
    if end == "interrupted" {
        thread::sleep(Duration::from_secs(30));
    }
    drop(guard);
    if let Ok(code) = end.parse() {
        process::exit(code);
    }
}
