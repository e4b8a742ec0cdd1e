//! Faults: failures that a service, or what stands before it, may give to a client that did nothing wrong.

use crate::contract::Contract;

/// A kind of fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The service's error for too many calls.
    Throttling,
    /// A failure of the server, as the protocol writes errors.
    ServerError,
    /// A server that has no time, as the protocol writes errors.
    Unavailable,
    /// A declared error, by its code.
    Error(String),
    /// An answer that waits.
    Slow,
    /// An answer in small pieces.
    Dripped,
    /// A connection that is reset instead of an answer.
    ConnectionReset,
    /// An answer whose body ends too early.
    TruncatedBody,
    /// The right answer with another media type.
    WrongContentType,
    /// A success with a member that nobody knows.
    UnknownMembers,
    /// A success with a value that is not among the listed ones.
    UnknownEnumValue,
    /// A success without the members that need not be there.
    MissingOptionalMembers,
    /// A gateway's page, with status 502.
    HtmlGateway,
    /// A gateway's page, with status 200.
    HtmlSuccess,
}

/// The faults that have a name of their own, in the order they are tried.
const NAMED: [(&str, Fault); 13] = [
    ("throttling", Fault::Throttling),
    ("server-error", Fault::ServerError),
    ("unavailable", Fault::Unavailable),
    ("slow", Fault::Slow),
    ("dripped", Fault::Dripped),
    ("connection-reset", Fault::ConnectionReset),
    ("truncated-body", Fault::TruncatedBody),
    ("wrong-content-type", Fault::WrongContentType),
    ("unknown-members", Fault::UnknownMembers),
    ("unknown-enum-value", Fault::UnknownEnumValue),
    ("missing-optional-members", Fault::MissingOptionalMembers),
    ("html-gateway", Fault::HtmlGateway),
    ("html-success", Fault::HtmlSuccess),
];

/// Why a list of faults cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// There is no such fault.
    #[error("there is no fault {name:?}; there are all, {known} and error:CODE")]
    Unknown {
        /// The name.
        name: String,
        /// The names there are.
        known: String,
    },
    /// No operation declares the error.
    #[error("no operation of the contract declares the error {0}; `accordant spec show OPERATION` lists those it has")]
    UnknownCode(String),
}

/// Reads a list of faults: names with commas between them. `all` stands for all that have a name, and for each error
/// that one of the operations declares for itself.
///
/// # Errors
/// [`FaultError`] when there is no such fault, or no such error.
pub fn parse_faults(contract: &Contract, names: &str, called: &[String]) -> Result<Vec<Fault>, FaultError> {
    let mut faults = Vec::new();
    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let found = match (name, name.strip_prefix("error:")) {
            ("all", _) => NAMED.into_iter().map(|(_, fault)| fault).chain(declared(contract, called)).collect(),
            (_, Some(code)) => vec![error(contract, code)?],
            _ => vec![named(name)?],
        };
        for fault in found {
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
    }
    Ok(faults)
}

fn named(name: &str) -> Result<Fault, FaultError> {
    let known = || NAMED.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let found = NAMED.into_iter().find(|(own, _)| *own == name).map(|(_, fault)| fault);
    found.ok_or_else(|| FaultError::Unknown { name: name.to_owned(), known: known() })
}

fn error(contract: &Contract, code: &str) -> Result<Fault, FaultError> {
    // Most contracts are known after few operations; a large one need not be compiled for it.
    let mut operations = (0..contract.index().operations.len()).filter_map(|row| contract.operation_at(row).ok());
    let known = operations.any(|operation| operation.errors.by_code(code).is_some());
    known.then(|| Fault::Error(code.to_owned())).ok_or_else(|| FaultError::UnknownCode(code.to_owned()))
}

/// The errors that operations declare for themselves.
fn declared<'a>(contract: &'a Contract, called: &'a [String]) -> impl Iterator<Item = Fault> + 'a {
    let rows = (0..contract.index().operations.len()).filter(|row| called.contains(&contract.index().label(*row)));
    let operations = rows.filter_map(|row| contract.operation_at(row).ok());
    let errors = operations.flat_map(|operation| &operation.errors.all[..operation.own_errors]);
    errors.map(|error| Fault::Error(error.code.clone()))
}

impl Fault {
    /// The name, as the command line has it.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Error(code) => format!("error:{code}"),
            _ => NAMED.iter().find(|(_, fault)| fault == self).map_or("", |(name, _)| name).to_owned(),
        }
    }

    /// Those with a name of their own that nobody may take for a success.
    pub fn all_wrong() -> impl Iterator<Item = Self> {
        NAMED.into_iter().map(|(_, fault)| fault).filter(Self::is_wrong)
    }

    /// Whether what is sent is no success, so that nobody may take it for one.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        !matches!(
            self,
            Self::Slow
                | Self::Dripped
                | Self::WrongContentType
                | Self::UnknownMembers
                | Self::UnknownEnumValue
                | Self::MissingOptionalMembers
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_unknown_ones_refused() {
        let contract = Contract::builtin();
        let called = ["StartBackupJob".to_owned()];
        let all = parse_faults(&contract, "all", &called).expect("faults");
        assert!(all.len() > NAMED.len());
        for fault in &all {
            assert_eq!(parse_faults(&contract, &fault.name(), &[]), Ok(vec![fault.clone()]));
        }
        let unknown = parse_faults(&contract, "slow,fast", &called).expect_err("unknown");
        assert!(unknown.to_string().contains("truncated-body"), "{unknown}");
        assert!(parse_faults(&contract, "error:NoSuch", &called).is_err());
    }
}
