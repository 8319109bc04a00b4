//! Where it listens, and how it ends.

use crate::support::{Events, QUIET, Served, ask, served};
use perf_core::Registry;
use perf_monitor::{
    Monitor,
    config::Config,
    http::{Http, ServeError},
};
use std::net::TcpStream;

#[test]
fn a_server_that_ends_ends_its_streams_and_frees_its_port() {
    let served = served(Http::new());
    let mut events = Events::open(&served, None);
    assert!(events.next().is_some());
    let address = served.server.address();
    let Served { monitor, server, .. } = served;
    server.stop();
    assert!(events.next().is_none());
    let again = Http::new().address(address.to_string()).serve(&monitor).unwrap();
    assert_eq!(again.address(), address);
}

#[test]
fn an_address_that_cannot_be_had_is_an_error_that_says_why() {
    let served = served(Http::new());
    let address = served.server.address().to_string();
    let busy = Http::new().address(&address).serve(&served.monitor).unwrap_err();
    assert!(matches!(busy, ServeError::Bind(..)), "{busy:?}");
    let text = busy.to_string();
    assert!(text.contains(&address) && text.contains("another program"), "{text}");
    for wrong in ["", "nothing", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:http"] {
        let error = Http::new().address(wrong).serve(&served.monitor).unwrap_err();
        assert!(matches!(error, ServeError::Address(..)), "{wrong}: {error:?}");
    }
}

#[test]
fn a_port_of_the_settings_is_served_and_a_busy_one_is_no_reason_not_to_watch() {
    let start = |port: u16| {
        let config = format!("{QUIET}\n[http]\nport = {port}\ntoken = \"s3cret\"");
        let config = Config::from_toml(&config).unwrap();
        Monitor::builder().config(config).registry(&Registry::new()).start().unwrap()
    };
    let first = start(0);
    let address = first.address().unwrap();
    assert!(address.ip().is_loopback());
    assert_eq!(ask(address, "GET", "/metrics", &[], "").status, 401);
    let bearer = [("Authorization", "Bearer s3cret")];
    assert_eq!(ask(address, "GET", "/metrics", &bearer, "").status, 200);
    let second = start(address.port());
    assert_eq!(second.address(), None);
    second.tick();
    assert!(first.stop().is_empty());
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn an_app_of_ones_own_has_it_at_a_path_of_ones_own() {
    let registry = Registry::new();
    let config = Config::from_toml(QUIET).unwrap();
    let monitor = Monitor::builder().config(config).registry(&registry).start().unwrap();
    let app = axum::Router::new().nest("/perf", Http::new().router(&monitor));
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, app).await.unwrap();
        });
    });
    let address = receiver.recv().unwrap();
    let get = |path: &str| ask(address, "GET", path, &[("Host", "app.example")], "");
    assert!(get("/perf").body.contains("data-base=\"perf/\""));
    assert_eq!(get("/perf/api/v1/overview").status, 200);
    assert_eq!(get("/perf/livez").status, 200);
    assert_eq!(get("/perf/nothing").status, 404);
    assert_eq!(get("/livez").status, 404);
}
