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
    let mut command = Command::new(env!("CARGO_BIN_EXE_perfkit"));
    serve_by(command.args(["serve", "--store", url]).env_remove("PERFKIT_CONFIG"))
}

fn serve_by(command: &mut Command) -> (Served, String) {
    let mut child = command
        .args(["--listen", "127.0.0.1:0", "--for", "60s"])
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
fn the_store_and_the_token_come_from_files_of_the_settings() {
    let folder = Folder::new();
    let [url, token] = [("url", store(&folder)), ("token", "s3cret\n".into())]
        .map(|(name, text)| folder.file(name, text));
    let settings = format!("[store]\nurl_file = {url:?}\n[http]\ntoken_file = {token:?}");
    let settings = folder.file("settings.toml", settings);
    let mut command = Command::new(env!("CARGO_BIN_EXE_perfkit"));
    command.arg("serve").env("PERFKIT_CONFIG", settings);
    command.env_remove("PERFKIT_STORE").env_remove("PERFKIT_HTTP_TOKEN");
    let (mut served, address) = serve_by(&mut command);
    assert!(wrong(["report", &address]).contains("token"));
    assert!(printed(["report", &address, "--token", "s3cret"]).contains("pay"));
    let startup = ureq::get(format!("{address}/startupz")).call().unwrap();
    assert_eq!(startup.status(), 200);
    if cfg!(unix) {
        let told = Command::new("kill").arg("-TERM").arg(served.0.id().to_string()).status();
        assert!(told.unwrap().success());
        assert!(served.0.wait().unwrap().success());
    }
}

#[test]
fn what_cannot_be_served_is_said() {
    assert!(wrong(["serve"]).contains("no store is named: use --store"));
    let folder = Folder::new();
    let missing = format!("sqlite:{}", folder.name("none.db"));
    assert!(wrong(["serve", "--store", &missing]).contains("none.db"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    let said = wrong(["serve", "--store", &store(&folder), "--listen", &taken, "--for", "1s"]);
    assert!(said.contains(&taken) || said.contains("in use"), "{said}");
}
