//! The dashboard's page: one document that asks for nothing but the API beside it.

use axum::{
    extract::OriginalUri,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use perf_export::__page::{CHART_STYLE, ELEMENTS, GRAPH, GRAPH_STYLE, LIBRARIES};
use sha2::{Digest, Sha256};
use std::sync::OnceLock;

const PAGE: &str = include_str!("page/dashboard.html");
const STYLES: [&str; 2] = [GRAPH_STYLE, include_str!("page/dashboard.css")];
/// Each in the order they need: what they share, then a view each in the order of the links to them, then
/// what begins it all.
const SCRIPTS: [&str; 27] = [
    ELEMENTS,
    GRAPH,
    include_str!("page/text.js"),
    include_str!("page/api.js"),
    include_str!("page/state.js"),
    include_str!("page/route.js"),
    include_str!("page/patch.js"),
    include_str!("page/parts.js"),
    include_str!("page/spark.js"),
    include_str!("page/charts.js"),
    include_str!("page/timechart.js"),
    include_str!("page/curvechart.js"),
    include_str!("page/heat.js"),
    include_str!("page/overview.js"),
    include_str!("page/operations.js"),
    include_str!("page/operation.js"),
    include_str!("page/callgraph.js"),
    include_str!("page/fleet.js"),
    include_str!("page/worker.js"),
    include_str!("page/alerts.js"),
    include_str!("page/resources.js"),
    include_str!("page/metrics.js"),
    include_str!("page/header.js"),
    include_str!("page/session.js"),
    include_str!("page/live.js"),
    include_str!("page/dashboard.js"),
    include_str!("page/start.js"),
];

/// What the page is put together from, and the policy that names each part by its hash, so that it runs
/// no other script and has no other style, whatever names come to it.
struct Page {
    html: String,
    policy: HeaderValue,
}

static MADE: OnceLock<Page> = OnceLock::new();

impl Page {
    fn new() -> Self {
        let (style, script) = (STYLES.concat(), SCRIPTS.concat());
        let parts = [
            ("chart-style", CHART_STYLE),
            ("style", &style),
            ("libraries", LIBRARIES),
            ("script", &script),
        ];
        let fill = |page: String, (name, text): &(&str, &str)| {
            page.replacen(&format!("{{{{{name}}}}}"), text, 1)
        };
        let [chart_style, style, libraries, script] = parts
            .map(|(_, text)| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text))));
        let policy = format!(
            "default-src 'none'; script-src {libraries} {script}; style-src {chart_style} {style}; \
             connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'"
        );
        Self {
            html: parts.iter().fold(PAGE.to_owned(), fill),
            // Of base64 and words.
            policy: HeaderValue::from_str(&policy)
                .unwrap_or(HeaderValue::from_static("default-src 'none'")),
        }
    }
}

/// What the page asks for is relative to its address. Where that does not end in a slash, as at a path of
/// somebody else's app, the page is told what to put in front.
pub(super) async fn page(OriginalUri(uri): OriginalUri) -> Response {
    let last = uri.path().rsplit('/').next().unwrap_or_default();
    let base = if last.is_empty() { String::new() } else { format!("{}/", attribute(last)) };
    let page = MADE.get_or_init(Page::new);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, page.policy.clone()),
    ];
    (headers, page.html.replacen("{{base}}", &base, 1)).into_response()
}

fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parts_have_their_places() {
        let page = Page::new();
        for part in ["chart-style", "style", "libraries", "script"] {
            assert!(PAGE.contains(&format!("{{{{{part}}}}}")), "{part}");
            assert!(!page.html.contains(&format!("{{{{{part}")), "{part}");
        }
        let attribute = "data-base=\"{{base}}\"";
        assert!(page.html.find(attribute).is_some_and(|at| at < page.html.find("<style").unwrap()));
        assert_eq!(page.html.matches("</script>").count(), 2);
        assert_eq!(page.html.matches("</style>").count(), 2);
        assert_eq!(page.policy.to_str().unwrap().matches("'sha256-").count(), 4);
    }
}
