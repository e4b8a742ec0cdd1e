//! What the claim "this input is valid" stands on.
//!
//! A valid case is an example of the spec with some members added or changed. Should a service refuse it, then the
//! members that differ are suspects, and the claim is trusted no further than the example and what is known of them. A
//! pattern that is only assumed may be wrong, and the refusal right. Where a source gives a member's type and no more,
//! that any value of the type is taken is our reading only: an id that no source calls a UUID may well have to be one.

use std::collections::HashSet;

use serde_json::Value;

use crate::check::Complaint;
use crate::exchange::{Exchange, Verdict};
use crate::model::citation::strength_of;
use crate::model::{
    BoundaryValue, Cause, Citation, Constraint, Example, Occurrence, Operation, PlaceId, Strength, Table,
};
use crate::value::walk::Places;

/// What the claim stands on.
#[derive(Debug)]
pub(super) struct Claim<'o> {
    strength: Strength,
    disputed: bool,
    citations: Vec<&'o Citation>,
    boundary: Option<&'o Constraint>,
}

impl Claim<'_> {
    /// Why a success is due, as a sentence.
    pub fn reason(&self) -> String {
        match self.boundary {
            Some(boundary) => format!("the input is valid, and just keeps this: {}", boundary.statement()),
            None => "the input is valid".to_owned(),
        }
    }

    /// A complaint that a valid input was not taken.
    pub fn complaint(&self, expected: String, actual: String) -> Complaint {
        let citations: Vec<Citation> = self.citations.iter().copied().cloned().collect();
        let complaint = Complaint::new(expected, actual);
        let complaint = match self.boundary {
            Some(boundary) => complaint.about(&boundary.id).cite(&boundary.citations, boundary.strength),
            None => complaint.cite(&[], Strength::Documented),
        };
        complaint.and(&citations, self.strength).disputed(self.disputed)
    }
}

/// What the claim that the case of an exchange is valid stands on.
pub(super) fn claim<'e>(exchange: &Exchange<'e>) -> Claim<'e> {
    let operation = exchange.operation();
    let input = exchange.input;
    let suspects = nearest(operation, input);
    let mut claim = Claim {
        strength: Strength::Model,
        disputed: false,
        citations: Vec::new(),
        boundary: match exchange.demand.verdict {
            Verdict::Valid { boundary } => boundary.map(|id| &operation.input.constraints[id]),
            _ => None,
        },
    };
    claim.disputed |= claim.boundary.is_some_and(|boundary| boundary.disputed);
    if let Some((example, suspects)) = suspects {
        // A request that a client was seen to send need not have been taken.
        claim.weaken(strength_of(&example.citations), &example.citations);
        suspects.weigh(operation, &mut claim);
        if claim.citations.is_empty() {
            claim.citations = example.citations.iter().collect();
        }
    }
    claim
}

/// The example that is the nearest to an input, the best known of those, and how the input differs from it.
fn nearest<'o>(operation: &'o Operation, input: &Value) -> Option<(&'o Example, Suspects<'o>)> {
    let compared = operation.examples.iter().map(|example| {
        let mut suspects = Suspects::new(operation);
        suspects.compare(&Places::of(suspects.shape), Some(&example.input), input);
        (example, suspects)
    });
    compared.min_by_key(|(example, suspects)| (suspects.distance, strength_of(&example.citations)))
}

/// The places in which an input differs from an example.
struct Suspects<'o> {
    operation: &'o Operation,
    shape: &'o Table,
    /// How many members are added, changed or missing.
    distance: usize,
    /// The places with another value.
    changed: Vec<PlaceId>,
    /// Objects and lists some of whose members are among them, with the member's name.
    around: Vec<(PlaceId, String)>,
    /// Whether a value among them is one that no source speaks of.
    unheard_of: bool,
}

impl<'o> Suspects<'o> {
    fn new(operation: &'o Operation) -> Self {
        let shape = &operation.input;
        Self { operation, shape, distance: 0, changed: Vec::new(), around: Vec::new(), unheard_of: false }
    }

    /// Notes where a value differs; whether it does.
    fn compare(&mut self, places: &Places<'o>, old: Option<&Value>, new: &Value) -> bool {
        if old == Some(new) {
            return false;
        }
        self.unheard_of |= !places.certain().all(|node| self.is_spoken_of(node, new));
        match (old, new) {
            (Some(Value::Object(old)), Value::Object(new)) => {
                self.distance += old.keys().filter(|name| !new.contains_key(*name)).count();
            }
            (Some(Value::Array(old)), Value::Array(new)) => self.distance += old.len().saturating_sub(new.len()),
            _ => {
                self.distance += 1;
                self.changed.extend(places.certain_ids());
            }
        }
        match new {
            Value::Object(members) => {
                for (name, value) in members {
                    let old = old.and_then(|old| old.get(name));
                    self.member(places, &places.member(name), name, old, value);
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    let old = old.and_then(|old| old.get(index));
                    self.member(places, &places.item(index), "*", old, value);
                }
            }
            _ => {}
        }
        true
    }

    /// Whether a source says that the place takes such a value, its members aside: by showing it, or by bounds that
    /// it keeps.
    fn is_spoken_of(&self, node: &Occurrence, value: &Value) -> bool {
        let shown = |shown: &Value| shown == value;
        let known = !node.limits.choices.is_empty()
            || node.examples.iter().chain(node.default.as_deref()).any(shown)
            || self.operation.examples.iter().any(|example| example.input.pointer(&node.pointer).is_some_and(shown));
        // What an `allOf` says in parts is said of the whole, and judged there.
        let whole = !node.all_of.is_empty() || node.types.is_empty();
        known || whole || is_bounded(self.shape, node, value)
    }

    fn member(&mut self, whole: &Places<'o>, part: &Places<'o>, name: &str, old: Option<&Value>, new: &Value) {
        let is_described = part.certain().next().is_some();
        if !(if is_described { self.compare(part, old, new) } else { old != Some(new) }) {
            return;
        }
        for holder in whole.certain_ids() {
            self.around.push((*holder, name.to_owned()));
            let keys = self.shape.nodes[*holder].keys.filter(|_| old.is_none());
            self.changed.extend(keys);
        }
    }

    /// Trusts the claim no further than anything that is known of the suspects.
    fn weigh(&self, operation: &'o Operation, claim: &mut Claim<'o>) {
        if self.unheard_of {
            claim.weaken(Strength::Assumed, &[]);
        }
        let disputed = |about: &str| operation.disputes.iter().any(|dispute| dispute.about.iter().any(|a| a == about));
        for &id in &self.changed {
            let node = &self.shape.nodes[id];
            claim.disputed |= disputed(&node.pointer);
            if !node.citations.is_empty() {
                claim.weaken(strength_of(&node.citations), &node.citations);
            }
            for constraint in node.constraints.iter().map(|id| &self.shape.constraints[*id]) {
                // A rule over the members of a new object is weighed with the members it has.
                let of_members = constraint.cause == Cause::Rule && !node.properties.is_empty();
                claim.disputed |= constraint.disputed && constraint.cause != Cause::Required && !of_members;
                if !matches!(constraint.cause, Cause::Type | Cause::Required) && !of_members {
                    claim.weaken(constraint.strength, &constraint.citations);
                }
            }
        }
        for (holder, name) in &self.around {
            let around = self.shape.nodes[*holder].constraints.iter().map(|id| &self.shape.constraints[*id]);
            for constraint in around.filter(|constraint| is_over(constraint, name)) {
                claim.disputed |= constraint.disputed;
                claim.weaken(constraint.strength, &constraint.citations);
            }
        }
    }
}

impl<'o> Claim<'o> {
    fn weaken(&mut self, strength: Strength, citations: &'o [Citation]) {
        if strength > self.strength || (strength == self.strength && self.citations.is_empty()) {
            self.strength = strength;
            self.citations = citations.iter().collect();
        }
    }
}

/// Longest text, and most items or members, of which a source need not say that they are not too many.
const USUAL: (usize, usize) = (255, 10);

/// Whether the bounds that a schema states reach as far as the value. A bound on one side says nothing of the other:
/// that a number is at most 100 does not say that it may be negative.
fn is_bounded(shape: &Table, node: &Occurrence, value: &Value) -> bool {
    let limits = &node.limits;
    match value {
        Value::String(text) => {
            let short = limits.max_length.is_some() || text.chars().count() <= USUAL.0;
            let plain = || text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
            let formed = limits.pattern.is_some() || node.format.is_some();
            short && (formed || limits.max_length.is_some() && plain())
        }
        Value::Number(number) => {
            let (least, most) = (
                limits.minimum.is_some() || limits.exclusive_minimum.is_some(),
                limits.maximum.is_some() || limits.exclusive_maximum.is_some(),
            );
            let number = number.as_f64().unwrap_or_default();
            (least || most && number > 0.0) && (most || number <= f64::from(i32::MAX))
        }
        Value::Array(items) => {
            let named = node.items.and_then(|id| shape.nodes[id].limits.required.first());
            let name = |item: &'_ Value| named.and_then(|name| item.get(name)).unwrap_or(item).to_string();
            let different = items.iter().map(name).collect::<HashSet<String>>().len() == items.len();
            different && (limits.max_items.is_some() || items.len() <= USUAL.1)
        }
        Value::Object(members) => node.values.is_none() || limits.max_properties.is_some() || members.len() <= USUAL.1,
        Value::Bool(_) | Value::Null => true,
    }
}

/// Whether a constraint on an object or list is about one of its members: a rule that names it, or a statement about all.
fn is_over(constraint: &Constraint, name: &str) -> bool {
    let edges = || constraint.test.edges();
    match constraint.cause {
        Cause::Items | Cause::Composition | Cause::UnknownMember => true,
        Cause::Rule if name == "*" || constraint.test.state().contains(name) => true,
        Cause::Rule => edges().inside.iter().chain(&edges().outside).any(|wish| match wish {
            BoundaryValue::Patch(patch) => patches(patch, name),
            _ => false,
        }),
        _ => false,
    }
}

/// Whether a merge patch has a member of this name.
fn patches(patch: &Value, name: &str) -> bool {
    let Value::Object(members) = patch else { return false };
    members.iter().any(|(member, below)| member == name || patches(below, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Contract;
    use serde_json::json;

    /// How far it is trusted that the first example with some members changed is valid, and whether that is disputed.
    fn trust(name: &str, change: &Value) -> (Strength, bool) {
        let contract = Contract::builtin();
        let operation = contract.operation(name).expect("built in");
        let mut input = operation.examples[0].input.clone();
        crate::value::pointer::merge(&mut input, change);
        trust_in(operation, &input)
    }

    fn trust_in(operation: &Operation, input: &Value) -> (Strength, bool) {
        let (example, suspects) = nearest(operation, input).expect("an example");
        let mut claim = Claim { strength: Strength::Model, disputed: false, citations: Vec::new(), boundary: None };
        claim.weaken(strength_of(&example.citations), &example.citations);
        suspects.weigh(operation, &mut claim);
        (claim.strength, claim.disputed)
    }

    #[test]
    fn a_claim_is_as_good_as_its_example() {
        let contract = Contract::builtin();
        let mut seen = 0;
        for operation in contract.operations() {
            for example in &operation.examples {
                let (strength, _) = trust_in(operation, &example.input);
                let twins = operation.examples.iter().filter(|other| other.input == example.input);
                let best = twins.map(|twin| strength_of(&twin.citations)).min().expect("itself");
                assert_eq!(strength, best.max(Strength::Model), "{} {}", operation.name, example.name);
                seen += u64::from(strength > Strength::Model);
            }
        }
        assert!(seen > 3, "requests that clients were seen to send are only observed");
    }

    #[test]
    fn a_claim_is_as_good_as_what_is_known_of_the_members_that_differ() {
        use Strength::{Assumed, Model};
        let job = "StartBackupJob";
        assert_eq!(trust(job, &json!({})), (Model, false), "an example");
        assert_eq!(trust(job, &json!({"StartWindowMinutes": 61})), (Model, false));
        assert_eq!(trust(job, &json!({"ResourceArn": "arn:a:b:c:d:e"})), (Assumed, false), "an assumed pattern");
        assert_eq!(trust(job, &json!({"BackupVaultName": "a_b"})), (Model, true), "a disputed pattern");
        assert_eq!(trust(job, &json!({"Lifecycle": {"DeleteAfterEvent": "DELETE_AFTER_COPY"}})), (Model, true));
        assert_eq!(trust(job, &json!({"Lifecycle": {"DeleteAfterDays": 5}})), (Assumed, true));
        assert_eq!(trust(job, &json!({"RecoveryPointTags": {"a": "b"}})), (Assumed, false), "any text");
        assert_eq!(trust(job, &json!({"RecoveryPointTags": {}})), (Model, false));
        assert_eq!(trust(job, &json!({"CompleteWindowMinutes": 52_560_000})), (Model, false));
        assert_eq!(trust(job, &json!({"CompleteWindowMinutes": -1})), (Assumed, false), "no source says how few");
        assert_eq!(trust(job, &json!({"IdempotencyToken": "\u{202e}"})), (Assumed, false), "any text");
        assert_eq!(trust(job, &json!({"IdempotencyToken": "weekly-2025-01-05"})), (Model, false), "an example's own");
        assert_eq!(trust(job, &json!({"BackupOptions": {"other": "x"}})), (Model, false));
        let replicate = "ReplicateBackup";
        assert_eq!(trust(replicate, &json!({"replicate": {"enable_acceleration": true}})), (Assumed, true));
        let restore = "RestoreDBClusterFromS3";
        let scaling = json!({"ServerlessV2ScalingConfiguration": {"MinCapacity": 1, "MaxCapacity": 2}});
        assert_eq!(trust(restore, &scaling), (Assumed, true), "an assumed rule, and a disputed member");
        assert_eq!(trust(restore, &json!({"Port": 1})), (Assumed, false), "any number");
        assert_eq!(trust(restore, &json!({"BackupRetentionPeriod": 35})), (Model, false));
        let twice = json!({"Tags": [{"Key": "a", "Value": "b"}, {"Key": "a", "Value": "c"}]});
        assert_eq!(trust(restore, &twice).0, Assumed, "no source says that a key may stand twice");
    }
}
