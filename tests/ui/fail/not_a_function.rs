use perfkit::timed;

#[timed]
struct Request {
    id: u32,
}

fn main() {
    let _ = Request { id: 1 }.id;
}
