//! Nodes to plans: which schemas hold together for a value, and what they come to.

use std::collections::BTreeMap;

use serde_json::Value;

use super::number::Numbers;
use super::regex_gen::Pattern;
use super::text::Text;
use super::value_plan::{List, Members, Named, Surroundings, ValuePlan, ValuePlanId, measure};
use crate::model::{Cause, ConstraintId, JsonType, Node, Occurrence, PlaceId, Table, Types};

/// Most plans beyond those of the nodes; further combinations are drawn from their first schema alone.
const MAX_COMBINED: usize = 8192;

/// The medium of all that does not travel in path, query or headers.
const BODY: usize = 0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    AnyOf,
    OneOf,
    If,
}

/// Schemas that hold together, and the choices among their branches that are made already.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    nodes: Vec<PlaceId>,
    settled: Vec<(PlaceId, Group)>,
}

/// Compiles plans; those of the nodes first.
pub(super) struct Compiler<'s> {
    shape: &'s Table,
    around: &'s Surroundings,
    known: BTreeMap<Key, ValuePlanId>,
    open: Vec<(ValuePlanId, Key)>,
    plans: Vec<ValuePlan>,
}

impl<'s> Compiler<'s> {
    pub fn new(shape: &'s Table, around: &'s Surroundings) -> Self {
        let mut compiler = Self { shape, around, known: BTreeMap::new(), open: Vec::new(), plans: Vec::new() };
        for node in 0..shape.nodes.len() {
            let key = compiler.closed(vec![node], Vec::new());
            compiler.known.entry(key.clone()).or_insert(node);
            compiler.plans.push(ValuePlan::default());
            compiler.open.push((node, key));
        }
        compiler
    }

    /// The plan for values that satisfy all these nodes, whatever branches they have.
    fn bare(&mut self, nodes: Vec<PlaceId>) -> ValuePlanId {
        let groups = self.groups(&nodes);
        self.plan(nodes, groups)
    }

    /// The plans whose values come near a composition of a node, and may break it.
    pub fn around(&mut self, whole: PlaceId, node: PlaceId, keyword: &str) -> Vec<ValuePlanId> {
        let branches = &self.shape.nodes[node].branches;
        let keyword = keyword.rsplit('-').next().unwrap_or_default();
        let added: Vec<Vec<PlaceId>> = match keyword {
            "oneOf" => {
                let after = |index: usize| branches.one_of.get(index + 1..).unwrap_or_default();
                let pairs = branches.one_of.iter().enumerate();
                pairs.flat_map(|(index, first)| after(index).iter().map(|second| vec![*first, *second])).collect()
            }
            "not" => branches.not.map(|not| vec![not]).into_iter().collect(),
            "if" => vec![branches.condition.into_iter().collect(), branches.then.into_iter().collect()],
            _ => Vec::new(),
        };
        let bare = std::iter::once(Vec::new());
        bare.chain(added).map(|added| self.bare(std::iter::once(whole).chain(added).collect())).collect()
    }

    pub fn finish(mut self) -> Vec<ValuePlan> {
        while let Some((id, key)) = self.open.pop() {
            self.plans[id] = self.compile(&key);
        }
        measure(&mut self.plans);
        self.plans
    }

    /// The nodes with everything that `allOf` adds.
    fn closed(&self, mut nodes: Vec<PlaceId>, mut settled: Vec<(PlaceId, Group)>) -> Key {
        let mut next = 0;
        while let Some(node) = nodes.get(next) {
            let parts = self.shape.nodes[*node].all_of.iter().filter(|part| !nodes.contains(part));
            let parts: Vec<PlaceId> = parts.copied().collect();
            nodes.extend(parts);
            next += 1;
        }
        nodes.sort_unstable();
        nodes.dedup();
        settled.sort_unstable();
        settled.dedup();
        Key { nodes, settled }
    }

    fn plan(&mut self, nodes: Vec<PlaceId>, settled: Vec<(PlaceId, Group)>) -> ValuePlanId {
        let first = nodes.first().copied().unwrap_or(0);
        let key = self.closed(nodes, settled);
        if let Some(id) = self.known.get(&key) {
            return *id;
        }
        if self.plans.len() >= self.shape.nodes.len() + MAX_COMBINED {
            return first;
        }
        let id = self.plans.len();
        self.plans.push(ValuePlan::default());
        self.known.insert(key.clone(), id);
        self.open.push((id, key));
        id
    }

    fn groups(&self, nodes: &[PlaceId]) -> Vec<(PlaceId, Group)> {
        let all = |node: &PlaceId| [(*node, Group::AnyOf), (*node, Group::OneOf), (*node, Group::If)];
        self.closed(nodes.to_vec(), Vec::new()).nodes.iter().flat_map(all).collect()
    }

    fn compile(&mut self, key: &Key) -> ValuePlan {
        let choose = self.choose(key);
        if !choose.is_empty() {
            return ValuePlan { choose, ..ValuePlan::default() };
        }
        let nodes: Vec<&Occurrence> = key.nodes.iter().map(|node| &self.shape.nodes[*node]).collect();
        let types = types(&nodes);
        let medium = key.nodes.first().map_or(0, |node| self.around.medium_of[*node]);
        let has = |json_type| types.contains(&json_type);
        let text = has(JsonType::String)
            .then(|| Text::of(self.shape, &nodes, &self.around.media[medium], &self.around.familiar));
        let numbers = has(JsonType::Integer) || has(JsonType::Number);
        let suggested = nodes.iter().flat_map(|node| node.examples.iter().chain(node.default.as_deref()));
        ValuePlan {
            choose,
            choices: choices(&nodes),
            suggested: suggested.filter(|value| !value.is_string()).cloned().collect(),
            numbers: if numbers {
                Numbers::of(&nodes.iter().map(|node| &***node).collect::<Vec<&Node>>())
            } else {
                Numbers::default()
            },
            list: if has(JsonType::Array) { self.list(&nodes) } else { List::default() },
            members: if has(JsonType::Object) { self.members(&nodes, medium) } else { Members::default() },
            checks: checks(self.shape, &nodes, text.as_ref()),
            text,
            types,
            height: 0,
        }
    }

    /// The plans of the first choice that is still to be made.
    fn choose(&mut self, key: &Key) -> Vec<ValuePlanId> {
        for &node in &key.nodes {
            let branches = &self.shape.nodes[node].branches;
            let either = |branch: &PlaceId| vec![*branch];
            let condition = branches.condition.filter(|_| branches.then.is_some() || branches.otherwise.is_some());
            let cases = condition.map(|condition| {
                let when = std::iter::once(condition).chain(branches.then).collect();
                vec![when, branches.otherwise.into_iter().collect()]
            });
            let groups: [(Group, Vec<Vec<PlaceId>>); 3] = [
                (Group::AnyOf, branches.any_of.iter().map(either).collect()),
                (Group::OneOf, branches.one_of.iter().map(either).collect()),
                (Group::If, cases.unwrap_or_default()),
            ];
            for (group, variants) in groups {
                if variants.is_empty() || key.settled.contains(&(node, group)) {
                    continue;
                }
                let settled: Vec<(PlaceId, Group)> = key.settled.iter().copied().chain([(node, group)]).collect();
                let with = |added: Vec<PlaceId>| key.nodes.iter().copied().chain(added).collect();
                return variants.into_iter().map(|added| self.plan(with(added), settled.clone())).collect();
            }
        }
        Vec::new()
    }

    /// The plan of nodes that hold together; nothing when there are none.
    fn all(&mut self, nodes: Vec<PlaceId>) -> Option<ValuePlanId> {
        (!nodes.is_empty()).then(|| self.plan(nodes, Vec::new()))
    }

    fn list(&mut self, nodes: &[&Occurrence]) -> List {
        let limit = |of: fn(&Occurrence) -> Option<u64>| nodes.iter().copied().filter_map(of).map(size);
        let items: Vec<PlaceId> = nodes.iter().filter_map(|node| node.items).collect();
        let longest = nodes.iter().map(|node| node.prefix.len()).max().unwrap_or(0);
        let at =
            |index: usize| nodes.iter().filter_map(|node| node.prefix.get(index).copied().or(node.items)).collect();
        let prefix = (0..longest).filter_map(|index| self.all(at(index))).collect();
        let contains = nodes.iter().filter_map(|node| {
            let among = items.iter().copied().chain(node.branches.contains).collect();
            node.branches.contains.map(|_| (among, size(node.limits.min_contains.unwrap_or(1))))
        });
        let contains: Vec<(Vec<PlaceId>, usize)> = contains.collect();
        let contained: usize = contains.iter().map(|(_, count)| count).sum();
        List {
            least: limit(|node| node.limits.min_items).max().unwrap_or(0).max(contained),
            most: limit(|node| node.limits.max_items).min(),
            prefix,
            contains: contains.into_iter().filter_map(|(among, count)| Some((self.all(among)?, count))).collect(),
            item: self.all(items),
            unique: nodes.iter().any(|node| node.limits.unique_items),
        }
    }

    fn members(&mut self, nodes: &[&Occurrence], medium: usize) -> Members {
        let limit = |of: fn(&Occurrence) -> Option<u64>| nodes.iter().copied().filter_map(of).map(size);
        let named = self.named(nodes);
        let media = &self.around.media[medium];
        let values: Vec<PlaceId> = nodes.iter().filter_map(|node| node.values).collect();
        let keys: Vec<PlaceId> = nodes.iter().filter_map(|node| node.keys).collect();
        // In a query or in headers, names are of the protocol.
        let free = keys.is_empty() && !values.is_empty() && medium == BODY;
        let patterns = nodes.iter().flat_map(|node| &node.patterns);
        let patterns = patterns
            .filter(|(name, _)| name.is_linear())
            .filter_map(|(name, id)| Some((Pattern::parse(name.as_str(), media)?, *id)));
        Members {
            named,
            patterns: patterns.collect(),
            free_keys: free.then(|| Text::of(self.shape, &[], media, &[])),
            values: self.all(values),
            keys: self.all(keys),
            least: limit(|node| node.limits.min_properties).max().unwrap_or(0),
            most: limit(|node| node.limits.max_properties).min(),
            open: nodes.iter().all(|node| !node.limits.closed),
        }
    }

    fn named(&mut self, nodes: &[&Occurrence]) -> Vec<Named> {
        let all = member_names(nodes);
        let needs = |name: &str| {
            let needs = nodes.iter().filter_map(|node| node.limits.dependent_required.get(name)).flatten();
            needs.filter_map(|needed| all.iter().position(|known| *known == needed.as_str())).collect()
        };
        let named = all.iter().map(|name| {
            let schemas: Vec<PlaceId> = nodes.iter().flat_map(|node| schemas_of(node, name)).collect();
            Named {
                name: (*name).to_owned(),
                required: nodes.iter().any(|node| node.limits.required.iter().any(|required| required == name)),
                credential: schemas.iter().any(|schema| self.around.credentials.contains(schema)),
                plan: self.all(schemas),
                needs: needs(name),
            }
        });
        named.collect()
    }
}

/// The names that schemas of an object speak of, without those that one of them refuses.
fn member_names<'s>(nodes: &[&'s Occurrence]) -> Vec<&'s str> {
    let described = nodes.iter().flat_map(|node| node.properties.keys());
    let required = nodes.iter().flat_map(|node| &node.limits.required);
    let dependent = nodes.iter().flat_map(|node| &node.limits.dependent_required);
    let dependent = dependent.flat_map(|(name, needs)| std::iter::once(name).chain(needs));
    let mut names: Vec<&str> = Vec::new();
    for name in described.chain(required).chain(dependent) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names.retain(|name| nodes.iter().all(|node| !node.limits.closed || describes(node, name)));
    names
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn describes(node: &Occurrence, name: &str) -> bool {
    node.properties.contains_key(name) || node.patterns.iter().any(|(regex, _)| regex.is_match(name))
}

/// The schemas that an object's schema has for a member.
fn schemas_of(node: &Occurrence, name: &str) -> Vec<PlaceId> {
    let matching = node.patterns.iter().filter(|(regex, _)| regex.is_match(name)).map(|(_, id)| *id);
    let own: Vec<PlaceId> = node.properties.get(name).copied().into_iter().chain(matching).collect();
    if own.is_empty() { node.values.into_iter().collect() } else { own }
}

/// The types that all schemas allow; where none says, those that their other keywords are about.
fn types(nodes: &[&Occurrence]) -> Vec<JsonType> {
    const ORDER: [JsonType; 7] = [
        JsonType::Object,
        JsonType::Array,
        JsonType::String,
        JsonType::Integer,
        JsonType::Number,
        JsonType::Boolean,
        JsonType::Null,
    ];
    let together = nodes.iter().try_fold(Types::default(), |types, node| types.and(node.types)).unwrap_or_default();
    if !together.is_empty() {
        return ORDER.into_iter().filter(|json_type| together.contains(*json_type)).collect();
    }
    let any = |says: fn(&Occurrence) -> bool| nodes.iter().any(|node| says(node));
    if any(speaks_of_objects) {
        vec![JsonType::Object]
    } else if any(|node| node.items.is_some() || !node.prefix.is_empty() || node.branches.contains.is_some()) {
        vec![JsonType::Array]
    } else if any(|node| {
        node.limits.minimum.is_some() || node.limits.maximum.is_some() || node.limits.multiple_of.is_some()
    }) {
        vec![JsonType::Number]
    } else {
        vec![JsonType::String, JsonType::Integer, JsonType::Boolean]
    }
}

fn speaks_of_objects(node: &Occurrence) -> bool {
    !node.properties.is_empty()
        || !node.limits.required.is_empty()
        || node.values.is_some()
        || !node.patterns.is_empty()
}

/// The values that every list of values has.
fn choices(nodes: &[&Occurrence]) -> Vec<Value> {
    let mut lists = nodes.iter().map(|node| &node.limits.choices).filter(|choices| !choices.is_empty());
    let mut choices = lists.next().cloned().unwrap_or_default();
    let first = choices.clone();
    lists.for_each(|list| choices.retain(|value| list.contains(value)));
    if choices.is_empty() { first } else { choices }
}

/// The constraints that drawing does not guarantee.
fn checks(shape: &Table, nodes: &[&Occurrence], text: Option<&Text>) -> Vec<ConstraintId> {
    let several = nodes.len() > 1;
    let exact = text.is_none_or(|text| text.exact);
    let open = |id: &ConstraintId| match shape.constraints[*id].cause {
        Cause::Type => false,
        Cause::Required | Cause::Enum | Cause::UnknownMember => several,
        Cause::Pattern | Cause::Format => several || !exact,
        _ => true,
    };
    nodes.iter().flat_map(|node| node.constraints.iter().copied().filter(open)).collect()
}
