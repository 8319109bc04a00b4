//! Whether links within the workspace lead anywhere.

use crate::markdown::{Page, pages};

#[test]
fn links_and_images_lead_to_files_and_headings_there_are() {
    let mut broken = Vec::new();
    let mut looked_at = 0;
    for page in pages() {
        for link in page.links().iter().filter(|link| !is_elsewhere(link)) {
            looked_at += 1;
            if let Err(why) = follow(&page, link) {
                broken.push(format!("{}: {link}: {why}", page.name()));
            }
        }
    }
    assert!(looked_at > 80, "{looked_at} links");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn is_elsewhere(link: &str) -> bool {
    ["https:", "http:", "mailto:"].iter().any(|scheme| link.starts_with(scheme))
}

fn follow(page: &Page, link: &str) -> Result<(), &'static str> {
    let (file, anchor) = link.split_once('#').map_or((link, None), |(file, at)| (file, Some(at)));
    let path = match file {
        "" => page.path.clone(),
        file => page.path.parent().ok_or("it has no folder")?.join(file),
    };
    let path = path.canonicalize().map_err(|_| "there is no such file")?;
    let Some(anchor) = anchor else { return Ok(()) };
    let found = Page::at(path).anchors().iter().any(|known| known == anchor);
    found.then_some(()).ok_or("there is no such heading")
}
