//! The book. Each chapter is a module's documentation, so that every Rust block in it is compiled and run:
//! `cargo test --doc -p perf-book`. What else is in it is read by `tests/book`.

#![allow(clippy::doc_markdown, reason = "it is prose, with names of products")]

macro_rules! chapters {
    ($($name:ident: $file:literal,)*) => {
        $(#[doc = include_str!($file)] pub mod $name {})*
    };
}

chapters! {
    getting_started: "src/getting-started.md",
    concepts: "src/concepts.md",
    macro_options: "src/macro-options.md",
    reading_a_summary: "src/reading-a-summary.md",
    asynchronous: "src/async.md",
    labels: "src/labels.md",
    windows_and_history: "src/windows-and-history.md",
    alerts: "src/alerts.md",
    dashboard: "src/dashboard.md",
    fleet: "src/fleet.md",
    exporting: "src/exporting.md",
    examples: "src/examples.md",
    deployment: "src/deployment.md",
    many_machines: "src/many-machines.md",
    scale: "src/scale.md",
    soak: "src/soak.md",
    cost: "src/cost.md",
    comparison: "src/comparison.md",
    migration: "src/migration.md",
    troubleshooting: "src/troubleshooting.md",
    security: "src/security.md",
}
