use perfkit::timed;

struct Named;

#[timed("named")]
impl Named {
    fn first(&self) {}
}

struct Labelled;

#[timed(labels(n = 1))]
impl Labelled {
    fn first(&self) {}
}

#[timed(err)]
mod fallible {
    pub fn first() {}
}

struct Inside;

#[timed]
impl Inside {
    #[timed(levle = "info")]
    fn first(&self) {}
}

fn main() {
    Named.first();
    Labelled.first();
    fallible::first();
    Inside.first();
}
