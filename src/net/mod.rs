//! The only sockets and files of the mock: a server, a journal, and the bridge to wiremock.

pub mod journal;
pub mod serve;
mod wiremock;

pub use wiremock::Responder;
