//! The programs that read what perfkit writes: Debian's packages, and Python's and npm's in folders of
//! their own.

use crate::{Result, run::run};
use std::{path::Path, process::Command};

/// Programs tests start, and the packages they come in.
const PROGRAMS: [(&str, &str); 14] = [
    ("prometheus", "prometheus"),
    ("promtool", "prometheus"),
    ("prometheus-alertmanager", "prometheus-alertmanager"),
    ("dot", "graphviz"),
    ("sqlite3", "sqlite3"),
    ("openssl", "openssl"),
    ("chromium", "chromium"),
    ("chromedriver", "chromium-driver"),
    ("pg_ctl", "postgresql"),
    ("redis-server", "redis-server"),
    ("python3", "python3-venv"),
    ("node", "nodejs"),
    ("npm", "npm"),
    ("tmux", "tmux"),
];

/// Python's packages with their versions, and where they are installed.
const REQUIREMENTS: &str = "perf-export/tests/requirements.txt";
const PYTHON: &str = "target/python";

/// npm's packages with their versions, and where they are installed.
const PACKAGES: [&str; 2] = ["package.json", "package-lock.json"];
const PACKAGES_IN: &str = "perf-monitor/tests/web";
const NODE: &str = "target/node";

/// What tests are told of the programs.
pub(crate) struct Installed {
    /// The Python that has the packages.
    pub(crate) python: String,
    /// The folder of npm's packages.
    pub(crate) node_modules: String,
}

/// Installs what is missing.
pub(crate) fn ensure() -> Result<Installed> {
    let mut missing: Vec<_> = PROGRAMS
        .iter()
        .filter(|(program, _)| !is_there(program))
        .map(|(_, package)| *package)
        .collect();
    missing.dedup();
    if !missing.is_empty() {
        install(&missing)?;
    }
    Ok(Installed { python: python()?, node_modules: node_modules()? })
}

fn is_there(program: &str) -> bool {
    if program == "python3" {
        // Debian's has the means to make environments in a package of its own.
        let venv = Command::new(program).args(["-c", "import venv, ensurepip"]).status();
        return venv.is_ok_and(|status| status.success());
    }
    if program == "pg_ctl" {
        // Debian has it in no folder of `PATH`, a version each.
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        return versions.map(|of| of.path().join("bin/pg_ctl")).any(|path| path.is_file());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// By apt, as whoever may.
fn install(packages: &[&str]) -> Result {
    let root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    let apt = |arguments: &[&str]| {
        // `sudo` hands no variables on.
        let apt_get: [&str; 3] = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
        let all = [if root { &[] } else { &["sudo"][..] }, &apt_get, arguments].concat();
        run(all[0], &all[1..], &[])
    };
    apt(&["update", "--quiet"])?;
    apt(&[&["install", "--quiet", "--yes", "--no-install-recommends"], packages].concat())?;
    match packages
        .iter()
        .find(|package| PROGRAMS.iter().any(|(program, of)| of == *package && !is_there(program)))
    {
        Some(package) => Err(format!("{package} was installed, and its programs are not there")),
        None => Ok(()),
    }
}

/// Made anew where the list of packages has changed.
fn python() -> Result<String> {
    let wanted = crate::read(REQUIREMENTS)?;
    let installed = Path::new(PYTHON).join("requirements.txt");
    if std::fs::read_to_string(&installed).ok().as_deref() != Some(&wanted) {
        run("python3", &["-m", "venv", "--clear", PYTHON], &[])?;
        let pip = format!("{PYTHON}/bin/pip");
        run(&pip, &["install", "--quiet", "--requirement", REQUIREMENTS], &[])?;
        std::fs::write(&installed, wanted).map_err(|error| format!("{PYTHON}: {error}"))?;
    }
    absolute(PYTHON, "bin/python")
}

/// Made anew where the list of packages has changed. No script of theirs is run.
fn node_modules() -> Result<String> {
    let failed = |error: std::io::Error| format!("{NODE}: {error}");
    let wanted = PACKAGES.map(|file| crate::read(&format!("{PACKAGES_IN}/{file}")));
    // Written once they are installed, beside the lists that npm reads.
    let done = Path::new(NODE).join("installed");
    let wanted = wanted.into_iter().collect::<Result<Vec<_>>>()?;
    if std::fs::read_to_string(&done).ok() != Some(wanted.concat()) {
        std::fs::create_dir_all(NODE).map_err(failed)?;
        for (file, text) in PACKAGES.iter().zip(&wanted) {
            std::fs::write(Path::new(NODE).join(file), text).map_err(failed)?;
        }
        let quiet = ["--no-audit", "--no-fund"];
        let install = ["ci", "--ignore-scripts", "--prefix", NODE];
        run("npm", &[&install[..], &quiet].concat(), &[])?;
        std::fs::write(&done, wanted.concat()).map_err(failed)?;
    }
    absolute(NODE, "node_modules")
}

/// The path of what is in a folder of ours, from wherever it is asked for.
fn absolute(folder: &str, within: &str) -> Result<String> {
    let folder = std::path::absolute(folder).map_err(|error| format!("{folder}: {error}"))?;
    Ok(folder.join(within).display().to_string())
}
