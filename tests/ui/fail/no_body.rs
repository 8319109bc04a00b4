use perfkit::timed;

trait Job {
    #[timed]
    fn run(&self);
}

struct Sleep;

impl Job for Sleep {
    fn run(&self) {}
}

fn main() {
    Sleep.run();
}
