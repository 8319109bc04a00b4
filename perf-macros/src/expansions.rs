//! The files of `expansions/`: what six functions become. They are kept as documentation; `EXPANSIONS=write
//! cargo test -p perf-macros` renews them.

use crate::expand;
use proc_macro2::{TokenStream, TokenTree};
use std::{
    env, fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

const BECOMES: &str = "// becomes\n\n";

#[test]
fn expansions_are_as_written_down() {
    let folder = Path::new(&env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("expansions");
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let (input, expected) = text.split_once(BECOMES).unwrap_or((&text, ""));
        let output = format(&expansion(input));
        if env::var_os("EXPANSIONS").is_some() {
            fs::write(&path, format!("{input}{BECOMES}{output}")).unwrap();
        } else {
            assert_eq!(output, expected, "{}", path.display());
        }
        files += 1;
    }
    assert_eq!(files, 6);
}

/// Expands a file of `#[timed(…)]` and an item.
fn expansion(file: &str) -> String {
    let mut tokens = file.parse::<TokenStream>().unwrap().into_iter();
    let (Some(TokenTree::Punct(_)), Some(TokenTree::Group(attribute))) =
        (tokens.next(), tokens.next())
    else {
        panic!("no attribute in {file}")
    };
    let args = attribute.stream().into_iter().find_map(|token| match token {
        TokenTree::Group(args) => Some(args.stream()),
        _ => None,
    });
    expand::timed(args.unwrap_or_default(), tokens.collect()).to_string()
}

fn format(program: &str) -> String {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--config", "use_small_heuristics=Max"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    rustfmt.stdin.take().unwrap().write_all(program.as_bytes()).unwrap();
    let output = rustfmt.wait_with_output().unwrap();
    assert!(output.status.success(), "{program}");
    String::from_utf8(output.stdout).unwrap()
}
