//! Which of several forms is wanted.

use axum::http::{HeaderMap, header};
use mediatype::{MediaType, MediaTypeList, names};

/// The one of these types that `Accept` wants most; the first where it says nothing, or wants none of
/// them (<https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1>).
pub(super) fn best(headers: &HeaderMap, offers: &[&'static str]) -> &'static str {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let ranges: Vec<_> = MediaTypeList::new(accept.unwrap_or_default()).flatten().collect();
    let quality = |offer: &'static str| {
        let offer = MediaType::parse(offer).ok()?;
        // Of what fits, that which says most.
        ranges.iter().filter_map(|range| fit(range, &offer)).max_by_key(|(fit, _)| *fit)
    };
    // Of equals the first one.
    let ranked = offers.iter().rev().filter_map(|offer| Some((quality(offer)?.1, *offer)));
    let best = ranked.filter(|(quality, _)| *quality > 0).max_by_key(|(quality, _)| *quality);
    best.map(|(_, offer)| offer).or(offers.first().copied()).unwrap_or_default()
}

/// How closely a range fits, and its weight in thousandths.
fn fit(range: &MediaType<'_>, offer: &MediaType<'_>) -> Option<(u8, u16)> {
    let fit = match (range.ty.as_str(), range.subty.as_str()) {
        _ if range.essence() == offer.essence() => 2,
        (ty, "*") if offer.ty == ty => 1,
        ("*", "*") => 0,
        _ => return None,
    };
    let weight = range.params.iter().find(|(name, _)| *name == names::Q);
    let weight = weight.map_or(Some(1.0), |(_, value)| value.unquoted_str().parse::<f32>().ok());
    Some((fit, (weight?.clamp(0.0, 1.0) * 1_000.0) as u16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_most_comes_first() {
        let offers = ["application/health+json", "application/json", "text/html"];
        for (accept, expected) in [
            ("", offers[0]),
            ("*/*", offers[0]),
            ("application/json", offers[1]),
            ("text/*, application/json;q=0.5", offers[2]),
            ("text/html,application/xhtml+xml,*/*;q=0.8", offers[2]),
            ("application/health+json;q=0, */*;q=0.1", offers[1]),
            ("image/png", offers[0]),
            (";;;,,", offers[0]),
        ] {
            let headers = [(header::ACCEPT, accept.parse().unwrap())].into_iter().collect();
            assert_eq!(best(&headers, &offers), expected, "{accept}");
        }
    }
}
