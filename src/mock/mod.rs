//! The mock: a contract answering requests as a service that keeps it would. Pure: bytes in, bytes out.

mod answer;
mod breach;
mod credentials;
mod negotiate;
mod prefer;
mod respond;
mod sending;

pub use answer::{DEFAULT_REGION, answer};
pub use breach::{Breach, Broken};
#[cfg(feature = "check")]
pub(crate) use credentials::fault as credentials_fault;
pub use negotiate::Dialect;
#[cfg(feature = "check")]
pub(crate) use negotiate::target;
pub use respond::{Mock, MockResponse, respond};
pub use sending::{Pace, Sending};
