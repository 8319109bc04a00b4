//! YAML for people: what rule files need of it.

use super::text;
use std::fmt::Write;

/// As wide as comments become.
const WIDTH: usize = 100;

/// The file as it is written. Writing to a text does not fail.
#[derive(Debug, Default)]
pub(super) struct Writer {
    pub(super) text: String,
    depth: usize,
}

impl Writer {
    /// A line of its own.
    pub(super) fn line(&mut self, text: &str) {
        let _ = writeln!(self.text, "{:1$}{text}", "", 2 * self.depth);
    }

    /// What comes now is so much deeper.
    pub(super) fn deeper(&mut self, levels: usize) {
        self.depth += levels;
    }

    /// A comment, in as many lines as it needs.
    pub(super) fn comment(&mut self, text: &str) {
        let mut line = String::from("#");
        for word in text.split_whitespace() {
            if line.len() > 1 && 2 * self.depth + line.len() + 1 + word.len() > WIDTH {
                self.line(&line);
                line = String::from("#");
            }
            line.push(' ');
            line.push_str(word);
        }
        self.line(&line);
    }

    /// The first field of an item of a list; the others follow.
    pub(super) fn item(&mut self, key: &str, value: &str) {
        self.line(&format!("- {key}: {}", scalar(value)));
    }

    /// A field of an item.
    pub(super) fn field(&mut self, key: &str, value: &str) {
        self.line(&format!("  {key}: {}", scalar(value)));
    }

    /// A field of several lines.
    pub(super) fn block(&mut self, key: &str, value: &str) {
        self.line(&format!("  {key}: |-"));
        value.lines().for_each(|line| self.line(&format!("    {line}")));
    }

    /// A field of fields, if there are any.
    pub(super) fn map<'a>(&mut self, key: &str, fields: impl Iterator<Item = (&'a str, &'a str)>) {
        let fields: Vec<_> = fields.collect();
        if !fields.is_empty() {
            self.line(&format!("  {key}:"));
        }
        for (key, value) in fields {
            self.line(&format!("    {key}: {}", scalar(value)));
        }
    }
}

/// A text without quotes where that is the same to any reader.
fn scalar(text: &str) -> String {
    const WORDS: [&str; 10] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "inf"];
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    // Durations and names; `perfkit:x` is no field, for want of a space.
    let plain = text.chars().all(|c| is_plain(c) || c == ':') && !text.ends_with(':');
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_duration =
        text.ends_with(['h', 'm', 's']) && text.starts_with(|c: char| c.is_ascii_digit());
    let is_word = WORDS.contains(&&*text.to_ascii_lowercase());
    if plain && (begins || is_duration) && !is_word { text.to_owned() } else { text::quoted(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_words_go_without_quotes() {
        for (text, written) in [
            ("critical", "critical"),
            ("perfkit:error_rate", "perfkit:error_rate"),
            ("1m30s", "1m30s"),
            ("no", "\"no\""),
            ("1e3", "\"1e3\""),
            ("", "\"\""),
            ("a b", "\"a b\""),
            ("a:", "\"a:\""),
        ] {
            assert_eq!(scalar(text), written);
        }
    }

    #[test]
    fn comments_are_wrapped_and_stay_comments() {
        let mut out = Writer::default();
        out.comment(&"word ".repeat(30));
        out.comment("one\n- two");
        assert!(out.text.lines().all(|line| line.starts_with('#') && line.len() <= WIDTH));
        assert!(out.text.ends_with("# one - two\n"));
    }
}
