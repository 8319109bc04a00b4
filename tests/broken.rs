//! What is wrong in a body is said as without the attribute: the same errors, at the same places.
#![cfg(feature = "enabled")]

use serde_json::Value;
use std::{collections::BTreeMap, env, fs, path::Path, process::Command};

/// Functions with something wrong in them, each after a line for the attribute.
const BROKEN: [(&str, &str); 12] = [
    ("returns_another_type", "fn f() -> u32 {\n    \"three\"\n}"),
    ("returns_another_type_async", "async fn f() -> u32 {\n    \"three\"\n}"),
    (
        "returns_early",
        "fn f(n: u32) -> u32 {\n    if n > 1 {\n        return \"x\";\n    }\n    n\n}",
    ),
    ("wrong_error", "fn f() -> Result<u32, String> {\n    Err(5)\n}"),
    ("wrong_error_async", "async fn f() -> Result<u32, String> {\n    Err(5)\n}"),
    ("wrong_local", "fn f() {\n    let n: u32 = \"three\";\n    drop(n);\n}"),
    ("moved", "fn f(text: String) -> usize {\n    drop(text);\n    text.len()\n}"),
    ("unknown_method", "fn f(text: &str) -> usize {\n    text.lenght()\n}"),
    ("unknown_name", "async fn f() -> usize {\n    nowhere.len()\n}"),
    ("missing_arm", "fn f(n: Option<u8>) -> u8 {\n    match n {\n        None => 1,\n    }\n}"),
    ("question_without_result", "fn f(text: &str) -> u8 {\n    text.parse::<u8>()?\n}"),
    ("local_borrowed", "fn f() -> &'static str {\n    let text = String::new();\n    &text\n}"),
];

/// An error: its code, its message, and where it points.
type Said = (String, String, Vec<(u64, u64, u64, u64)>);

#[test]
fn errors_in_a_body_are_as_without_the_attribute() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("broken");
    let bin = folder.join("src/bin");
    fs::create_dir_all(&bin).unwrap();
    let manifest = format!(
        "[package]\nname = \"broken\"\nedition = \"2024\"\n[dependencies]\nperfkit = {{ path = {:?} }}\n[workspace]\n",
        env!("CARGO_MANIFEST_DIR"),
    );
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock"), folder.join("Cargo.lock"))
        .unwrap();
    for (name, function) in BROKEN {
        for (suffix, attribute) in [("plain", "//"), ("timed", "#[perfkit::timed]")] {
            let program = format!("{attribute}\n{function}\n\nfn main() {{}}\n");
            fs::write(bin.join(format!("{name}_{suffix}.rs")), program).unwrap();
        }
    }
    let mut said = check(&folder);
    for (name, _) in BROKEN {
        let [plain, timed] =
            ["plain", "timed"].map(|suffix| said.remove(&format!("{name}_{suffix}")));
        assert!(plain.is_some(), "{name} is not broken");
        assert_eq!(timed, plain, "{name}");
    }
}

/// The errors of each program of a crate.
fn check(folder: &Path) -> BTreeMap<String, Vec<Said>> {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["check", "--bins", "--keep-going", "--message-format=json", "--offline"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .output()
        .unwrap();
    let mut said: BTreeMap<String, Vec<Said>> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let message: Value = serde_json::from_str(line).unwrap();
        let error = &message["message"];
        if message["reason"] == "compiler-message" && error["level"] == "error" {
            let program = message["target"]["name"].as_str().unwrap().to_owned();
            said.entry(program).or_default().extend(error_of(error));
        }
    }
    assert!(!said.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    said
}

fn error_of(error: &Value) -> Option<Said> {
    let code = error["code"]["code"].as_str()?.to_owned();
    let number = |span: &Value, key: &str| span[key].as_u64().unwrap();
    let spans = error["spans"].as_array().unwrap().iter().filter(|span| span["is_primary"] == true);
    let places = spans.map(|span| {
        (
            number(span, "line_start"),
            number(span, "column_start"),
            number(span, "line_end"),
            number(span, "column_end"),
        )
    });
    Some((code, error["message"].as_str().unwrap().to_owned(), places.collect()))
}
