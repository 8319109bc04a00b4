//! The programs that read what perfkit writes: Debian's packages, and Python's in an environment of
//! their own.

use crate::{Result, run};
use std::{path::Path, process::Command};

/// Programs tests start, and the packages they come in.
const PROGRAMS: [(&str, &str); 9] = [
    ("prometheus", "prometheus"),
    ("promtool", "prometheus"),
    ("prometheus-alertmanager", "prometheus-alertmanager"),
    ("dot", "graphviz"),
    ("sqlite3", "sqlite3"),
    ("openssl", "openssl"),
    ("chromium", "chromium"),
    ("chromedriver", "chromium-driver"),
    ("python3", "python3-venv"),
];

/// Python's packages with their versions, and where they are installed.
const REQUIREMENTS: &str = "perf-export/tests/requirements.txt";
const PYTHON: &str = "target/python";

/// Installs what is missing, and returns the Python that has the packages.
pub(crate) fn ensure() -> Result<String> {
    let mut missing: Vec<_> = PROGRAMS
        .iter()
        .filter(|(program, _)| !is_there(program))
        .map(|(_, package)| *package)
        .collect();
    missing.dedup();
    if !missing.is_empty() {
        install(&missing)?;
    }
    python()
}

fn is_there(program: &str) -> bool {
    if program == "python3" {
        // Debian's has the means to make environments in a package of its own.
        let venv = Command::new(program).args(["-c", "import venv, ensurepip"]).status();
        return venv.is_ok_and(|status| status.success());
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
    let python = std::path::absolute(PYTHON).map_err(|error| format!("{PYTHON}: {error}"))?;
    Ok(python.join("bin/python").display().to_string())
}
