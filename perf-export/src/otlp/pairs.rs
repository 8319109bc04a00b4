//! Lists of keys and values in environment variables: `key=value,key=value`, percent-encoded as W3C
//! Baggage has them (<https://www.w3.org/TR/baggage/>).

use percent_encoding::percent_decode_str;

/// The pairs; `None` if any of them is not one, for then the specification wants none to be used.
pub(super) fn parse(list: &str) -> Option<Vec<(String, String)>> {
    list.split(',').filter(|pair| !pair.trim().is_empty()).map(pair).collect()
}

fn pair(text: &str) -> Option<(String, String)> {
    let (key, value) = text.split_once('=')?;
    let key = decoded(key.trim())?;
    (!key.is_empty()).then_some((key, decoded(value.trim())?))
}

fn decoded(text: &str) -> Option<String> {
    let is_hex = |at: &str| at.len() >= 2 && at.bytes().take(2).all(|b| b.is_ascii_hexdigit());
    if !text.split('%').skip(1).all(is_hex) {
        return None;
    }
    Some(percent_decode_str(text).decode_utf8().ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded() {
        let pairs = parse(" a=1 , b.c = x%20y%2Cz%3D%C3%BC=,,").unwrap();
        let of = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(pairs, [of("a", "1"), of("b.c", "x y,z=ü=")]);
        assert_eq!(parse("").unwrap(), []);
    }

    #[test]
    fn one_that_is_malformed_spoils_all() {
        for list in ["a=1,b", "a=1,=2", "a=%", "a=%4", "a=%zz", "a=%ü1", "a=%FF"] {
            assert_eq!(parse(list), None, "{list}");
        }
    }
}
