// impl blocks, traits and modules with everything in them.
#![deny(warnings)]
#![allow(dead_code, clippy::duplicate_mod, clippy::uninlined_format_args, clippy::inline_always, clippy::toplevel_ref_arg, clippy::boxed_local)]

#[path = "../support.rs"]
mod support;

use perfkit::{timed, with_registry, Registry};
use support::{block_on, called, work};

struct Account<const N: usize>(u64);

#[timed(level = "trace")]
impl Account<{ 1 + 1 }> {
    #![allow(clippy::needless_pass_by_value)]

    const START: u64 = { 5 };

    fn new() -> Self {
        work();
        Self(Self::START)
    }

    const fn constant(&self) -> u64 {
        self.0
    }

    #[timed("named")]
    fn named(&self) -> u64 {
        work();
        self.constant()
    }

    #[timed(skip)]
    fn skipped(&self) -> u64 {
        self.0
    }

    async fn later(&mut self, more: u64) -> Result<u64, String> {
        work();
        self.0 += more;
        Err("later".into())
    }
}

#[timed]
trait Shape {
    type Unit: Default;
    const SIDES: u32;

    fn area(&self) -> f64;

    fn twice(&self) -> f64 {
        work();
        self.area() * 2.0
    }
}

struct Square(f64);

#[timed]
impl Shape for Square {
    type Unit = u8;
    const SIDES: u32 = 4;

    fn area(&self) -> f64 {
        work();
        self.0 * self.0
    }
}

#[timed]
mod store {
    use super::support::work;
    use std::{collections::HashMap, fmt::{self, Display}};

    pub(super) type Rows = HashMap<u8, u8>;

    pub(super) static EMPTY: [u8; 0] = [];

    #[derive(Debug, Default)]
    pub(super) struct Table {
        pub(super) rows: Rows,
    }

    pub(super) struct Key(pub(super) u8);

    impl Display for Key {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            work();
            write!(f, "key {}", self.0)
        }
    }

    macro_rules! answer {
        () => {
            42
        };
    }

    pub(super) fn load() -> Table {
        work();
        assert_eq!(answer!(), 42);
        Table::default()
    }

    pub(super) mod deep {
        pub(crate) fn down() -> u8 {
            super::super::support::work();
            super::EMPTY.len() as u8
        }
    }
}

macro_rules! module {
    ($item:item) => {
        #[timed]
        mod made {
            use super::support::work;

            $item

            pub(super) fn after() {
                work();
            }
        }
    };
}

module! {
    pub(super) fn given() {
        work();
    }
}

struct Configured;

#[timed]
impl Configured {
    #[cfg_attr(all(), timed("configured"))]
    fn configured() {
        work();
    }
}

pub(crate) fn main() {
    let module = module_path!();
    let registry = Registry::new();
    with_registry(&registry, || {
        let mut account = Account::new();
        assert_eq!(account.named() + account.skipped(), 10);
        assert!(block_on(account.later(1)).is_err());
    });
    let snapshot = registry.snapshot();
    let count = |name: &str| {
        // A constant argument is part of a type's name, in the compiler's spelling.
        let names = |full: &str| full.contains("::Account<") && full.ends_with(&format!(">::{}", name));
        let found = snapshot.operations().iter().find(|operation| names(operation.name()));
        found.map_or(0, perfkit::Operation::count)
    };
    assert_eq!((count("new"), count("later")), (1, 1), "{:?}", snapshot);
    assert_eq!((count("constant"), count("skipped"), count("named")), (0, 0, 0));
    assert_eq!(snapshot.get("named").unwrap().count(), 1);

    called(&format!("{}::Shape::twice", module), 1, || assert!(Square(1.0).twice() > 1.9));
    called(&format!("<{0}::Square as {0}::Shape>::area", module), 1, || {
        assert!(Square(1.0).area() > 0.9);
    });
    called(&format!("{}::store::load", module), 1, || assert!(store::load().rows.is_empty()));
    called(&format!("{}::store::deep::down", module), 1, || assert_eq!(store::deep::down(), 0));
    called(&format!("<{}::store::Key as core::fmt::Display>::fmt", module), 1, || {
        assert_eq!(store::Key(1).to_string(), "key 1");
    });
    called(&format!("{}::made::given", module), 1, made::given);
    called(&format!("{}::made::after", module), 1, made::after);
    called("configured", 1, Configured::configured);
}
