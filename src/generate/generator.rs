//! The generator of an operation's inputs: its schema made ready once, then drawn from as often as wanted.

use std::collections::HashMap;

use serde_json::Value;

use super::compile::Compiler;
use super::draw::Draw;
use super::familiar::familiar;
use super::medium::Medium;
use super::path::paths;
use super::regex_gen::Taste;
use super::text::{GUESSES, Text};
use super::value_plan::{Surroundings, ValuePlan, ValuePlanId};
use crate::model::{AuthScheme, Cause, ConstraintId, Matcher, Operation, Place, PlaceId, Service, Table};
use crate::random::Random;

/// Draws values for the places of an operation's input, decided by the [`Random`] alone.
#[derive(Debug)]
pub struct Generator {
    pub(super) plans: Vec<ValuePlan>,
    /// For each composition: the plans whose values come near it, and may break it.
    near: HashMap<ConstraintId, Vec<ValuePlanId>>,
}

impl Generator {
    /// Makes an operation's input schema ready.
    #[must_use]
    pub fn new(operation: &Operation) -> Self {
        let around = surroundings(operation);
        let shape = operation.input.table();
        let mut compiler = Compiler::new(shape, &around);
        let near = near_compositions(shape, &mut compiler);
        Self { plans: compiler.finish(), near }
    }

    /// The plans whose values come near a composition, and may break it.
    pub(super) fn near(&self, composition: ConstraintId) -> &[ValuePlanId] {
        self.near.get(&composition).map_or(&[], Vec::as_slice)
    }

    /// A valid value, as plain as the constraints allow: required members only, lists as short as they may be, but not empty
    /// where an item is known.
    #[must_use]
    pub fn plain(&self, shape: &Table, node: PlaceId, random: &mut Random) -> Value {
        Draw::new(shape, &self.plans, random, false).value(node, 0)
    }

    /// A value as a real API meets them: optional members present or absent, mostly ordinary texts and numbers, now and then
    /// hostile ones. Nearly always valid, which the caller judges. Members that carry credentials are left out.
    #[must_use]
    pub fn rich(&self, shape: &Table, node: PlaceId, random: &mut Random) -> Value {
        Draw::new(shape, &self.plans, random, true).value(node, 0)
    }

    /// A string for a node: of a wanted length in Unicode scalar values, else of a usual one. Nothing where the node takes no
    /// strings, or none of that length.
    #[must_use]
    pub fn text(&self, shape: &Table, node: PlaceId, length: Option<usize>, random: &mut Random) -> Option<String> {
        let mut draw = Draw::new(shape, &self.plans, random, false);
        let plan = draw.settled(node, 0);
        if let Some(length) = length {
            return plan.text.as_ref()?.of_length(length, draw.random);
        }
        match draw.value(node, 0) {
            Value::String(text) => Some(text),
            _ => plan.text.as_ref().map(|text| text.plain(draw.random)),
        }
    }

    /// What the strings of a node travel in; nothing where it takes none.
    pub(super) fn medium<'g>(&'g self, shape: &'g Table, node: PlaceId) -> Option<&'g Medium> {
        let mut random = Random::new(0);
        let plan = Draw::new(shape, &self.plans, &mut random, false).settled(node, 0);
        plan.text.as_ref().map(Text::medium)
    }

    /// A member name that matches a pattern of an object's node.
    pub(super) fn name_for(&self, node: PlaceId, pattern: &Matcher, random: &mut Random) -> Option<String> {
        let drawn = self.plans[node].members.patterns.iter();
        let mut drawn = drawn.map(|(drawn, _)| drawn.draw(drawn.lengths().0 + 1, Taste::Plain, random));
        let guessed = || GUESSES.into_iter().find(|name| pattern.is_match(name)).map(str::to_owned);
        drawn.find(|name| pattern.is_match(name)).or_else(guessed)
    }
}

fn near_compositions(shape: &Table, compiler: &mut Compiler<'_>) -> HashMap<ConstraintId, Vec<ValuePlanId>> {
    let compositions = || {
        let nodes = shape.nodes.iter().enumerate();
        let stated = nodes.flat_map(|(node, stated)| stated.constraints.iter().map(move |id| (*id, node)));
        stated.filter(|(id, _)| shape.constraints[*id].cause == Cause::Composition)
    };
    if compositions().next().is_none() {
        return HashMap::new();
    }
    let paths = paths(shape);
    let whole = |node: PlaceId| paths[node].as_ref().and_then(|path| path.whole).unwrap_or(node);
    let mut near: Vec<(ConstraintId, PlaceId)> = compositions().collect();
    near.sort_unstable();
    let plans =
        |(id, node): (ConstraintId, PlaceId)| (id, compiler.around(whole(node), node, &shape.constraints[id].keyword));
    near.into_iter().map(plans).collect()
}

/// What each member travels in, and which of them carry credentials.
fn surroundings(operation: &Operation) -> Surroundings {
    let (shape, service) = (operation.input.table(), &operation.service);
    let media = vec![Medium::body(service.codec()), Medium::path(), Medium::header(), Medium::query(service.codec())];
    let mut medium_of = vec![0; shape.nodes.len()];
    let mut credentials = Vec::new();
    for (name, &id) in &shape.root().properties {
        let node = &shape.nodes[id];
        let medium = match node.place {
            Some(Place::Path) => 1,
            Some(Place::Header | Place::HeaderMap) => 2,
            Some(Place::Query | Place::QueryMap) => 3,
            _ => continue,
        };
        below(shape, id, &mut |node| medium_of[node] = medium);
        let header = node.wire.name.as_ref().unwrap_or(name);
        if node.place == Some(Place::Header) && carries_credentials(service, header) {
            credentials.push(id);
        }
    }
    Surroundings { media, medium_of, credentials, familiar: familiar(operation) }
}

fn carries_credentials(service: &Service, header: &str) -> bool {
    service.auth.iter().any(|auth| match auth.scheme {
        AuthScheme::Header => auth.name.eq_ignore_ascii_case(header),
        AuthScheme::Sigv4 | AuthScheme::Authorization => header.eq_ignore_ascii_case("authorization"),
    })
}

/// Visits a node and all that describe parts of its value.
fn below(shape: &Table, root: PlaceId, visit: &mut impl FnMut(PlaceId)) {
    let (mut open, mut seen) = (vec![root], vec![root]);
    while let Some(id) = open.pop() {
        visit(id);
        let node = &shape.nodes[id];
        let branches = &node.branches;
        let singles = [node.values, node.keys, node.items, branches.not, branches.condition, branches.then];
        let more = [branches.otherwise, branches.contains];
        let lists = node.prefix.iter().chain(&node.all_of).chain(&branches.any_of).chain(&branches.one_of).copied();
        let named = node.properties.values().copied().chain(node.patterns.iter().map(|(_, id)| *id));
        for child in singles.into_iter().chain(more).flatten().chain(lists).chain(named) {
            if !seen.contains(&child) {
                seen.push(child);
                open.push(child);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Contract;
    use crate::generate::case::codec;
    use crate::model::Dialect;

    #[test]
    fn plain_inputs_are_valid_and_rich_ones_nearly_always() {
        for operation in Contract::builtin().operations() {
            let generator = Generator::new(operation);
            let (mut random, mut valid) = (Random::new(1), 0);
            for _ in 0..500 {
                let plain = generator.plain(&operation.input, 0, &mut random);
                assert_eq!(operation.input.judge(&plain), [], "{}: {plain}", operation.name);
                let rich = generator.rich(&operation.input, 0, &mut random);
                valid += usize::from(operation.input.judge(&rich).is_empty());
            }
            assert!(valid >= 490, "{}: only {valid} of 500", operation.name);
        }
    }

    /// What is drawn is mostly what the other side reads, in either dialect: little is lost when cases are judged again.
    #[test]
    fn rich_inputs_survive_the_wire() {
        for operation in Contract::builtin().operations() {
            let generator = Generator::new(operation);
            for dialect in [Dialect::Native, Dialect::Documented] {
                let codec = codec(operation, dialect);
                let (mut random, mut valid) = (Random::new(4), 0);
                for _ in 0..300 {
                    let rich = generator.rich(&operation.input, 0, &mut random);
                    let read = codec.decode_request(operation, &codec.encode_request(operation, &rich));
                    let read = read.unwrap_or_else(|error| panic!("{}: {error}: {rich}", operation.name));
                    valid += usize::from(operation.input.judge(&read.input).is_empty() && read.oddities.is_empty());
                }
                assert!(valid >= 290, "{} {}: only {valid} of 300", operation.name, dialect.name());
            }
        }
    }

    #[test]
    fn rich_inputs_have_what_a_real_api_meets() {
        let contract = Contract::builtin();
        let operation = contract.operation("ReplicateBackup").expect("built in");
        let generator = Generator::new(operation);
        let mut random = Random::new(2);
        let drawn: Vec<Value> = (0..3000).map(|_| generator.rich(&operation.input, 0, &mut random)).collect();
        let text = |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let descriptions: Vec<String> = drawn.iter().filter_map(|v| text(v, "/replicate/description")).collect();
        assert!((1000..2000).contains(&descriptions.len()), "an optional member, {} times", descriptions.len());
        let any =
            |what: &str, is: &dyn Fn(&str) -> bool| assert!(descriptions.iter().any(|text| is(text)), "none {what}");
        any("beyond the basic plane", &|text| text.chars().any(|c| c > '\u{ffff}'));
        any("right to left", &|text| text.contains('ש') || text.contains('م'));
        any("with combining marks", &|text| text.contains('\u{301}'));
        any("with outer space", &|text| text.starts_with(' ') || text.ends_with(' '));
        any("with control characters", &|text| text.contains('\u{7}'));
        any("of full length", &|text| text.chars().count() == 255);
        any("empty", &str::is_empty);
        let ordinary = |text: &&String| text.bytes().all(|byte| byte.is_ascii_graphic()) && text.len() < 100;
        let ordinary = descriptions.iter().filter(ordinary).count();
        assert!(ordinary * 10 > descriptions.len() * 6, "{ordinary} of {} are ordinary", descriptions.len());
        for value in &drawn {
            assert!(value.get("X-Auth-Token").is_none(), "credentials are not for drawing");
            let segment = text(value, "/project_id").expect("a path segment");
            let can_be = !["", ".", ".."].contains(&segment.as_str()) && !segment.contains(['/', '\n', '\u{0}']);
            assert!(can_be, "{segment:?}");
            assert!(segment.chars().count() <= 200);
        }
    }

    #[test]
    fn nothing_is_drawn_that_the_codec_does_not_carry() {
        let contract = Contract::builtin();
        let operation = contract.operation("RestoreDBClusterFromS3").expect("built in");
        let generator = Generator::new(operation);
        let mut random = Random::new(2);
        let (mut long, mut odd) = (0, 0);
        for _ in 0..500 {
            let text = generator.rich(&operation.input, 0, &mut random).to_string();
            odd += usize::from(!text.is_ascii());
            long += usize::from(text.len() > 2000);
            assert!(!text.contains("\\u0000") && !text.contains("\\u001b") && !text.contains('\u{fffe}'), "{text}");
        }
        assert!(long > 10 && odd > 100, "{long} long ones and {odd} that are not ASCII");
    }

    /// The same on every platform and at every concurrency: nothing but the seed decides.
    #[test]
    fn the_same_seed_draws_the_same() {
        let contract = Contract::builtin();
        let operation = contract.operation("StartBackupJob").expect("built in");
        let texts = || {
            let (generator, mut random) = (Generator::new(operation), Random::new(42));
            let draw = |_| generator.rich(&operation.input, 0, &mut random).to_string();
            (0..200).map(draw).collect::<Vec<String>>()
        };
        assert_eq!(texts(), texts());
    }

    #[test]
    fn texts_have_the_wanted_length() {
        let contract = Contract::builtin();
        let operation = contract.operation("ReplicateBackup").expect("built in");
        let generator = Generator::new(operation);
        let shape = operation.input.table();
        let node = shape.nodes.iter().position(|node| node.pointer == "/replicate/name").expect("a member");
        let mut random = Random::new(1);
        for length in [1, 2, 64, 65, 1000] {
            let text = generator.text(shape, node, Some(length), &mut random).expect("a text");
            assert_eq!(text.chars().count(), length);
        }
        assert!(generator.text(shape, 0, None, &mut random).is_none(), "an object is no text");
    }
}
