//! What the claim "this input is valid" rests on: what is known of the change by which it differs from a base.
//!
//! The server has accepted the base a moment ago, so only the change can be to blame for a refusal, and the claim is
//! trusted as far as the sources of the change are: of a value at a boundary the bound alone, of an added member its
//! description, of a listed value the list. Where a source gives a member's type and no more, that any value of the type is
//! taken is our reading only: an id that no source calls a UUID may well have to be one.

use std::collections::HashSet;

use serde_json::Value;

use crate::check::Complaint;
use crate::exchange::{Bases, Exchange, Verdict, differences};
use crate::model::citation::strength_of;
use crate::model::{
    BoundaryValue, Cause, Citation, Constraint, Example, Occurrence, Operation, PlaceId, Strength, Table,
};
use crate::value::pointer;
use crate::value::walk::Places;

/// What the claim rests on.
#[derive(Debug)]
pub(super) struct Change<'o> {
    strength: Strength,
    disputed: bool,
    citations: Vec<&'o Citation>,
    boundary: Option<&'o Constraint>,
    /// Where the input differs from the base, when that is one place.
    place: Option<String>,
    /// Why it is trusted no further.
    doubt: Option<&'static str>,
}

impl Change<'_> {
    /// Why a success is due, as a sentence.
    pub fn reason(&self) -> String {
        let doubt = self.doubt.map(|doubt| format!("; {doubt}")).unwrap_or_default();
        match self.boundary {
            Some(boundary) => format!("the input is valid, and just keeps this: {}{doubt}", boundary.statement()),
            None => format!("the input is valid{doubt}"),
        }
    }

    /// Where the input differs from the base, when that is one place.
    pub fn place(&self) -> Option<&str> {
        self.place.as_deref()
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

/// What the claim that the case of an exchange is valid rests on.
pub(super) fn change<'e>(exchange: &Exchange<'e>) -> Change<'e> {
    let (operation, input) = (exchange.operation(), exchange.input);
    let boundary = match exchange.demand.verdict {
        Verdict::Valid { boundary: Some(id) } => Some(&operation.input.constraints[id]),
        _ => None,
    };
    let (nearest, shown) = nearest_example(operation, exchange.bases(), input);
    match (exchange.bases().and_then(|bases| bases.nearest(input)), nearest) {
        // What a source shows as a whole needs no base.
        (_, Some(example)) if shown => {
            let citations = example.citations.iter().collect();
            let strength = strength_of(&example.citations).max(Strength::Model);
            Change { strength, disputed: false, citations, boundary: None, place: None, doubt: None }
        }
        (Some(base), example) => {
            let mut change = weighed(operation, &base, input, boundary);
            if change.citations.is_empty() {
                change.citations = example.iter().flat_map(|example| &example.citations).collect();
            }
            change
        }
        (None, Some(example)) => {
            let mut change = weighed(operation, &example.input, input, boundary);
            // A request that a client was seen to send need not have been taken.
            change.weaken(strength_of(&example.citations), &example.citations);
            if exchange.has_no_base() {
                change.weaken(Strength::Assumed, &[]);
                change.doubt = Some("the server accepted no base to hold it against");
            }
            if change.citations.is_empty() {
                change.citations = example.citations.iter().collect();
            }
            change
        }
        (None, None) => Change::new(boundary),
    }
}

/// The example that is nearest to an input, the best known of those, and whether it is the input, but for what is fresh.
fn nearest_example<'o>(operation: &'o Operation, bases: Option<&Bases>, input: &Value) -> (Option<&'o Example>, bool) {
    let fresh = bases.map(|bases| bases.fresh.clone()).unwrap_or_default();
    let distance = |example: &Example| {
        let alone = Bases { inputs: vec![example.input.clone()], fresh: fresh.clone() };
        alone.distance(input)
    };
    let compared =
        operation.examples.iter().map(|example| (distance(example), strength_of(&example.citations), example));
    let nearest = compared.min_by_key(|(distance, strength, _)| (*distance, *strength));
    (nearest.map(|(_, _, example)| example), nearest.is_some_and(|(distance, ..)| distance == 0))
}

/// What is known of the change from a base to an input.
fn weighed<'o>(operation: &'o Operation, base: &Value, input: &Value, boundary: Option<&'o Constraint>) -> Change<'o> {
    let mut suspects = Suspects { boundary, ..Suspects::new(operation) };
    suspects.compare(&Places::of(suspects.shape), Some(base), input);
    let mut change = Change::new(boundary);
    suspects.weigh(&mut change);
    if let [place] = &differences(base, input)[..] {
        change.place = Some(generic(place));
    }
    change
}

/// A place with `*` for each item, so that the same change at another item has the same name.
fn generic(place: &str) -> String {
    let mut text = String::new();
    for segment in pointer::segments(place) {
        let is_item = segment.bytes().all(|byte| byte.is_ascii_digit());
        pointer::push(&mut text, if is_item { "*" } else { &segment });
    }
    text
}

/// The places in which an input differs from a base.
struct Suspects<'o> {
    operation: &'o Operation,
    shape: &'o Table,
    /// The constraint at whose boundary the input is.
    boundary: Option<&'o Constraint>,
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
        Self { operation, shape, boundary: None, changed: Vec::new(), around: Vec::new(), unheard_of: false }
    }

    /// Whether the bound that the input sits on is one of the place's own, so that it says all that there is to say of the
    /// value: of a text's length only where its characters are plain, or those of a known text.
    fn is_bound_of(&self, node: &Occurrence, old: Option<&Value>, new: &Value) -> bool {
        let known = || self.shown_at(&node.pointer).chain(old).filter_map(Value::as_str);
        let is_familiar = |c: char| is_plain(c) || known().any(|text| text.contains(c));
        self.boundary.is_some_and(|boundary| {
            if boundary.cause == Cause::Length && !new.as_str().is_some_and(|text| text.chars().all(is_familiar)) {
                return false;
            }
            let is_bound = matches!(
                boundary.cause,
                Cause::Length | Cause::Range | Cause::Enum | Cause::Pattern | Cause::Format | Cause::Items
            );
            is_bound && node.constraints.iter().any(|id| self.shape.constraints[*id].id == boundary.id)
        })
    }

    /// Notes where a value differs; whether it does.
    fn compare(&mut self, places: &Places<'o>, old: Option<&Value>, new: &Value) -> bool {
        if old == Some(new) {
            return false;
        }
        let goes_on =
            matches!((old, new), (Some(Value::Object(_)), Value::Object(_)) | (Some(Value::Array(_)), Value::Array(_)));
        for (id, node) in places.certain_ids().iter().zip(places.certain()) {
            let is_bound = self.is_bound_of(node, old, new);
            self.unheard_of |= !is_bound && !self.is_spoken_of(node, new);
            self.changed.extend((!goes_on && !is_bound).then_some(*id));
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
            || self.shown_at(&node.pointer).any(shown);
        // What an `allOf` says in parts is said of the whole, and judged there.
        let whole = !node.all_of.is_empty() || node.types.is_empty();
        known || whole || is_bounded(self.shape, node, value)
    }

    /// What the operation's examples have at a place.
    fn shown_at<'s>(&'s self, at: &str) -> impl Iterator<Item = &'o Value> + use<'s, 'o> {
        let segments: Vec<String> = pointer::segments(at).collect();
        self.operation.examples.iter().filter_map(move |example| pointer::first(&example.input, &segments))
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
    fn weigh(&self, change: &mut Change<'o>) {
        if self.unheard_of {
            change.weaken(Strength::Assumed, &[]);
            change.doubt = Some("no source speaks of such a value");
        }
        let disputed =
            |about: &str| self.operation.disputes.iter().any(|dispute| dispute.about.iter().any(|a| a == about));
        for &id in &self.changed {
            let node = &self.shape.nodes[id];
            change.disputed |= disputed(&node.pointer);
            if !node.citations.is_empty() {
                change.weaken(strength_of(&node.citations), &node.citations);
            }
            for constraint in node.constraints.iter().map(|id| &self.shape.constraints[*id]) {
                // A rule over the members of a new object is weighed with the members it has.
                let of_members = constraint.cause == Cause::Rule && !node.properties.is_empty();
                change.disputed |= constraint.disputed && constraint.cause != Cause::Required && !of_members;
                if !matches!(constraint.cause, Cause::Type | Cause::Required) && !of_members {
                    change.weaken(constraint.strength, &constraint.citations);
                }
            }
        }
        for (holder, name) in &self.around {
            let around = self.shape.nodes[*holder].constraints.iter().map(|id| &self.shape.constraints[*id]);
            for constraint in around.filter(|constraint| is_over(constraint, name)) {
                change.disputed |= constraint.disputed;
                change.weaken(constraint.strength, &constraint.citations);
            }
        }
    }
}

impl<'o> Change<'o> {
    fn new(boundary: Option<&'o Constraint>) -> Self {
        let disputed = boundary.is_some_and(|boundary| boundary.disputed);
        Self { strength: Strength::Model, disputed, citations: Vec::new(), boundary, place: None, doubt: None }
    }

    fn weaken(&mut self, strength: Strength, citations: &'o [Citation]) {
        if strength > self.strength || (strength == self.strength && self.citations.is_empty()) {
            self.strength = strength;
            self.citations = citations.iter().collect();
        }
    }
}

/// Whether a character is one that texts of every kind have.
fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_')
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
            if text.is_empty() && limits.min_length.is_none() {
                return false;
            }
            let plain = || text.chars().all(is_plain);
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

    /// How far it is trusted that a change of the first example is valid, and whether that is disputed.
    fn trust(name: &str, change: &Value) -> (Strength, bool) {
        at_boundary(name, change, None)
    }

    fn at_boundary(name: &str, change: &Value, boundary: Option<&str>) -> (Strength, bool) {
        let contract = Contract::builtin();
        let operation = contract.operation(name).expect("built in");
        let mut input = operation.examples[0].input.clone();
        crate::value::pointer::merge(&mut input, change);
        let boundary = boundary.map(|id| operation.input.constraints.iter().find(|constraint| constraint.id == id));
        let change = weighed(operation, &operation.examples[0].input, &input, boundary.map(|found| found.expect(name)));
        (change.strength, change.disputed)
    }

    #[test]
    fn a_change_is_as_good_as_what_is_known_of_the_members_that_differ() {
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
