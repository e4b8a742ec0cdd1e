//! The last look at a case before it may be sent: its bytes are read back and judged again.

use bytes::Bytes;
use http::Request;
use serde_json::Value;

use super::case::codec;
use crate::codec::Oddity;
use crate::exchange::{Verdict, is_about};
use crate::model::{Cause, Dialect, Operation};

/// A request that was read back, with the input that a server reads from it.
#[derive(Debug)]
pub struct Confirmed {
    /// The input as it was read back.
    pub input: Value,
    /// The request.
    pub request: Request<Bytes>,
}

/// Why a generated input does not become a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum Dropped {
    /// No input was found that breaks the drawn constraint alone.
    #[error("no input was found that breaks one constraint alone")]
    NothingFound,
    /// The wire does not carry what was to be sent.
    #[error("the wire does not carry the input as it was meant")]
    Lost,
    /// What was meant to be valid, or to break one constraint, does something else once it has been read back.
    #[error("the request says something else once it is read back")]
    Changed,
    /// The base has nothing that the probe could change.
    #[error("the base has nothing that the probe could change")]
    Unprobed,
    /// The client that sends it would change it on the way.
    #[error("the client would change the request on the way")]
    Unsendable,
    /// No connection was made for it.
    #[error("the server was not reached")]
    Unreached,
}

/// Encodes an input, reads the bytes back and judges what they say: it must still be what the verdict is about.
///
/// # Errors
/// Why the input cannot become a case.
pub fn confirm(operation: &Operation, dialect: Dialect, input: &Value, verdict: Verdict) -> Result<Confirmed, Dropped> {
    let codec = codec(operation, dialect);
    let request = codec.encode_request(operation, input);
    if folds(request.uri().path()) {
        return Err(Dropped::Lost);
    }
    let decoded = codec.decode_request(operation, &request).map_err(|_| Dropped::Lost)?;
    let stranger = || breaks(operation, verdict).is_some_and(|cause| cause == Cause::UnknownMember);
    if decoded.oddities.iter().any(|oddity| !matches!(oddity, Oddity::Unknown(_)) || !stranger()) {
        return Err(Dropped::Lost);
    }
    let broken = operation.input.judge(&decoded.input);
    let as_meant = match verdict {
        Verdict::Invalid { constraint } => is_about(&operation.input, &broken, constraint),
        Verdict::Valid { .. } | Verdict::Refused { .. } | Verdict::Probe { .. } => broken.is_empty(),
    };
    if as_meant { Ok(Confirmed { input: decoded.input, request }) } else { Err(Dropped::Changed) }
}

fn breaks(operation: &Operation, verdict: Verdict) -> Option<Cause> {
    let Verdict::Invalid { constraint } = verdict else { return None };
    Some(operation.input.constraints[constraint].cause)
}

/// Whether clients change the path before they send it: they take dot segments out (WHATWG URL).
fn folds(path: &str) -> bool {
    let dots = |segment: &str| {
        segment.len() <= 6 && segment.contains(['.', '%']) && {
            let plain = segment.replace("%2e", ".").replace("%2E", ".");
            plain == "." || plain == ".."
        }
    };
    path.split('/').any(dots)
}
