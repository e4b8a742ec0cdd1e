//! Whether a request that met a fault may be tried again.

use crate::exchange::Fault;
use crate::model::{ErrorKind, Operation};

/// Whether another attempt is called for; nothing where that is not known.
///
/// What was not carried out for lack of time may be tried again (RFC 6585, section 4; RFC 9110, section 15.6.4). After other
/// trouble nobody knows whether it was carried out, so that only what may be done twice should be tried again (RFC 9110,
/// section 9.2.2): an idempotent method, or an operation with an idempotency token. An error about the request itself comes
/// again with each attempt; one about a resource or a quota may not.
pub fn is_due(fault: &Fault, operation: &Operation) -> Option<bool> {
    let repeatable = operation.http.method.is_idempotent() || operation.idempotency.is_some();
    let after_trouble = repeatable.then_some(true);
    match fault {
        Fault::Throttling | Fault::Unavailable => Some(true),
        Fault::ServerError | Fault::ConnectionReset | Fault::TruncatedBody | Fault::HtmlGateway => after_trouble,
        Fault::Error(code) => {
            let error = &operation.errors.all[operation.errors.by_code(code)?];
            match error.kind {
                ErrorKind::Throttling => Some(true),
                ErrorKind::Server => after_trouble,
                ErrorKind::Validation | ErrorKind::Auth | ErrorKind::Protocol => {
                    (error.is_callers_fault() && error.status != 408).then_some(false)
                }
                ErrorKind::State | ErrorKind::Quota => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Contract;

    #[test]
    fn what_may_be_done_twice_is_tried_again_after_trouble() {
        let contract = Contract::builtin();
        let due = |fault: &Fault, name: &str| is_due(fault, contract.operation(name).expect("built in"));
        let error = |code: &str| Fault::Error(code.to_owned());
        for (fault, with_token, without) in [
            (Fault::Throttling, Some(true), Some(true)),
            (Fault::ConnectionReset, Some(true), None),
            (Fault::Slow, None, None),
            (Fault::HtmlSuccess, None, None),
            (error("AccessDeniedException"), Some(false), Some(false)),
            (error("LimitExceededException"), None, None),
            (error("InternalFailure"), Some(true), None),
        ] {
            let both = (due(&fault, "StartBackupJob"), due(&fault, "CopyDBClusterSnapshot"));
            assert_eq!(both, (with_token, without), "{fault:?}");
        }
    }
}
