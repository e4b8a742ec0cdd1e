//! A small client of five operations: three of RDS, one of AWS Backup, one of OTC's backup service.

mod aws;
mod otc;

use std::error::Error;
use std::fmt;

pub use aws::{Aws, Copy, Job, Restore};
pub use otc::{Otc, Replica};

/// Why a call failed.
#[derive(Debug)]
pub enum Failure {
    /// The service refused it.
    Refused {
        /// The status.
        status: u16,
        /// The body, which names the error.
        body: String,
    },
    /// There was no answer.
    Unanswered(Box<dyn Error + Send + Sync>),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { status, body } => write!(f, "refused with {status}: {body}"),
            Self::Unanswered(error) => write!(f, "no answer: {error}"),
        }
    }
}

impl Error for Failure {}

/// The body of a success.
async fn success(request: reqwest::RequestBuilder) -> Result<String, Failure> {
    let unanswered = |error: reqwest::Error| Failure::Unanswered(error.into());
    let answer = request.send().await.map_err(unanswered)?;
    let status = answer.status();
    let body = answer.text().await.map_err(unanswered)?;
    if status.is_success() { Ok(body) } else { Err(Failure::Refused { status: status.as_u16(), body }) }
}
