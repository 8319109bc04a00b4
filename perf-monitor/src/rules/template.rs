//! Texts with places to fill in.

/// A text with `{placeholders}`; `{{` and `}}` are braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Place(String),
}

/// The placeholder of one label begins with it.
pub(super) const LABEL: &str = "labels.";

impl Template {
    /// Reads a text. An unknown placeholder is an error that names it, and those that are `allowed`.
    pub(super) fn parse(text: &str, allowed: &[&str]) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            pieces.push(Piece::Text(before.to_owned()));
            let (piece, after) = piece(from, allowed)?;
            pieces.push(piece);
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }

    /// The text with its places filled in.
    pub(super) fn fill(&self, value: impl Fn(&str) -> String) -> String {
        self.map(str::to_owned, value)
    }

    /// The same, with what is between the places changed too.
    pub(super) fn map(
        &self,
        text: impl Fn(&str) -> String,
        value: impl Fn(&str) -> String,
    ) -> String {
        let filled = self.0.iter().map(|piece| match piece {
            Piece::Text(between) => text(between),
            Piece::Place(name) => value(name),
        });
        filled.collect()
    }
}

/// What a text that begins with a brace begins with, and what comes after.
fn piece<'a>(text: &'a str, allowed: &[&str]) -> Result<(Piece, &'a str), String> {
    for brace in ["{", "}"] {
        let doubled = text.strip_prefix(brace).and_then(|text| text.strip_prefix(brace));
        if let Some(after) = doubled {
            return Ok((Piece::Text(brace.to_owned()), after));
        }
    }
    let place = text.strip_prefix('{').and_then(|text| text.split_once('}'));
    let (name, after) = place.ok_or("a brace stands alone: write {{ or }} for one")?;
    let is_label = name.strip_prefix(LABEL).is_some_and(|key| !key.is_empty());
    if !is_label && !allowed.contains(&name) {
        let known: Vec<_> = allowed.iter().map(|name| format!("{{{name}}}")).collect();
        let known = known.join(", ");
        return Err(format!("unknown placeholder {{{name}}}: allowed are {known}, {{{LABEL}…}}"));
    }
    Ok((Piece::Place(name.to_owned()), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> Result<String, String> {
        let template = Template::parse(text, &["value", "rule"])?;
        Ok(template.fill(|name| format!("<{name}>")))
    }

    #[test]
    fn places_are_filled_in() {
        for (text, shown) in [
            ("", ""),
            ("plain", "plain"),
            ("{rule} is {value}!", "<rule> is <value>!"),
            ("{labels.table}", "<labels.table>"),
            ("{{{value}}} }}{{", "{<value>} }{"),
        ] {
            assert_eq!(filled(text).unwrap(), shown);
        }
    }

    #[test]
    fn what_is_unknown_is_named_with_what_is_allowed() {
        assert_eq!(
            filled("{valeu}").unwrap_err(),
            "unknown placeholder {valeu}: allowed are {value}, {rule}, {labels.…}"
        );
        assert!(filled("{labels.}").unwrap_err().contains("{labels.}"));
        for text in ["{value", "value}", "{", "{{}", "a { b"] {
            assert!(filled(text).unwrap_err().contains("brace"), "{text}");
        }
    }
}
