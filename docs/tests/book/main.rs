//! What is in the book beside Rust: links, settings, commands, and what the macros refuse.

mod chapters;
mod commands;
mod links;
mod markdown;
mod refusals;
mod settings;
