//! A page as HTML that needs nothing else.

use super::page::{Content, Page};
use perf_core::human::printable;

const HEAD: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
    <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n";
const STYLE: &str = "<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;\
    max-width:72rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}\
    div{overflow-x:auto}th,td{text-align:left;padding:.25rem .75rem;border-bottom:1px solid #8886;\
    vertical-align:top}</style>\n</head>\n<body>\n<main>\n";

pub(super) fn write(page: &Page) -> String {
    let title = escaped(&page.title);
    let mut text = format!("{HEAD}<title>{title}</title>\n{STYLE}<h1>{title}</h1>\n");
    for section in &page.sections {
        if !section.title.is_empty() {
            text.extend(["<h2>", &escaped(section.title), "</h2>\n"]);
        }
        match &section.content {
            Content::List(items) => {
                text += "<ul>\n";
                text.extend(items.iter().map(|item| format!("<li>{}</li>\n", escaped(item))));
                text += "</ul>\n";
            }
            Content::Table { titles, rows } => {
                text += "<div><table>\n<thead>";
                text += &row("th scope=\"col\"", "th", titles.iter().copied());
                text += "</thead>\n<tbody>\n";
                text.extend(
                    rows.iter().map(|cells| row("td", "td", cells.iter().map(String::as_str))),
                );
                text += "</tbody>\n</table></div>\n";
            }
        }
    }
    text + "</main>\n</body>\n</html>\n"
}

fn row<'a>(open: &str, close: &str, cells: impl Iterator<Item = &'a str>) -> String {
    let cells: Vec<_> = cells.map(|cell| format!("<{open}>{}</{close}>", escaped(cell))).collect();
    format!("<tr>{}</tr>\n", cells.concat())
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_is_markup() {
        assert_eq!(escaped("<a href='\"&'>"), "&lt;a href=&#39;&quot;&amp;&#39;&gt;");
    }
}
