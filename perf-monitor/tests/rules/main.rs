//! Rules over windows that are written down, at times that are.

mod edges;
mod families;
mod files;
mod measures;
mod prometheus;
mod reference;
mod source;
mod states;
