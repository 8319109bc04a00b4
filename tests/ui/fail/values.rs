// What the expressions in options are wrong about is said at these expressions.
use perfkit::{timed, timer};

struct Opaque;

#[timed(labels(what = opaque))]
fn cannot_be_shown(opaque: Opaque) {
    drop(opaque);
}

#[timed(labels(what = nowhere))]
fn unknown_value() {}

#[timed(err)]
fn no_result() -> u32 {
    1
}

#[timed(err(kind = |e| e.unheard_of()))]
fn no_such_method() -> Result<(), String> {
    Ok(())
}

fn main() {
    cannot_be_shown(Opaque);
    unknown_value();
    no_result();
    let _ = no_such_method();
    let _t = timer!("scope", what = Opaque);
}
