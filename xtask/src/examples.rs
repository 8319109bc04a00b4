//! The examples, each by the command that README.md has, and what the book says they print.

use crate::{Result, read, run::run};

/// Their names, features, and arguments.
const EXAMPLES: [(&str, &str, &[&str]); 15] = [
    ("quickstart", "", &[]),
    ("async_service", "", &[]),
    ("tracker", "", &[]),
    ("exports", "files", &[]),
    ("supervisor", "monitor", &[]),
    ("agents", "fleet,http", &[]),
    ("history", "store", &[]),
    ("telegram_bot", "store", &[]),
    ("work_orders", "store", &[]),
    ("knowledge_base", "store", &[]),
    ("llm_cost", "store", &[]),
    ("orchestrator", "http,postgres", &[]),
    ("dashboard", "http", &["3", "127.0.0.1:0"]),
    ("existing_tracing_app", "tracing", &[]),
    ("axum_service", "axum,tracing", &[]),
];

/// Those that the book shows the output of.
const SHOWN: [&str; 5] =
    ["telegram_bot", "work_orders", "knowledge_base", "llm_cost", "orchestrator"];

const CHAPTER: &str = "docs/src/examples.md";

/// Runs all of them to their end. What the book shows of one is what it has to print.
pub(crate) fn check() -> Result {
    let (readme, chapter) = (read("README.md")?, read(CHAPTER)?);
    for (example, features, arguments) in EXAMPLES {
        let mut command = vec!["run", "--release", "--example", example];
        if !features.is_empty() {
            command.extend(["--features", features]);
        }
        let shown = format!("cargo {}", command.join(" "));
        if !readme.contains(&format!("`{shown}`")) {
            return Err(format!("README.md has no `{shown}`"));
        }
        if !arguments.is_empty() {
            command.push("--");
            command.extend(arguments);
        }
        let printed = run("cargo", &command, &[])?.out.join("\n");
        if SHOWN.contains(&example) {
            let said = said(&chapter, &shown);
            let said =
                said.ok_or_else(|| format!("{CHAPTER} does not say what `{shown}` prints"))?;
            if !is_so(said, &printed) {
                return Err(format!("{CHAPTER} says that `{shown}` prints\n{said}"));
            }
        }
    }
    Ok(())
}

/// Whether it was printed, and nothing else; or, after a blank line, what may differ each time.
fn is_so(said: &str, printed: &str) -> bool {
    let rest = printed.strip_prefix(said);
    rest.is_some_and(|rest| rest.trim_end().is_empty() || rest.starts_with("\n\n"))
}

/// The text block after the block that has the command.
fn said<'a>(chapter: &'a str, command: &str) -> Option<&'a str> {
    let (_, after) = chapter.split_once(&format!("$ {command}\n```"))?;
    let (before, text) = after.split_once("```text\n")?;
    let (text, _) = text.split_once("\n```")?;
    before.trim().is_empty().then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_book_says_follows_the_command() {
        let chapter = "```console\n$ cargo run x\n```\n\n```text\na\nb\n```\n\nMore.";
        assert_eq!(said(chapter, "cargo run x"), Some("a\nb"));
        assert_eq!(said(chapter, "cargo run"), None);
    }

    #[test]
    fn nothing_else_may_be_printed_but_after_a_blank_line() {
        assert!(is_so("a\nb", "a\nb\n") && is_so("a\nb", "a\nb\n\n1.234 s"));
        assert!(!is_so("a\nb", "a\nb\nc") && !is_so("a\nb", "a") && !is_so("a\nb", "x\n\na\nb"));
    }
}
