//! `init()`, from outside: each case runs this test binary again as a program of its own.
#![cfg(feature = "enabled")]

use perfkit::{Builder, Format, Output, Sort, timed, timer};
use std::{
    env, fs,
    path::PathBuf,
    process::{Command, Output as Ran},
    thread,
    time::Duration,
};

#[timed("work")]
fn work() {
    thread::sleep(Duration::from_millis(1));
}

/// What the child does, by name.
fn programs() -> Vec<(&'static str, fn())> {
    vec![
        ("plain", || {
            let _perf = perfkit::init();
            work();
        }),
        ("panics", || {
            let _perf = perfkit::init();
            work();
            panic!("on purpose");
        }),
        ("exits", || {
            let _perf = perfkit::init();
            work();
            perfkit::flush();
            std::process::exit(3);
        }),
        ("flushes", || {
            let _perf = perfkit::init();
            work();
            perfkit::flush();
        }),
        ("flushes and counts", || {
            let _perf = perfkit::init();
            work();
            perfkit::flush();
            perfkit::counter("late", &[]).add(1);
        }),
        ("goes elsewhere", || {
            let _perf = perfkit::init();
            env::set_current_dir("/").unwrap();
            work();
        }),
        ("begins again", || {
            drop(Builder::new().signals(true).format(Format::None).init());
            let _perf = Builder::new().signals(true).init();
            work();
            println!("ready");
            thread::sleep(Duration::from_secs(60));
        }),
        ("builds", || {
            let builder = Builder::new().percentiles(&[12.5]).sort(Sort::Name).limit(1);
            let _perf = builder.output(Output::Stdout).format(Format::Table).init();
            work();
            drop(timer!("other"));
        }),
        ("waits", || {
            let _perf = Builder::new().signals(true).init();
            work();
            println!("ready");
            thread::sleep(Duration::from_secs(60));
        }),
        ("nothing", || {
            let _perf = perfkit::init();
        }),
    ]
}

/// The child. By itself it does nothing.
#[test]
fn child() {
    let Ok(name) = env::var("PERFKIT_TEST_PROGRAM") else {
        return;
    };
    let programs = programs();
    let (_, program) = programs.iter().find(|(known, _)| *known == name).unwrap();
    program();
}

fn command(program: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture", "--test-threads=1"]);
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("PERFKIT_") {
            command.env_remove(name);
        }
    }
    command.env("PERFKIT_TEST_PROGRAM", program);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn run(program: &str, variables: &[(&str, &str)]) -> Ran {
    command(program).envs(variables.iter().copied()).output().unwrap()
}

fn stderr(program: &str, variables: &[(&str, &str)]) -> String {
    text(&run(program, variables).stderr)
}

fn row<'a>(table: &'a str, name: &str) -> Vec<&'a str> {
    let row = table.lines().find(|line| line.starts_with(name));
    row.unwrap_or_else(|| panic!("no {name} in:\n{table}")).split_whitespace().collect()
}

#[test]
fn the_summary_is_printed_when_the_guard_goes_also_by_panic() {
    for program in ["plain", "panics"] {
        let table = stderr(program, &[]);
        assert_eq!(row(&table, "work")[..3], ["work", "1", "0"], "{table}");
        assert!(table.contains("timing a call costs"), "{table}");
        assert!(!table.contains('\u{1b}'), "no colour but on a terminal: {table}");
    }
    assert!(stderr("nothing", &[]).contains("no timed operation has been called"));
}

#[test]
fn flush_prints_before_an_exit_and_only_once() {
    let exited = run("exits", &[]);
    assert_eq!(exited.status.code(), Some(3));
    for table in [text(&exited.stderr), stderr("flushes", &[])] {
        assert_eq!(table.matches("timing a call costs").count(), 1, "{table}");
    }
}

#[test]
fn what_is_counted_after_a_flush_is_not_lost() {
    let tables = stderr("flushes and counts", &[]);
    assert_eq!(tables.matches("timing a call costs").count(), 2, "{tables}");
    assert!(tables.contains("late"), "{tables}");
}

#[test]
fn a_relative_path_is_where_the_program_began() {
    let folder = temporary("folder");
    fs::create_dir_all(&folder).unwrap();
    let mut child = command("goes elsewhere");
    child.current_dir(&folder).env("PERFKIT_OUTPUT", "summary.txt").output().unwrap();
    assert_eq!(row(&fs::read_to_string(folder.join("summary.txt")).unwrap(), "work")[1], "1");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_builder_sets_and_the_environment_has_the_last_word() {
    let table = text(&run("builds", &[]).stdout);
    assert!(table.contains("p12.5") && !table.contains("p50"), "{table}");
    assert_eq!(row(&table, "other")[1], "1");
    assert!(table.contains("1 more operations not shown"), "{table}");

    let variables = [("PERFKIT_SORT", "total"), ("PERFKIT_PERCENTILES", "75,99.99")];
    let table = text(&run("builds", &variables).stdout);
    assert!(table.contains("p75") && table.contains("p99.99") && !table.contains("p12.5"));
    assert_eq!(row(&table, "work")[1], "1");
    assert_eq!(
        text(&run("builds", &[("PERFKIT_OUTPUT", "stderr")]).stdout).matches("p12.5").count(),
        0
    );
}

#[cfg(feature = "files")]
#[test]
fn json_is_json() {
    let json = stderr("plain", &[("PERFKIT_FORMAT", "json")]);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    let work = &value["operations"][0];
    assert_eq!((&work["name"], &work["count"]), (&"work".into(), &1.into()));
    assert_eq!((&work["errors"], &work["panicked"]), (&0.into(), &0.into()));
    assert!(work["total_ns"].as_u64().unwrap() >= 1_000_000);
    assert_eq!(work["p50_ns"], work["max_ns"]);
}

#[test]
fn nothing_is_written_if_that_is_asked_for() {
    let file = temporary("none.md");
    let variables = [("PERFKIT_FORMAT", "none"), ("PERFKIT_OUTPUT", file.to_str().unwrap())];
    assert_eq!(stderr("plain", &variables), "");
    assert!(!file.exists());
}

#[test]
fn several_files_are_written_at_once_each_by_its_name() {
    let files = ["report.md", "calls.dot", "run.prom", "stacks.folded"].map(temporary);
    let all = files.iter().map(|file| file.to_str().unwrap()).collect::<Vec<_>>().join(",");
    fs::write(&files[0], "of an earlier run").unwrap();
    let table = stderr("plain", &[("PERFKIT_OUTPUT", &format!("{all},stderr"))]);
    assert_eq!(row(&table, "work")[1], "1");
    let texts = files.map(|file| {
        let text = fs::read_to_string(&file).unwrap();
        fs::remove_file(&file).unwrap();
        text
    });
    let expected = ["| `work` |", "digraph", "operation=\"work\"", "work "];
    for (text, part) in texts.iter().zip(expected) {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[cfg(not(feature = "files"))]
#[test]
fn a_format_that_is_not_there_is_said_and_the_summary_is_not_lost() {
    let file = temporary("run.json");
    fs::write(&file, "of an earlier run").unwrap();
    let said = stderr("plain", &[("PERFKIT_OUTPUT", file.to_str().unwrap())]);
    assert!(said.contains(".json wants the feature `files` of perfkit"), "{said}");
    assert_eq!(row(&said, "work")[1], "1");
    assert_eq!(fs::read_to_string(&file).unwrap(), "of an earlier run");
    fs::remove_file(&file).unwrap();
}

#[test]
fn a_malformed_variable_is_a_warning_and_the_default() {
    let table = stderr("plain", &[("PERFKIT_LIMIT", "many"), ("PERFKIT_PERCENTILES", "50;99")]);
    assert!(
        table.contains(
            "PERFKIT_LIMIT=\"many\" is not understood and ignored: expected a whole number"
        ),
        "{table}"
    );
    assert!(table.contains("PERFKIT_PERCENTILES=\"50;99\""), "{table}");
    assert!(table.contains("p95") && row(&table, "work")[1] == "1", "{table}");
}

#[test]
fn switched_off_by_the_environment() {
    assert!(stderr("plain", &[("PERFKIT_ENABLED", "0")]).contains("no timed operation"));
}

fn temporary(name: &str) -> PathBuf {
    env::temp_dir().join(format!("perfkit-test-{}-{name}", std::process::id()))
}

#[test]
fn a_file_is_written_and_an_unwritable_one_is_said() {
    let file = temporary("summary.txt");
    let said = stderr("plain", &[("PERFKIT_OUTPUT", file.to_str().unwrap())]);
    assert_eq!(said, "");
    assert_eq!(row(&fs::read_to_string(&file).unwrap(), "work")[1], "1");
    fs::remove_file(&file).unwrap();

    let missing = temporary("no such folder").join("summary.txt");
    let said = stderr("plain", &[("PERFKIT_OUTPUT", missing.to_str().unwrap())]);
    assert!(said.contains("cannot write the summary to") && said.contains("summary.txt"), "{said}");
    assert_eq!(row(&said, "work")[1], "1");
}

#[cfg(all(unix, feature = "signals"))]
#[test]
fn signals_print_the_summary_and_then_do_what_they_do() {
    use std::{
        io::{BufRead, BufReader, Read},
        os::unix::process::ExitStatusExt,
        process::Stdio,
    };
    for program in ["waits", "begins again"] {
        let mut child =
            command(program).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let ready = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .find(|line| line.as_ref().is_ok_and(|line| line.ends_with("ready")));
        assert!(ready.is_some());
        let id = child.id().to_string();
        let signal = |name: &str| {
            let sent = Command::new("kill").args([name, &id]).status().unwrap();
            assert!(sent.success());
        };
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut until_cost = || {
            let mut table = String::new();
            while !table.contains("timing a call costs") {
                assert!(stderr.read_line(&mut table).unwrap() > 0, "{table}");
            }
            table
        };
        signal("-USR1");
        assert_eq!(row(&until_cost(), "work")[1], "1");
        // It goes on, so the next one finds it there.
        signal("-TERM");
        assert_eq!(row(&until_cost(), "work")[1], "1");
        assert_eq!(child.wait().unwrap().signal(), Some(15));
        stderr.read_to_end(&mut Vec::new()).unwrap();
    }
}
