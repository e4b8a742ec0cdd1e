//! The only sockets and files of the mock: a server, a journal, and the bridge to wiremock.

mod connection;
pub mod journal;
pub mod serve;
mod stream;
mod wiremock;

pub use wiremock::Responder;
