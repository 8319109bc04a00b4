// Methods: what self can be, traits, names with types.
#![deny(warnings)]
#![allow(dead_code, clippy::duplicate_mod, clippy::uninlined_format_args, clippy::inline_always, clippy::toplevel_ref_arg, clippy::boxed_local)]

#[path = "../support.rs"]
mod support;

use perfkit::{timed, Registry};
use std::{pin::Pin, rc::Rc, sync::Arc};
use support::{called, work};

struct Pool<T> {
    items: Vec<T>,
}

struct Other;

impl<T: Clone> Pool<T> {
    #[timed]
    fn new(item: T) -> Self {
        work();
        Self { items: vec![item] }
    }

    #[timed("by_ref")]
    fn by_ref(&self) -> &T {
        work();
        &self.items[0]
    }

    #[timed("by_mut")]
    fn by_mut(&mut self) -> &mut T {
        work();
        &mut self.items[0]
    }

    #[timed("by_value")]
    fn by_value(mut self) -> Vec<T> {
        work();
        self.items.reverse();
        self.items
    }

    #[timed("boxed")]
    fn boxed(self: Box<Self>) -> usize {
        work();
        self.items.len()
    }

    #[timed("counted")]
    fn counted(self: Rc<Self>) -> usize {
        work();
        self.items.len()
    }

    #[timed("shared")]
    fn shared(self: &Arc<Self>) -> usize {
        work();
        self.items.len()
    }

    #[timed("pinned")]
    fn pinned(self: Pin<&mut Self>) -> usize {
        work();
        self.items.len()
    }
}

impl Other {
    #[timed]
    fn new() -> Self {
        work();
        Self
    }
}

trait Job {
    const NAME: &'static str;

    fn run(&self) -> u32;

    #[timed]
    fn twice(&self) -> u32 {
        work();
        self.run() * 2
    }
}

impl Job for Other {
    const NAME: &'static str = "other";

    #[timed]
    fn run(&self) -> u32 {
        work();
        2
    }
}

impl std::ops::Add for Other {
    type Output = Self;

    #[timed("operator")]
    fn add(self, _: Self) -> Self {
        work();
        self
    }
}

impl Drop for Other {
    #[timed("dropped")]
    fn drop(&mut self) {
        work();
    }
}

pub(crate) fn main() {
    called("by_ref", 1, || assert_eq!(*Pool::new(1).by_ref(), 1));
    called("by_mut", 1, || *Pool::new(1).by_mut() += 1);
    called("by_value", 1, || assert_eq!(Pool::new(1).by_value(), [1]));
    called("boxed", 1, || assert_eq!(Box::new(Pool::new(1)).boxed(), 1));
    called("counted", 1, || assert_eq!(Rc::new(Pool::new(1)).counted(), 1));
    called("shared", 1, || assert_eq!(Arc::new(Pool::new(1)).shared(), 1));
    called("pinned", 1, || assert_eq!(Pin::new(&mut Pool::new(1)).pinned(), 1));
    called("operator", 1, || drop(Other::new() + Other::new()));
    called("dropped", 1, || drop(Other::new()));

    let registry = Registry::new();
    perfkit::with_registry(&registry, || {
        Pool::new(1);
        assert_eq!(Other::new().twice(), 4);
    });
    let snapshot = registry.snapshot();
    let module = module_path!();
    for name in [
        format!("{}::Pool::new", module),
        format!("{}::Other::new", module),
        format!("<{0}::Other as {0}::Job>::run", module),
        format!("{}::Job::twice", module),
    ] {
        let called = snapshot.get(&name).unwrap_or_else(|| panic!("{} in {:?}", name, snapshot));
        assert_eq!(called.count(), 1, "{}", name);
    }
}
