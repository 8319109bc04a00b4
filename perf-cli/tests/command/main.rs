//! The command, as people and scripts use it.

mod bad_input;
mod book;
mod check;
mod compare;
mod config;
mod demo;
mod export;
mod help;
mod measured;
mod output;
mod report;
mod run;
mod serve;
mod store;
mod support;
