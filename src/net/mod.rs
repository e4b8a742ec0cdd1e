//! The only sockets, and the files of the mock: a server, a journal, the bridge to wiremock, and the client of the judge.

mod body;
mod connection;
pub mod journal;
pub mod proxy;
pub mod send;
pub mod serve;
mod stream;
pub mod watch;
mod wiremock;

pub use wiremock::Responder;
