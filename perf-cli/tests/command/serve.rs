//! `perfkit serve`.

use crate::{
    store::store,
    support::{Folder, printed, wrong},
};
use perf_export::json;
use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
};

/// Ended with the test.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where it says that it serves.
fn serve(url: &str) -> (Served, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_perfkit"))
        .args(["serve", "--store", url, "--listen", "127.0.0.1:0", "--for", "60s"])
        .env_remove("PERFKIT_CONFIG")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.split("http://").nth(1).unwrap().trim_end_matches(['/', '\n']).to_owned();
    (Served(child), format!("http://{address}"))
}

#[test]
fn all_instances_of_a_store_are_on_one_dashboard() {
    let folder = Folder::new();
    let (_served, address) = serve(&store(&folder));
    let read = json::read(&printed(["report", &address, "--format", "json"])).unwrap();
    assert_eq!(read.get("pay").unwrap().count(), 4_000);
    let page = |path: &str| {
        let answer = ureq::get(format!("{address}/{path}")).call().unwrap();
        answer.into_body().read_to_string().unwrap()
    };
    // By window: one of the instances wrote 10 minutes ago, the other 90.
    let overview = |window: &str| -> serde_json::Value {
        serde_json::from_str(&page(&format!("api/v1/overview?window={window}"))).unwrap()
    };
    assert_eq!(overview("6h")["calls"]["count"], 4_002);
    assert_eq!(overview("1h")["calls"]["count"], 2_001);
    assert!(page("").contains("<title>perfkit</title>"));
    assert!(page("metrics").contains("pay"));
}

#[test]
fn what_cannot_be_served_is_said() {
    let folder = Folder::new();
    let missing = format!("sqlite:{}", folder.name("none.db"));
    assert!(wrong(["serve", "--store", &missing]).contains("none.db"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    let said = wrong(["serve", "--store", &store(&folder), "--listen", &taken, "--for", "1s"]);
    assert!(said.contains(&taken) || said.contains("in use"), "{said}");
}
