//! What others' errors say, as whoever asks may see it.

/// Longer texts are cut.
const MOST: usize = 1000;
/// What ends the host of a URL, and whatever stands before it.
const ENDS: &[char] = &['/', '?', '#', '"', '\'', '`', '<', '>', ',', ';', ')'];

/// Without the users and passwords of URLs, which the errors of databases' clients like to repeat; and not
/// too long.
pub(super) fn shown(text: &str) -> String {
    let mut parts = text.split("://");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| c.is_whitespace() || ENDS.contains(&c)).unwrap_or(part.len());
        let (user, host) = match part[..end].rfind('@') {
            Some(at) => ("…", &part[at..]),
            None => ("", part),
        };
        shown.extend(["://", user, host]);
    }
    if let Some((cut, _)) = shown.char_indices().nth(MOST) {
        shown.truncate(cut);
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_passwords_are_not() {
        for (text, expected) in [
            ("no route", "no route"),
            (
                "postgres://me:s3cr@t@db:5432/shop?a=b@c: refused",
                "postgres://…@db:5432/shop?a=b@c: refused",
            ),
            (
                "'redis://:s3cret@cache' or \"http://host/a@b\"",
                "'redis://…@cache' or \"http://host/a@b\"",
            ),
            ("a://s3cret@b a://c d@e://", "a://…@b a://c d@e://"),
        ] {
            assert_eq!(shown(text), expected);
        }
    }

    #[test]
    fn it_is_cut_between_characters() {
        assert_eq!(shown(&"é".repeat(1000)), "é".repeat(1000));
        assert_eq!(shown(&"é".repeat(1_000_000)), "é".repeat(1000) + "…");
    }
}
