// Async methods of traits by #[async_trait]: our attribute on the method, on the block, above it
// and below it.
#![deny(warnings)]
#![allow(dead_code, clippy::duplicate_mod, clippy::uninlined_format_args)]

#[path = "../support.rs"]
mod support;

use async_trait::async_trait;
use perfkit::timed;
use support::{block_on, called, pause, work};

#[async_trait]
trait Store {
    async fn load(&self, key: &str) -> Result<u32, String>;

    #[timed("by_default")]
    async fn by_default(&self) -> u32 {
        work();
        pause().await;
        self.load("1").await.unwrap_or(0)
    }
}

struct OnMethod;
struct Above;
struct Below;

#[async_trait]
impl Store for OnMethod {
    #[timed("on_method")]
    async fn load(&self, key: &str) -> Result<u32, String> {
        work();
        pause().await;
        if key.is_empty() {
            return Err("empty".into());
        }
        key.parse().map_err(|_| key.to_owned())
    }
}

#[timed]
#[async_trait]
impl Store for Above {
    async fn load(&self, key: &str) -> Result<u32, String> {
        work();
        pause().await;
        key.parse().map_err(|_| key.to_owned())
    }
}

#[async_trait]
#[timed]
impl Store for Below {
    async fn load(&self, key: &str) -> Result<u32, String> {
        work();
        pause().await;
        key.parse().map_err(|_| key.to_owned())
    }
}

fn load(store: &(dyn Store + Sync)) {
    fn assert_send<T: Send>(value: T) -> T {
        value
    }
    assert_eq!(block_on(assert_send(store.load("7"))), Ok(7));
    assert!(block_on(store.load("x")).is_err());
}

pub(crate) fn main() {
    let module = module_path!();
    let path = |name: &str| format!("<{0}::{1} as {0}::Store>::load", module, name);
    called("on_method", 2, || load(&OnMethod)).errors(1);
    called(&path("Above"), 2, || load(&Above)).errors(1);
    called(&path("Below"), 2, || load(&Below)).errors(1);
    called("by_default", 1, || assert_eq!(block_on(OnMethod.by_default()), 1));
}
