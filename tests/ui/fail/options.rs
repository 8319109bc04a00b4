use perfkit::timed;

#[timed(nmae = "query")]
fn unknown() {}

#[timed(name = "query", name = "other")]
fn twice() {}

#[timed("query", name = "other")]
fn twice_by_position() {}

#[timed(name = 5)]
fn not_a_name() {}

#[timed(5)]
fn not_an_option() {}

#[timed("")]
fn empty_name() {}

#[timed(name)]
fn no_value() {}

#[timed(level = "loud")]
fn unknown_level() {}

#[timed(level = info)]
fn unquoted_level() {}

#[timed(level = "info", level = "warn")]
fn level_twice() {}

#[timed("query" level = "info")]
fn no_comma() {}

#[timed(first = 1, second = 2)]
fn all_at_once() {}

fn main() {
    unknown();
    twice();
    twice_by_position();
    not_a_name();
    not_an_option();
    empty_name();
    no_value();
    unknown_level();
    unquoted_level();
    level_twice();
    no_comma();
    all_at_once();
}
