//! Names as frames of a stack.

use std::fmt::Write;

/// A name as a frame: what would end the frame, the line or the stack is percent-encoded
/// (<https://www.rfc-editor.org/rfc/rfc3986#section-2.1>).
pub(super) fn frame(name: &str) -> String {
    let mut frame = String::with_capacity(name.len());
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        // Two numbers at the end of a line are those of a differential flame graph.
        let is_apart = frame.is_empty() || rest.peek().is_none_or(char::is_ascii_digit);
        let ends = c.is_control() || c.is_whitespace() && (c != ' ' || is_apart);
        // A line that begins with `#` is a comment.
        if ends || matches!(c, '%' | ';') || c == '#' && frame.is_empty() {
            encode(c, &mut frame);
        } else {
            frame.push(c);
        }
    }
    if frame.is_empty() { "(unnamed)".to_owned() } else { frame }
}

fn encode(c: char, to: &mut String) {
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        let _ = write!(to, "%{byte:02X}");
    }
}

#[cfg(test)]
mod tests {
    use super::frame;
    use proptest::prelude::*;

    /// What percent-encoding was done.
    fn decoded(frame: &str) -> String {
        let mut parts = frame.split('%');
        let mut bytes = parts.next().unwrap().as_bytes().to_vec();
        for part in parts {
            bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
            bytes.extend(part[2..].bytes());
        }
        String::from_utf8(bytes).unwrap()
    }

    proptest! {
        #[test]
        fn a_frame_is_legal_and_its_name_can_be_had_again(name in ".*|[a0#; %.\n\u{a0}]{1,8}") {
            let legal = frame(&name);
            prop_assert!(!legal.contains([';', '\n', '\r', '\0']));
            let last = legal.rsplit(' ').next().unwrap();
            prop_assert!(last == legal || last.parse::<f64>().is_err() || !last.starts_with(|c: char| c.is_ascii_digit()));
            if !name.is_empty() {
                prop_assert_eq!(decoded(&legal), name);
            }
        }
    }

    #[test]
    fn what_is_harmless_stays() {
        for (name, legal) in [
            ("GET /users/{id}", "GET /users/{id}"),
            ("step 2", "step%202"),
            (" a ", "%20a%20"),
            ("a;b%\n", "a%3Bb%25%0A"),
            ("#1", "%231"),
            ("", "(unnamed)"),
        ] {
            assert_eq!(frame(name), legal);
        }
    }
}
