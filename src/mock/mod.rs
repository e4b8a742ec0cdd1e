//! The mock: a contract answering requests as a service that keeps it would. Pure: bytes in, bytes out.

mod answer;
mod breach;
mod negotiate;
mod prefer;
mod refusal;
mod respond;
mod sending;

pub use crate::model::Dialect;
pub use answer::{DEFAULT_REGION, answer};
pub use breach::{Breach, Broken};
#[cfg(feature = "check")]
pub(crate) use negotiate::{Astray, target};
#[cfg(feature = "check")]
pub(crate) use refusal::refusal;
pub use respond::{Mock, MockResponse, respond};
pub use sending::{Pace, Sending};
