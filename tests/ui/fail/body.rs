// What is wrong in a timed body is reported there, as without the attribute.
use perfkit::timed;

#[timed]
fn sync() -> u32 {
    "three"
}

#[timed]
fn fallible() -> Result<u32, String> {
    let n: u32 = "three";
    Ok(n)
}

#[timed]
async fn asynchronous() -> u32 {
    "three"
}

#[timed]
fn hidden() {
    __perfkit_scope.set_outcome(1);
    let _ = SITE;
    here();
}

fn main() {}
