//! What a `postgres://` URL says.

use crate::error::{Result, StoreError};
use percent_encoding::percent_decode_str;
use postgres::{Config, config::Host};
use std::{path::PathBuf, time::Duration};

/// How long to wait for a server that does not answer.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) struct Server {
    pub(super) config: Config,
    /// Certificates to trust instead of the public ones.
    pub(super) roots: Option<PathBuf>,
    pub(super) shown: String,
}

impl Server {
    /// What a URL says.
    pub(crate) fn parse(url: &str) -> Result<Self> {
        parse(url)
    }
}

fn parse(url: &str) -> Result<Server> {
    let (plain, roots) = without_ours(url);
    // What is wrong is said without what is written: that may be the password.
    let mut config: Config = plain.parse().map_err(|_| {
        StoreError::Url(
            "the PostgreSQL URL is not understood: it is \
             postgres://user:password@host:port/database, and after a `?` sslmode=, sslrootcert=, \
             connect_timeout=, options= and others of libpq"
                .into(),
        )
    })?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(PATIENCE);
    }
    config.tcp_user_timeout(2 * PATIENCE).keepalives_idle(2 * PATIENCE);
    if config.get_application_name().is_none() {
        config.application_name("perfkit");
    }
    let shown = shown(&config);
    Ok(Server { config, roots, shown })
}

/// Without what the library does not know: the file of certificates. Whoever asks for TLS has the
/// server's certificate checked always.
fn without_ours(url: &str) -> (String, Option<PathBuf>) {
    let Some((before, query)) = url.split_once('?') else { return (url.to_owned(), None) };
    let (roots, others): (Vec<_>, Vec<_>) =
        query.split('&').partition(|pair| pair.starts_with("sslrootcert="));
    let others = others.into_iter().map(|pair| match pair {
        "sslmode=verify-full" | "sslmode=verify-ca" => "sslmode=require",
        pair => pair,
    });
    let others: Vec<_> = others.collect();
    let roots = roots.first().and_then(|pair| pair.split_once('='));
    let decoded = |path: &str| percent_decode_str(path).decode_utf8_lossy().into_owned();
    (format!("{before}?{}", others.join("&")), roots.map(|(_, path)| decoded(path).into()))
}

fn shown(config: &Config) -> String {
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name.clone(),
        #[cfg(unix)]
        Some(Host::Unix(path)) => path.display().to_string(),
        None => "localhost".to_owned(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    format!("PostgreSQL at {host}:{port}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shows_the_password() {
        let settings = parse("postgres://me:s3cret@db.shop:6000/perf?sslmode=verify-full").unwrap();
        assert_eq!(settings.shown, "PostgreSQL at db.shop:6000");
        let wrong = parse("postgres://me:s3cret@db.shop:port/perf").map(|of| of.shown).unwrap_err();
        assert!(!format!("{wrong} {wrong:?}").contains("s3cret"));
    }

    #[test]
    fn the_file_of_certificates_is_ours() {
        let settings =
            parse("postgres://db/perf?sslrootcert=/etc/our%20ca.pem&sslmode=require").unwrap();
        assert_eq!(settings.roots, Some("/etc/our ca.pem".into()));
        assert_eq!(settings.config.get_ssl_mode(), postgres::config::SslMode::Require);
    }
}
