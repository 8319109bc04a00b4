//! All that is answered over HTTP, asked of a real server.

#![cfg(feature = "http")]

mod access;
mod attacks;
mod events;
mod formats;
mod operations;
mod refusals;
mod serving;
mod support;
