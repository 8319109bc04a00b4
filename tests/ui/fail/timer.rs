use perfkit::timer;

fn main() {
    let _a = timer!(5);
    let _b = timer!(String::from("owned"));
}
