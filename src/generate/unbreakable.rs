//! Why a constraint cannot be broken alone by any request of a dialect.

use serde_json::Value;

use super::boundaries::Boundaries;
use super::case::codec;
use super::constraint_site::Side;
use crate::codec::{Decoded, Oddity};
use crate::model::{Cause, ConstraintId, Dialect, Operation};
use crate::random::Random;
use crate::value::pointer;

/// The draws that the answer rests on; any seed would do.
const SEED: u64 = 7;

/// Why no request can break this constraint alone; nothing when one can. It is found by trying: inputs on the wrong side of the
/// boundary are written and read again. Values are never part of the reason.
#[must_use]
pub fn unbreakable(boundaries: &Boundaries, dialect: Dialect, constraint: ConstraintId) -> Option<String> {
    let (operation, mut random) = (boundaries.operation(), Random::new(SEED));
    let mut inputs = boundaries.inputs_at(constraint, Side::Outside, &mut random);
    inputs.retain(|input| broken(operation, input) == [constraint]);
    if inputs.is_empty() {
        return Some(entangled(boundaries, constraint, &mut random));
    }
    let read: Vec<Decoded> = inputs.iter().filter_map(|input| there_and_back(operation, dialect, input)).collect();
    let (mut clear, mut unclear) = (Vec::new(), false);
    for Decoded { input, oddities } in read {
        match (broken(operation, &input) == [constraint], oddities.contains(&Oddity::Unclear)) {
            (true, false) => return None,
            (breaks_it, true) => unclear |= breaks_it,
            (false, false) => clear.push(input),
        }
    }
    if unclear {
        return Some("whatever would break it may as well be read as something else".to_owned());
    }
    Some(unsayable(operation, constraint, &clear))
}

/// The input as the other side of the wire reads it; nothing where it reads no input at all.
fn there_and_back(operation: &Operation, dialect: Dialect, input: &Value) -> Option<Decoded> {
    let codec = codec(operation, dialect);
    codec.decode_request(operation, &codec.encode_request(operation, input)).ok()
}

fn broken(operation: &Operation, input: &Value) -> Vec<ConstraintId> {
    let mut broken: Vec<ConstraintId> = operation.input.judge(input).iter().map(|found| found.constraint).collect();
    broken.sort_unstable();
    broken.dedup();
    broken
}

/// What stands in the way where no value breaks the constraint alone.
fn entangled(boundaries: &Boundaries, constraint: ConstraintId, random: &mut Random) -> String {
    let (operation, inputs) = (boundaries.operation(), boundaries.broken_at(constraint, random));
    let mut others: Option<Vec<ConstraintId>> = None;
    for input in &inputs {
        let broken = broken(operation, input);
        match &mut others {
            None => others = Some(broken),
            Some(others) => others.retain(|id| broken.contains(id)),
        }
    }
    let Some(mut others) = others else { return "no value breaks it".to_owned() };
    others.retain(|id| *id != constraint);
    if others.is_empty() {
        return "whatever breaks it breaks something else too".to_owned();
    }
    format!("whatever breaks it breaks {} too", names(operation, &others))
}

fn names(operation: &Operation, constraints: &[ConstraintId]) -> String {
    let names: Vec<&str> = constraints.iter().map(|id| operation.input.constraints[*id].id.as_str()).collect();
    names.join(" and ")
}

/// What the wire makes of inputs that break the constraint before they are written.
fn unsayable(operation: &Operation, constraint: ConstraintId, read: &[Value]) -> String {
    let stated = &operation.input.constraints[constraint];
    let place: Vec<String> = pointer::segments(&stated.member).collect();
    if read.is_empty() {
        return "whatever would break it is not read as an input".to_owned();
    }
    let found: Vec<Option<&Value>> = read.iter().map(|input| pointer::first(input, &place)).collect();
    let mut types: Vec<&str> = found.iter().flatten().map(|value| type_of(value)).collect();
    types.sort_unstable();
    types.dedup();
    let as_what = if types.is_empty() { "absent".to_owned() } else { types.join(" or ") };
    if stated.cause == Cause::Required && found.iter().all(Option::is_some) {
        return format!("the wire cannot leave it out: it is read as {as_what}");
    }
    format!("whatever would break it is read as {as_what} on the wire")
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Contract;

    fn reason(operation: &str, id: &str, dialect: Dialect) -> Option<String> {
        let contract = Contract::builtin();
        let operation = contract.operation(operation).expect("built in");
        let constraint = operation.input.constraints.iter().position(|constraint| constraint.id == id).expect(id);
        unbreakable(&Boundaries::of(operation), dialect, constraint)
    }

    #[test]
    fn says_what_stands_in_the_way() {
        let native = |operation, id| reason(operation, id, Dialect::Native);
        assert_eq!(native("ReplicateBackup", "/replicate/name#maxLength"), None);
        assert_eq!(
            native("ReplicateBackup", "/replicate/description#minLength").as_deref(),
            Some("no value breaks it")
        );
        let absent = native("ReplicateBackup", "/backup_id#required").expect("a path has all its segments");
        assert!(absent.contains("cannot leave it out"), "{absent}");
        let form = native("CopyDBClusterSnapshot", "/KmsKeyId#type").expect("a form has strings only");
        assert!(form.contains("read as a string"), "{form}");
        let list = native("CopyDBClusterSnapshot", "/Tags#type").expect("a text there is another parameter");
        assert!(list.contains("read as"), "{list}");
        let entangled =
            native("RestoreDBClusterFromS3", "/MasterUsername#minLength").expect("the pattern wants a letter");
        assert_eq!(entangled, "whatever breaks it breaks /MasterUsername#pattern too");
    }

    #[test]
    fn the_dialect_makes_a_difference() {
        // The document shows a JSON body: a number can stand where a string should.
        let documented = |operation: &str| reason(operation, "/DBClusterIdentifier#type", Dialect::Documented);
        assert_eq!(documented("RestoreDBClusterFromS3"), None);
    }
}
