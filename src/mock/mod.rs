//! The mock: a contract answering requests as a service that keeps it would. Pure: bytes in, bytes out.

mod answer;
mod credentials;
pub mod mutate;
mod negotiate;
mod prefer;
mod respond;

pub use answer::{DEFAULT_REGION, answer};
pub(crate) use credentials::fault as credentials_fault;
pub use negotiate::Dialect;
pub(crate) use negotiate::{Target, target};
pub use respond::{Answered, Mock, respond};
