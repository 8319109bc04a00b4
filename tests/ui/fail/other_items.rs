use perfkit::timed;

#[timed]
enum Kind {
    One,
}

#[timed]
const LIMIT: u32 = 3;

#[timed]
static NAME: &str = "name";

#[timed]
type Pair = (u32, u32);

#[timed]
/// Documented.
pub struct Documented(u32);

#[timed]
macro_rules! nothing {
    () => {};
}

fn main() {
    let _ = (Kind::One, LIMIT, NAME, Documented(1).0);
    let _: Pair = (1, 2);
    nothing!();
}
