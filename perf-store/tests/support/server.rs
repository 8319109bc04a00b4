//! A PostgreSQL of a test's own: in a temporary folder, on a free port of the loopback interface, run by
//! somebody without rights.

use super::{Folder, free_port};
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

pub struct Server {
    folder: Folder,
    port: u16,
}

impl Server {
    /// Makes a database and starts it. Everybody may come in but `locked`, who needs a password.
    pub fn start(name: &str) -> Self {
        let folder = Folder::new(name);
        let server = Self { folder, port: free_port() };
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(server.folder.path()));
        }
        let data = server.data();
        server
            .run("initdb", &["-D", &data, "-U", "perf", "-A", "trust", "-E", "UTF8", "--no-sync"]);
        server.up();
        server
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    pub fn url(&self) -> String {
        format!("postgres://perf@127.0.0.1:{}/postgres", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn up(&self) {
        let folder = self.folder.path().display();
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories={folder}",
            self.port
        );
        let log = format!("{folder}/log");
        let data = self.data();
        let arguments = ["-D", &data, "-w", "-l", &log, "-o", &options, "start"];
        let began = Instant::now();
        // After a kill it is refused while the children of the one before are still there.
        while !succeeds(self.command("pg_ctl").args(arguments).stdout(Stdio::null())) {
            assert!(began.elapsed() < Duration::from_secs(60), "PostgreSQL does not start");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// As an administrator stops it.
    pub fn down(&self) {
        self.run("pg_ctl", &["-D", &self.data(), "-m", "fast", "-w", "stop"]);
    }

    /// As a system that runs out of memory does. Its children end by themselves.
    pub fn kill(&self) {
        let file = self.folder.path().join("data/postmaster.pid");
        let text = std::fs::read_to_string(file).unwrap();
        let pid = text.lines().next().unwrap();
        run(Command::new("kill").args(["-9", pid]));
    }

    /// Runs statements.
    pub fn sql(&self, text: &str) -> String {
        let output = self
            .command("psql")
            .args(["-qAt", "-h", "127.0.0.1", "-U", "perf", "-d", "postgres"])
            .args(["-v", "ON_ERROR_STOP=1", "-p", &self.port.to_string(), "-c", text])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// What it has said.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Has it speak TLS, too, with a certificate for this host that the returned file's authority signed.
    pub fn speak_tls(&self) -> PathBuf {
        let data = self.folder.path().join("data");
        let [authority, key] = ["ca.crt", "ca.key"].map(|name| self.folder.path().join(name));
        let openssl = || self.command("openssl");
        let new = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj"];
        let quiet = |command: &mut Command| run(command.stderr(Stdio::null()));
        quiet(
            openssl()
                .args(new)
                .arg("/CN=perfkit tests")
                .arg("-keyout")
                .arg(&key)
                .arg("-out")
                .arg(&authority),
        );
        let mut signed = openssl();
        signed.args(new).arg("/CN=127.0.0.1").args(["-addext", "subjectAltName=IP:127.0.0.1"]);
        signed.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
        signed.arg("-CA").arg(&authority).arg("-CAkey").arg(&key);
        signed.arg("-keyout").arg(data.join("server.key")).arg("-out").arg(data.join("server.crt"));
        quiet(&mut signed);
        self.sql("ALTER SYSTEM SET ssl = on");
        self.sql("SELECT pg_reload_conf()");
        authority
    }

    /// Whom a password is asked of.
    pub fn lock_out(&self, user: &str) {
        let file = self.folder.path().join("data/pg_hba.conf");
        let text = std::fs::read_to_string(&file).unwrap();
        let rule = format!("host all {user} 127.0.0.1/32 scram-sha-256\n");
        std::fs::write(&file, rule + &text).unwrap();
        self.sql("SELECT pg_reload_conf()");
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        run(self.command(program).args(arguments).stdout(Stdio::null()));
    }

    fn command(&self, program: &str) -> Command {
        let found = programs().join(program);
        let program = if found.exists() { found } else { program.into() };
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.env("HOME", self.folder.path()).current_dir(self.folder.path());
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.data();
        let _ = self
            .command("pg_ctl")
            .args(["-D", &data, "-m", "immediate", "-w", "stop"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n")
}

/// Debian has them in no folder of `PATH`, a version each.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").unwrap();
    let mut found: Vec<_> = versions.map(|version| version.unwrap().path().join("bin")).collect();
    found.retain(|folder: &PathBuf| Path::new(folder).join("initdb").is_file());
    found.sort();
    found.pop().expect("PostgreSQL is there")
}

fn run(command: &mut Command) {
    assert!(succeeds(command), "{command:?} failed");
}

fn succeeds(command: &mut Command) -> bool {
    command.status().is_ok_and(|status| status.success())
}
