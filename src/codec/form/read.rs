//! Pairs as an input.
//!
//! Level by level, the parameters of one member or item are brought together, in the order that the schema or their numbers
//! give, and read by its schema. Nothing is made of them but the value itself.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::Pairs;
use crate::codec::{MAX_DEPTH, Oddity, Rejection, text};
use crate::model::{JsonType, Node, NodeId, Shape, TimestampFormat};

/// Most segments that the names of all parameters may have together: each may become a value, which takes many times its bytes.
const MAX_SEGMENTS: usize = 50_000;

/// Reads pairs as an input of a schema. Parameters for which `skip` is true belong to the protocol.
pub fn to_value(
    shape: &Shape,
    mut pairs: Pairs<'_>,
    skip: impl Fn(&str) -> bool,
) -> Result<(Value, Vec<Oddity>), Rejection> {
    let mut parameters = Vec::with_capacity(pairs.len());
    let are_many = pairs.iter().map(|(name, _)| 1 + name.len()).sum::<usize>() > MAX_SEGMENTS;
    let mut total = 0;
    for (name, value) in &mut pairs {
        if skip(name) {
            continue;
        }
        // What is short cannot have too many.
        if are_many || name.len() >= MAX_DEPTH {
            let segments = 1 + name.bytes().filter(|byte| *byte == b'.').count();
            total += segments;
            if segments > MAX_DEPTH || total > MAX_SEGMENTS {
                return Err(Rejection::malformed("the parameters are too many or nested too deep"));
            }
        }
        parameters.push(Parameter { name, value, at: 0, next: 0, part: None });
    }
    let mut reader = Reader { shape, oddities: Vec::new() };
    let input = reader.object(shape.root(), &mut parameters);
    Ok((input, reader.oddities))
}

/// A parameter on its way down the schema.
struct Parameter<'p, 't> {
    name: &'p str,
    /// Taken when it is read.
    value: &'p mut Cow<'t, str>,
    /// Where the segment begins that is read on this level; past the end of the name where there is none left.
    at: usize,
    /// Where the one after it begins.
    next: usize,
    /// The part of this level that it belongs to: a member by its place in the schema, an item by its number; nothing
    /// where the schema has no such part.
    part: Option<u64>,
}

impl Parameter<'_, '_> {
    /// Whether the name ends above this level.
    fn is_whole(&self) -> bool {
        self.at > self.name.len()
    }

    /// The segment of this level, once its end was found.
    fn segment(&self) -> &str {
        &self.name[self.at..self.next - 1]
    }

    fn find_part(&mut self, part: impl Fn(&str) -> Option<u64>) {
        let rest = &self.name.as_bytes()[self.at..];
        self.next = self.at + rest.iter().position(|byte| *byte == b'.').unwrap_or(rest.len()) + 1;
        self.part = part(self.segment());
    }
}

/// Brings the parameters of each part together, those of none first.
fn arrange(parameters: &mut [Parameter<'_, '_>], part: impl Fn(&str) -> Option<u64>) {
    for parameter in parameters.iter_mut() {
        parameter.find_part(&part);
    }
    // Most clients send them in the order of the schema.
    if !parameters.is_sorted_by_key(|parameter| parameter.part) {
        parameters.sort_by_key(|parameter| parameter.part);
    }
}

/// Those of no part, and the others.
fn split_unknown<'a, 'p, 't>(
    parameters: &'a mut [Parameter<'p, 't>],
) -> (&'a mut [Parameter<'p, 't>], &'a mut [Parameter<'p, 't>]) {
    let unknown = parameters.iter().take_while(|parameter| parameter.part.is_none()).count();
    parameters.split_at_mut(unknown)
}

fn are_of_one_part(left: &Parameter<'_, '_>, right: &Parameter<'_, '_>) -> bool {
    left.part == right.part
}

/// Goes down to the next segment.
fn enter(parameters: &mut [Parameter<'_, '_>]) {
    for parameter in parameters {
        parameter.at = parameter.next;
    }
}

struct Reader<'s> {
    shape: &'s Shape,
    oddities: Vec<Oddity>,
}

impl<'s> Reader<'s> {
    fn read(&mut self, id: NodeId, parameters: &mut [Parameter<'_, '_>]) -> Option<Value> {
        let node = &self.shape.nodes[id];
        let types = node.types;
        let object = types.contains(JsonType::Object);
        let array = types.contains(JsonType::Array);
        let (whole, inside) = self.split_whole(parameters);
        match whole {
            // `Tags=` is the empty list, also beside its items.
            Some(text) if inside.is_empty() || !(object || array) => {
                arrange(inside, |_| None);
                self.unknown(inside);
                if is_unclear(node, &text) {
                    self.oddities.push(Oddity::Unclear);
                }
                Some(match text.is_empty() {
                    true if array => Value::Array(Vec::new()),
                    true if object => Value::Object(Map::new()),
                    _ => text::parse(node, text, TimestampFormat::DateTime),
                })
            }
            _ if array => Some(self.array(node, inside)),
            _ if object && node.properties.is_empty() && node.values.is_some() => Some(self.map(node, inside)),
            _ if object => Some(self.object(node, inside)),
            _ => {
                arrange(inside, |_| None);
                self.unknown(inside);
                None
            }
        }
    }

    /// The text of the parameter whose name ends here, and those whose names go on. Of several that end here the first one
    /// stands.
    fn split_whole<'a, 'p, 't>(
        &mut self,
        parameters: &'a mut [Parameter<'p, 't>],
    ) -> (Option<Cow<'t, str>>, &'a mut [Parameter<'p, 't>]) {
        let goes_on = |parameter: &Parameter<'_, '_>| !parameter.is_whole();
        if !parameters.is_sorted_by_key(goes_on) {
            parameters.sort_by_key(goes_on);
        }
        let middle = parameters.partition_point(Parameter::is_whole);
        let (whole, inside) = parameters.split_at_mut(middle);
        let mut whole = whole.iter_mut();
        let text = whole.next().map(|first| std::mem::take(first.value));
        self.oddities.extend(whole.map(|again| Oddity::Duplicate(again.name.to_string())));
        (text, inside)
    }

    fn object(&mut self, node: &'s Node, parameters: &mut [Parameter<'_, '_>]) -> Value {
        let shape = self.shape;
        arrange(parameters, |name| member_on_wire(shape, node, name));
        let (unknown, known) = split_unknown(parameters);
        self.unknown(unknown);
        let mut members = Map::with_capacity(known.chunk_by(are_of_one_part).count());
        for member in known.chunk_by_mut(are_of_one_part) {
            let place = member[0].part.and_then(|place| usize::try_from(place).ok());
            let Some((name, id)) = place.and_then(|place| node.properties.get_index(place)) else { continue };
            enter(member);
            if let Some(value) = self.read(*id, member) {
                members.insert(name.clone(), value);
            }
        }
        Value::Object(members)
    }

    /// Items by their number; gaps close up, and no number costs more than another.
    fn array(&mut self, node: &Node, parameters: &mut [Parameter<'_, '_>]) -> Value {
        let wrapper = (!node.wire.flattened).then(|| node.wire.item.as_deref().unwrap_or("member"));
        let numbered = self.numbered(wrapper, parameters);
        let Some(items) = node.items else { return Value::Array(Vec::new()) };
        numbered.chunk_by_mut(are_of_one_part).filter_map(|item| self.read(items, item)).collect()
    }

    fn map(&mut self, node: &Node, parameters: &mut [Parameter<'_, '_>]) -> Value {
        let wrapper = (!node.wire.flattened).then(|| node.wire.item.as_deref().unwrap_or("entry"));
        let key = node.wire.key.as_deref().unwrap_or("key");
        let value = node.wire.value.as_deref().unwrap_or("value");
        let mut members = Map::new();
        for entry in self.numbered(wrapper, parameters).chunk_by_mut(are_of_one_part) {
            let (_, entry) = self.split_whole(entry);
            arrange(entry, |name| if name == key { Some(0) } else { (name == value).then_some(1) });
            let (unknown, known) = split_unknown(entry);
            self.unknown(unknown);
            enter(known);
            let keys = known.partition_point(|parameter| parameter.part == Some(0));
            let (keys, held) = known.split_at_mut(keys);
            let name = self.split_whole(keys).0;
            if let (Some(name), false, Some(values)) = (name, held.is_empty(), node.values)
                && let Some(value) = self.read(values, held)
            {
                members.insert(name.into_owned(), value);
            }
        }
        Value::Object(members)
    }

    /// The numbered parameters in the order of their numbers, below the wrapper name if there is one.
    fn numbered<'a, 'p, 't>(
        &mut self,
        wrapper: Option<&str>,
        parameters: &'a mut [Parameter<'p, 't>],
    ) -> &'a mut [Parameter<'p, 't>] {
        let mut list = parameters;
        if let Some(wrapper) = wrapper {
            arrange(list, |name| (name == wrapper).then_some(0));
            let (unknown, inside) = split_unknown(list);
            self.unknown(unknown);
            enter(inside);
            list = self.split_whole(inside).1;
        }
        arrange(list, number);
        let (unknown, numbered) = split_unknown(list);
        self.unknown(unknown);
        enter(numbered);
        numbered
    }

    /// Parameters of which this level has no part: each segment is told once.
    fn unknown(&mut self, parameters: &mut [Parameter<'_, '_>]) {
        if parameters.is_empty() {
            return;
        }
        parameters.sort_by(|left, right| (left.segment(), left.name).cmp(&(right.segment(), right.name)));
        let again = parameters.windows(2).filter(|pair| pair[0].name == pair[1].name);
        self.oddities.extend(again.map(|pair| Oddity::Duplicate(pair[1].name.to_string())));
        let segments = parameters.chunk_by(|left, right| left.segment() == right.segment());
        self.oddities.extend(segments.map(|same| Oddity::Unknown(same[0].segment().to_owned())));
    }
}

/// The number of an item; `01` and `+1` would be second names of `1`.
fn number(segment: &str) -> Option<u64> {
    segment.parse().ok().filter(|number| *number > 0 && !segment.starts_with(['0', '+']))
}

/// Whether a text may be another parameter, none at all, or what it is not written as: lists and objects are the names of what
/// is inside of them, a number or a boolean has no empty text, and XML Schema takes 1 and 0 for booleans.
fn is_unclear(node: &Node, text: &str) -> bool {
    let types = node.types;
    let composite = types.contains(JsonType::Object) || types.contains(JsonType::Array);
    let textual = types.is_empty() || types.contains(JsonType::String);
    let digit = types.contains(JsonType::Boolean) && matches!(text, "0" | "1");
    !textual && (composite != text.is_empty() || digit)
}

/// The place of the member that a name on the wire stands for.
fn member_on_wire(shape: &Shape, node: &Node, name: &str) -> Option<u64> {
    let renamed = |id: &NodeId| shape.nodes[*id].wire.name.as_deref();
    let plain = node.properties.get_full(name).filter(|(_, _, id)| !node.renames || renamed(id).is_none());
    let place = match plain {
        Some((place, ..)) => Some(place),
        None if node.renames => node.properties.values().position(|id| renamed(id) == Some(name)),
        None => None,
    };
    place.map(|place| place as u64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::codec::form::parse;

    fn read(text: &str) -> (Value, Vec<Oddity>) {
        let contract = crate::Contract::builtin();
        let operation = contract.operation("RestoreDBClusterFromS3").expect("built in");
        let pairs = parse(text.as_bytes()).expect("well formed");
        to_value(&operation.input, pairs, |name| name == "Action").expect("within bounds")
    }

    #[test]
    fn tells_mistakes_from_what_may_be_another_parameter_or_none() {
        let oddities = |text: &str| read(text).1;
        for unclear in ["Tags=7", "Tags.Tag.1=7", "ServerlessV2ScalingConfiguration=x", "Port=", "StorageEncrypted="] {
            assert_eq!(oddities(unclear), [Oddity::Unclear], "{unclear}");
        }
        for clear in ["Tags=", "Port=x", "StorageEncrypted=maybe", "DatabaseName="] {
            assert_eq!(oddities(clear), [], "{clear}");
        }
    }

    #[test]
    fn refuses_names_that_are_too_deep_or_too_many() {
        let contract = crate::Contract::builtin();
        let operation = contract.operation("RestoreDBClusterFromS3").expect("built in");
        let is_read = |text: &str| {
            let pairs = parse(text.as_bytes()).expect("well formed");
            to_value(&operation.input, pairs, |_| false).is_ok()
        };
        let deep = |segments: usize| vec!["a"; segments].join(".");
        assert!(is_read(&deep(MAX_DEPTH)) && !is_read(&deep(MAX_DEPTH + 1)));
        let many = |parameters: usize| vec!["a.b"; parameters].join("&");
        assert!(is_read(&many(MAX_SEGMENTS / 2)) && !is_read(&many(MAX_SEGMENTS / 2 + 1)));
    }

    #[test]
    fn parameters_may_come_in_any_order() {
        let value = json!({
            "DatabaseName": "d",
            "Tags": [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": ""}],
            "Port": 7,
            "TagSpecifications": [{"ResourceType": "r", "Tags": [{"Key": "e"}, {"Key": "f"}]}],
        });
        let mut pairs = [
            "Action=x",
            "DatabaseName=d",
            "Tags=",
            "Tags.Tag.2.Key=a",
            "Tags.Tag.2.Value=b",
            "Tags.Tag.10.Key=c",
            "Tags.Tag.10.Value=",
            "Port=7",
            "TagSpecifications.item.1.ResourceType=r",
            "TagSpecifications.item.1.Tags.Tag.9.Key=e",
            "TagSpecifications.item.1.Tags.Tag.18446744073709551615.Key=f",
        ];
        for _ in 0..pairs.len() {
            assert_eq!(read(&pairs.join("&")), (value.clone(), Vec::new()));
            pairs.reverse();
            assert_eq!(read(&pairs.join("&")), (value.clone(), Vec::new()));
            pairs.reverse();
            pairs.rotate_left(1);
        }
    }

    #[test]
    fn what_comes_twice_or_is_nobodys_is_told_once() {
        let duplicate = |name: &str| Oddity::Duplicate(name.to_owned());
        let unknown = |name: &str| Oddity::Unknown(name.to_owned());
        for (text, value, oddities) in [
            ("Port=1&Tags=&Port=2", json!({"Tags": [], "Port": 1}), vec![duplicate("Port")]),
            ("Y.1=a&X=b&Y.2=c&Y.1=d", json!({}), vec![duplicate("Y.1"), unknown("X"), unknown("Y")]),
            ("Port.x.y=1&Port.x.z=2", json!({}), vec![unknown("x")]),
            ("Port=1&Port.x=2", json!({"Port": 1}), vec![unknown("x")]),
            ("Tags.Tag.01.Key=a&Tags.Tag.+1.Key=b", json!({"Tags": []}), vec![unknown(" 1"), unknown("01")]),
            ("Tags.x=1&Tags.Tag.0.Key=a", json!({"Tags": []}), vec![unknown("x"), unknown("0")]),
            ("Tags.Tag.1.=a", json!({"Tags": [{}]}), vec![unknown("")]),
            ("Tags.=a", json!({"Tags": []}), vec![unknown("")]),
        ] {
            assert_eq!(read(text), (value, oddities), "{text}");
        }
    }
}
