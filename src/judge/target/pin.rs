//! Members of an input that a person pins: set to a value, or fresh in every case.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use crate::contract::Contract;
use crate::model::{JsonType, Node, Operation, Shape, Table, Test};
use crate::spec::ContractError;
use crate::value::pointer;

/// An input member with a value of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Set {
    /// The operation; every one that has the member when there is none.
    pub operation: Option<String>,
    /// The member's path in the input, `*` for the first item of a list.
    pub pointer: Vec<String>,
    /// The value.
    pub value: Value,
}

/// An input member that is fresh in every case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unique {
    /// The operation; every one that has the member when there is none.
    pub operation: Option<String>,
    /// The member's path in the input.
    pub pointer: Vec<String>,
}

/// An output member that differs from call to call, for all that the contract says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volatile {
    /// The operation; every one that has the member when there is none.
    pub operation: Option<String>,
    /// The member's path in the output.
    pub pointer: Vec<String>,
}

/// Why a member cannot be pinned. No value is repeated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PinError {
    /// A text sets no member.
    #[error("a set is POINTER=VALUE or OPERATION:POINTER=VALUE, as /BackupVaultName=Default")]
    Set,
    /// A text names no member.
    #[error("a member is POINTER or OPERATION:POINTER, as /BackupVaultName")]
    Member,
    /// The contract has no such operation.
    #[error(transparent)]
    Operation(#[from] ContractError),
    /// No input, or no output, has such a member.
    #[error("no {side} of {operations} has a member {pointer}; {hint}")]
    Unknown {
        /// Whether it was looked for in inputs or outputs.
        side: &'static str,
        /// Where it was looked for.
        operations: String,
        /// What was looked for.
        pointer: String,
        /// What there is instead.
        hint: String,
    },
    /// The member never has a value of this type.
    #[error("{pointer} takes {takes}; write such a value, as JSON")]
    Type {
        /// The member.
        pointer: String,
        /// The types it takes.
        takes: String,
    },
    /// The member is no text, and only text can always be another.
    #[error("{pointer} takes {takes}; only text can be made fresh")]
    NotText {
        /// The member.
        pointer: String,
        /// The types it takes.
        takes: String,
    },
}

/// Reads `POINTER=VALUE` or `OPERATION:POINTER=VALUE`; the value is JSON when it parses as such, otherwise text.
impl FromStr for Set {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        let (member, value) = text.split_once('=').ok_or(PinError::Set)?;
        let (operation, pointer) = member_of(member).ok_or(PinError::Set)?;
        // A number that JSON's reader would round is text, such as a long identifier of digits.
        let is_whole = |json: &Value| !json.is_number() || json.to_string().as_str() == value;
        let json = serde_json::from_str(value).ok().filter(is_whole);
        Ok(Self { operation, pointer, value: json.unwrap_or_else(|| Value::from(value)) })
    }
}

/// As it is read.
impl fmt::Display for Unique {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&member(self.operation.as_deref(), &self.pointer))
    }
}

/// Reads `POINTER` or `OPERATION:POINTER`.
impl FromStr for Unique {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        let (operation, pointer) = member_of(text).ok_or(PinError::Member)?;
        Ok(Self { operation, pointer })
    }
}

/// Reads `POINTER` or `OPERATION:POINTER`.
impl FromStr for Volatile {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        let (operation, pointer) = member_of(text).ok_or(PinError::Member)?;
        Ok(Self { operation, pointer })
    }
}

impl Set {
    /// The member, as it is read.
    #[must_use]
    pub fn member(&self) -> String {
        member(self.operation.as_deref(), &self.pointer)
    }

    /// Holds the set against a contract: the member must exist, and takes a number or a boolean as text where text is all
    /// it takes.
    ///
    /// # Errors
    /// [`PinError`] when the operation or the member does not exist, or never has a value of this type.
    pub fn fit(&mut self, contract: &Contract) -> Result<(), PinError> {
        for node in nodes(contract, self.operation.as_deref(), &self.pointer, Side::Input)? {
            if node.types.is_empty() || node.types.holds(&self.value) {
                continue;
            }
            if !node.types.contains(JsonType::String) || !matches!(self.value, Value::Number(_) | Value::Bool(_)) {
                return Err(PinError::Type { pointer: written(&self.pointer), takes: node.types.to_string() });
            }
            self.value = Value::from(self.value.to_string());
        }
        Ok(())
    }
}

impl Unique {
    /// Holds it against a contract.
    ///
    /// # Errors
    /// [`PinError`] when the operation or the member does not exist, or the member takes no text.
    pub fn fit(&self, contract: &Contract) -> Result<(), PinError> {
        for node in nodes(contract, self.operation.as_deref(), &self.pointer, Side::Input)? {
            if !node.types.is_empty() && !node.types.contains(JsonType::String) {
                return Err(PinError::NotText { pointer: written(&self.pointer), takes: node.types.to_string() });
            }
        }
        Ok(())
    }
}

impl Volatile {
    /// Holds it against a contract.
    ///
    /// # Errors
    /// [`PinError`] when the operation or the member does not exist.
    pub fn fit(&self, contract: &Contract) -> Result<(), PinError> {
        nodes(contract, self.operation.as_deref(), &self.pointer, Side::Output).map(drop)
    }
}

/// Where a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Input,
    Output,
}

impl Side {
    fn shape(self, operation: &Operation) -> &Shape {
        match self {
            Self::Input => &operation.input,
            Self::Output => &operation.output,
        }
    }
}

/// Whether a pinned member is one of the operation's.
pub(super) fn concerns(named: Option<&str>, pointer: &[String], operation: &Operation, side: Side) -> bool {
    named.is_none_or(|name| operation.is_called(name)) && side.shape(operation).node(&written(pointer)).is_some()
}

/// What a member is, in each operation that is meant; there is at least one.
fn nodes<'c>(
    contract: &'c Contract,
    named: Option<&str>,
    pointer: &[String],
    side: Side,
) -> Result<Vec<&'c Node>, PinError> {
    let operations = match named {
        Some(name) => std::slice::from_ref(contract.operation(name)?),
        None => contract.operations(),
    };
    let text = written(pointer);
    let nodes: Vec<&Node> = operations.iter().filter_map(|operation| side.shape(operation).node(&text)).collect();
    if !nodes.is_empty() {
        return Ok(nodes);
    }
    let hint = hint(operations.iter().map(|operation| side.shape(operation).table()), &text);
    let operations = named.map_or_else(|| "any operation".to_owned(), str::to_owned);
    let side = if side == Side::Input { "input" } else { "output" };
    Err(PinError::Unknown { side, operations, pointer: text, hint })
}

fn hint<'c>(shapes: impl Iterator<Item = &'c Table>, pointer: &str) -> String {
    if pointer::segments(pointer).any(|segment| segment.bytes().all(|byte| byte.is_ascii_digit())) {
        return "write * for the first item of a list".to_owned();
    }
    let mut near: Vec<&str> = shapes.flat_map(|shape| shape.near(pointer)).collect();
    near.sort_unstable();
    near.dedup();
    near.truncate(5);
    if near.is_empty() {
        return "`accordant spec show OPERATION` lists its members".to_owned();
    }
    format!("did you mean {}?", near.join(" or "))
}

/// Reads `POINTER` or `OPERATION:POINTER`, where the pointer is not that of the whole input.
fn member_of(text: &str) -> Option<(Option<String>, Vec<String>)> {
    let (operation, pointer) = match text.split_once(':') {
        Some((operation, pointer)) if !text.starts_with('/') => (Some(operation.to_owned()), pointer),
        _ => (None, text),
    };
    (operation.as_deref() != Some("")).then_some((operation, path_of(pointer)?))
}

/// The segments of a pointer to a member.
pub(super) fn path_of(text: &str) -> Option<Vec<String>> {
    (text.starts_with('/') && text != "/").then(|| pointer::segments(text).collect())
}

fn member(operation: Option<&str>, path: &[String]) -> String {
    operation.map(|operation| format!("{operation}:")).unwrap_or_default() + &written(path)
}

fn written(path: &[String]) -> String {
    let mut text = String::new();
    for segment in path {
        pointer::push(&mut text, segment);
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(text: &str) -> Set {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn reads_what_flags_say() {
        let named = set("StartBackupJob:/Lifecycle/DeleteAfterDays=100");
        assert_eq!(named.operation.as_deref(), Some("StartBackupJob"));
        assert_eq!((named.pointer, named.value), (vec!["Lifecycle".into(), "DeleteAfterDays".into()], json!(100)));
        let arn = set("/ResourceArn=arn:aws:s3:::b=1");
        assert_eq!((arn.operation, arn.value), (None, json!("arn:aws:s3:::b=1")));
        assert_eq!(set("/a~1b={\"k\": [1]}").pointer, ["a/b"]);
        assert_eq!(set("/a={\"k\": [1]}").value, json!({"k": [1]}));
        assert_eq!(set("/a=").value, json!(""));
        for digits in ["007", "123456789012345678901234567890", "1.50", "1e3"] {
            assert_eq!(set(&format!("/a={digits}")).value, json!(digits));
        }
        assert_eq!("Op:/a".parse::<Unique>().expect("a member").operation.as_deref(), Some("Op"));
        for text in ["", "a=b", "/a", "=b", "Op:a=b", "/=b", ":/a=b", "Op=/a"] {
            assert!(text.parse::<Set>().is_err(), "{text}");
        }
        for text in ["", "a", "Op:", "/", "Op:a"] {
            assert!(text.parse::<Unique>().is_err(), "{text}");
        }
    }

    #[test]
    fn fits_values_to_the_contract() {
        let contract = Contract::builtin();
        for (text, fitting) in [
            ("StartBackupJob:/BackupVaultName=42", json!("42")),
            ("/BackupVaultName=true", json!("true")),
            ("/Lifecycle/DeleteAfterDays=100", json!(100)),
            ("CopyDBClusterSnapshot:/Tags/*/Key=k", json!("k")),
        ] {
            let mut set = set(text);
            set.fit(&contract).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(set.value, fitting);
        }
    }

    #[test]
    fn says_what_does_not_fit() {
        let contract = Contract::builtin();
        for (text, says) in [
            ("NoSuch:/a=1", "there are"),
            ("StartBackupJob:/VaultName=x", "did you mean /BackupVaultName?"),
            ("/Nowhere/At/All=x", "any operation"),
            ("CopyDBClusterSnapshot:/Tags/0/Key=k", "write *"),
            ("/Lifecycle/DeleteAfterDays=s3cr3t", "takes an integer"),
            ("/Lifecycle=[]", "takes an object"),
        ] {
            let error = set(text).fit(&contract).expect_err(text).to_string();
            assert!(error.contains(says) && !error.contains("s3cr3t"), "{text}: {error}");
        }
        let number: Unique = "/Lifecycle/DeleteAfterDays".parse().expect("a member");
        assert!(matches!(number.fit(&contract), Err(PinError::NotText { .. })));
        let name: Unique = "StartBackupJob:/IdempotencyToken".parse().expect("a member");
        name.fit(&contract).expect("a text");
    }
}
