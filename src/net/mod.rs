//! The only sockets, and the files of the mock: a server, a journal, the bridge to wiremock, the client of the judge, and a proxy
//! between a client and a server.

#[cfg(feature = "serve")]
mod bodies;
#[cfg(feature = "serve")]
mod body;
#[cfg(feature = "check")]
pub(crate) mod check_builder;
#[cfg(feature = "serve")]
mod connection;
#[cfg(any(feature = "cli", feature = "fuzzing"))]
pub mod http1;
#[cfg(feature = "serve")]
pub mod journal;
#[cfg(feature = "serve")]
mod large_body;
#[cfg(feature = "cli")]
pub mod origin;
#[cfg(feature = "cli")]
pub mod proxy;
#[cfg(feature = "serve")]
mod rules;
#[cfg(feature = "check")]
pub mod send;
#[cfg(feature = "serve")]
pub mod serve;
#[cfg(feature = "serve")]
mod slots;
#[cfg(feature = "serve")]
mod stream;
#[cfg(feature = "cli")]
mod talk;
#[cfg(feature = "cli")]
mod traffic;
#[cfg(feature = "cli")]
pub mod watch;
#[cfg(feature = "mock-server")]
mod wiremock;

#[cfg(feature = "check")]
pub use check_builder::{CheckBuilder, CheckError};
#[cfg(feature = "mock-server")]
pub use wiremock::{ContractServer, Responder};
