//! `perfkit run`, with a program that measures itself.

use crate::{
    measured::{ARGUMENTS, END, MICROS},
    support::{Folder, perfkit, wrong},
};
use assert_cmd::Command;
use std::{env, fs, process};

pub(crate) fn running(options: &[&str], end: &str) -> Command {
    let program = env::current_exe().unwrap();
    let mut command = perfkit([&["run"], options, &["--"]].concat());
    command.arg(program).args(ARGUMENTS).arg("--nocapture").env(MICROS, "100").env(END, end);
    command
}

#[test]
fn the_summary_follows_what_the_program_says() {
    let done = running(&[], "").assert().success();
    let said = String::from_utf8_lossy(&done.get_output().stdout).into_owned();
    let told = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
    assert!(said.contains("what the program says"), "{said}");
    assert!(!said.contains("p95"), "{said}");
    let row = told.lines().find(|line| line.starts_with("work")).unwrap();
    assert!(row.contains(" 60 "), "{told}");
}

#[test]
fn in_other_formats_and_into_a_file() {
    let folder = Folder::new();
    let file = folder.name("kept.json");
    let done = running(&["--output", &file, "--format", "csv"], "").assert().success();
    let mut reader = csv::Reader::from_reader(&*done.get_output().stderr);
    let row = reader.records().next().unwrap().unwrap();
    assert_eq!((&row[0], &row[2]), ("work", "60"));
    let kept = perf_export::json::read(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(kept.get("work").unwrap().count(), 60);
}

#[test]
fn the_program_s_code_is_the_command_s() {
    running(&[], "7").assert().code(7);
}

#[test]
fn programs_without_a_report() {
    let done = running(&[], "silent").assert().code(2);
    let said = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
    assert!(said.contains("wrote no report: it needs perfkit with the feature `files`"), "{said}");
    let done = perfkit(["run", "--", "sh", "-c", "exit 9"]).assert().code(9);
    let said = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
    assert!(said.contains("wrote no report"), "{said}");
    assert!(wrong(["run", "--", "no-such-program"]).contains("no-such-program: No such file"));
    assert!(wrong(["run", "-o", "kept.xyz", "--", "true"]).contains("ends with a format"));
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_program_and_shows_its_report() {
    // As a terminal does it: to the whole group.
    ended_by("-INT", true, 130);
}

#[cfg(unix)]
#[test]
fn what_asks_the_command_to_end_is_passed_on() {
    ended_by("-TERM", false, 143);
}

/// Runs a program, ends it, or the command alone, and looks at the report.
#[cfg(unix)]
fn ended_by(signal: &str, is_group: bool, code: i32) {
    use std::{io::Read, os::unix::process::CommandExt, process::Stdio};
    let program = env::current_exe().unwrap();
    let mut command = process::Command::new(env!("CARGO_BIN_EXE_perfkit"));
    command.args(["run", "--signals", "--"]).arg(program).args(ARGUMENTS).arg("--nocapture");
    command.env(MICROS, "100").env(END, "interrupted").process_group(0);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut said, mut out) = (String::new(), child.stdout.take().unwrap());
    while !said.contains("what the program says") {
        let mut bytes = [0; 256];
        let read = out.read(&mut bytes).unwrap();
        assert!(read > 0, "{said}");
        said += &String::from_utf8_lossy(&bytes[..read]);
    }
    let whom = if is_group { format!("-{}", child.id()) } else { child.id().to_string() };
    let kill = process::Command::new("kill").args([signal, "--", &whom]).status();
    assert!(kill.unwrap().success());
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(code), "{done:?}");
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(told.lines().any(|line| line.starts_with("work")), "{told}");
}
