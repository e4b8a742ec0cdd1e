//! Servers and clients for what the mock does on the wire.

mod client;
mod program;
pub mod requests;
mod server;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use accordant::{Contract, Mock};

pub use client::{Answer, Client};
pub use program::{Ended, Program, ask, command, end_fifty, run};
pub use server::Server;

/// Longest time that a test waits for anything.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A mock of the built-in contract.
pub fn mock() -> Mock {
    static CONTRACT: LazyLock<Arc<Contract>> = LazyLock::new(|| Arc::new(Contract::builtin()));
    Mock::new(Arc::clone(&CONTRACT))
}

/// What a step comes to, which it must within [`PATIENCE`].
pub async fn in_time<T>(what: &str, step: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, step).await.unwrap_or_else(|_| panic!("waited too long for {what}"))
}
