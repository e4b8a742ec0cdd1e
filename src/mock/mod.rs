//! The mock: a contract answering requests as a service that keeps it would. Pure: bytes in, bytes out.

mod answer;
mod breach;
mod credentials;
#[cfg(feature = "check")]
pub mod mutate;
mod negotiate;
mod prefer;
mod respond;

pub use answer::{DEFAULT_REGION, answer};
pub use breach::{Breach, Broken};
pub use negotiate::Dialect;
pub use respond::{Answered, Mock, respond};
