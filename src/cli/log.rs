//! The log of what serves: the mock, and the proxy.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::prelude::*;

/// Logs to standard error what `RUST_LOG` asks for: a level, or levels by module.
pub fn start_log() {
    let wanted = std::env::var_os("RUST_LOG").unwrap_or_default();
    let wanted = wanted.to_string_lossy();
    let asked = if wanted.is_empty() { None } else { filter(&wanted) };
    let misread = asked.is_none() && !wanted.is_empty();
    let filter = asked.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false).with_ansi(false);
    tracing_subscriber::registry().with(lines.with_filter(filter)).init();
    if misread {
        tracing::warn!(RUST_LOG = %wanted, "this is no level, and no list of module=level; info is logged");
    }
}

/// What a value of `RUST_LOG` asks for. A word that is no level would be taken for a module, and silence all others.
fn filter(wanted: &str) -> Option<Targets> {
    let mut words = wanted.split(',').map(str::trim).filter(|part| !part.contains('='));
    let known = words.all(|word| word.starts_with("accordant") || word.parse::<LevelFilter>().is_ok());
    wanted.parse().ok().filter(|_| known)
}
