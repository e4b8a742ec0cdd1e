//! YAML with places: a text becomes one JSON value and a map from JSON pointers to where they stand.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};
use serde_json::{Map, Number, Value};

use super::error::{SourceText, SpecProblem};
use crate::value::pointer;

/// Longest spec that is read, in bytes.
pub const MAX_SPEC_BYTES: usize = 4 * 1024 * 1024;
/// Deepest nesting of a spec.
const MAX_DEPTH: usize = 100;

/// A parsed text.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The text.
    pub source: Arc<SourceText>,
    /// Its value; members in the order of the text.
    pub value: Value,
    places: HashMap<String, Place>,
}

#[derive(Debug, Clone)]
struct Place {
    key: Range<usize>,
    value: Range<usize>,
}

impl Parsed {
    /// Parses a text that must be one YAML mapping.
    pub fn parse(source: Arc<SourceText>) -> Result<Self, SpecProblem> {
        let problem = |span: Range<usize>, message: String, help: &str| SpecProblem::new(&source, span, message, help);
        if source.text.len() > MAX_SPEC_BYTES {
            return Err(problem(0..0, "the file is too large for a spec".into(), "keep a spec below 4 MiB"));
        }
        let offsets = Offsets::new(&source.text);
        let documents = MarkedYaml::load_from_str(&source.text).map_err(|error| {
            let at = offsets.byte(error.marker().index());
            problem(at..at, format!("not YAML: {}", error.info()), "correct the YAML at this place")
        })?;
        let [root] = documents.as_slice() else {
            return Err(problem(0..0, "not one YAML document".into(), "keep one spec in one file"));
        };
        let mut reader = Reader { offsets: &offsets, places: HashMap::new(), failed: None };
        let value = reader.read(root, &mut String::new(), 0..0, 0);
        let (places, failed) = (reader.places, reader.failed);
        if let Some((span, message)) = failed {
            return Err(problem(span, message, "use plain mappings with text keys, lists and scalars"));
        }
        if !value.is_object() {
            return Err(problem(0..0, "not a mapping".into(), "a spec is a mapping of keys"));
        }
        Ok(Self { source, value, places })
    }

    /// Where the value at a JSON pointer stands; the nearest enclosing place when it does not exist.
    #[must_use]
    pub fn value_span(&self, pointer: &str) -> Range<usize> {
        self.nearest(pointer).map_or(0..0, |place| place.value.clone())
    }

    /// Where the key of a member stands; the value's place for list items.
    #[must_use]
    pub fn key_span(&self, pointer: &str) -> Range<usize> {
        self.nearest(pointer).map_or(0..0, |place| place.key.clone())
    }

    fn nearest(&self, pointer: &str) -> Option<&Place> {
        let mut pointer = pointer;
        loop {
            if let Some(place) = self.places.get(pointer) {
                return Some(place);
            }
            pointer = &pointer[..pointer.rfind('/')?];
        }
    }

    /// A problem at the value of a pointer.
    pub fn problem(&self, pointer: &str, message: impl Into<String>, help: impl Into<String>) -> SpecProblem {
        self.problem_at(self.value_span(pointer), message, help)
    }

    /// A problem at the key of a pointer.
    pub fn key_problem(&self, pointer: &str, message: impl Into<String>, help: impl Into<String>) -> SpecProblem {
        self.problem_at(self.key_span(pointer), message, help)
    }

    fn problem_at(&self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> SpecProblem {
        SpecProblem::new(&self.source, span, message, help)
    }
}

/// Character positions, which the YAML parser counts, as byte positions.
struct Offsets<'t> {
    text: &'t str,
    /// Byte offset of every 64th character.
    every_64th: Vec<usize>,
}

impl<'t> Offsets<'t> {
    fn new(text: &'t str) -> Self {
        let every_64th = text.char_indices().step_by(64).map(|(byte, _)| byte).collect();
        Self { text, every_64th }
    }

    fn byte(&self, character: usize) -> usize {
        let Some(&start) = self.every_64th.get(character / 64) else { return self.text.len() };
        self.text[start..].char_indices().nth(character % 64).map_or(self.text.len(), |(offset, _)| start + offset)
    }
}

struct Reader<'o> {
    offsets: &'o Offsets<'o>,
    places: HashMap<String, Place>,
    failed: Option<(Range<usize>, String)>,
}

impl Reader<'_> {
    fn span(&self, node: &MarkedYaml<'_>) -> Range<usize> {
        self.offsets.byte(node.span.start.index())..self.offsets.byte(node.span.end.index())
    }

    fn fail(&mut self, node: &MarkedYaml<'_>, message: &str) -> Value {
        if self.failed.is_none() {
            self.failed = Some((self.span(node), message.to_owned()));
        }
        Value::Null
    }

    fn read(&mut self, node: &MarkedYaml<'_>, path: &mut String, key: Range<usize>, depth: usize) -> Value {
        if depth > MAX_DEPTH {
            return self.fail(node, "nested too deep");
        }
        let span = self.span(node);
        let key = if key.is_empty() { span.clone() } else { key };
        self.places.insert(path.clone(), Place { key, value: span });
        match &node.data {
            YamlData::Value(scalar) => self.scalar(node, scalar),
            YamlData::Sequence(items) => {
                let items = items.iter().enumerate();
                items.map(|(index, item)| self.member(path, &index.to_string(), item, 0..0, depth)).collect()
            }
            YamlData::Mapping(members) => {
                let mut map = Map::new();
                for (name, member) in members {
                    let YamlData::Value(Scalar::String(text)) = &name.data else {
                        return self.fail(name, "a key that is not text");
                    };
                    let span = self.span(name);
                    let value = self.member(path, text, member, span, depth);
                    map.insert(text.to_string(), value);
                }
                Value::Object(map)
            }
            YamlData::Tagged(..) => self.fail(node, "a YAML tag"),
            YamlData::Alias(_) | YamlData::Representation(..) | YamlData::BadValue => {
                self.fail(node, "a value that YAML cannot read")
            }
        }
    }

    fn member(
        &mut self,
        path: &mut String,
        name: &str,
        node: &MarkedYaml<'_>,
        key: Range<usize>,
        depth: usize,
    ) -> Value {
        let length = path.len();
        pointer::push(path, name);
        let value = self.read(node, path, key, depth + 1);
        path.truncate(length);
        value
    }

    fn scalar(&mut self, node: &MarkedYaml<'_>, scalar: &Scalar<'_>) -> Value {
        match scalar {
            Scalar::Null => Value::Null,
            Scalar::Boolean(value) => Value::Bool(*value),
            Scalar::Integer(value) => Value::Number((*value).into()),
            Scalar::FloatingPoint(value) => match Number::from_f64(value.into_inner()) {
                Some(number) => Value::Number(number),
                None => self.fail(node, "a number that JSON does not have"),
            },
            Scalar::String(text) => Value::String(text.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Parsed, SpecProblem> {
        Parsed::parse(Arc::new(SourceText { name: "t.yaml".into(), text: text.into() }))
    }

    #[test]
    fn keeps_order_and_places() {
        let parsed = parse("zürich: 1\nb:\n  - {x: \"y\"}\n").expect("valid");
        assert_eq!(parsed.value, serde_json::json!({"zürich": 1, "b": [{"x": "y"}]}));
        assert_eq!(&parsed.source.text[parsed.value_span("/b/0/x")], "\"y\"");
        assert_eq!(&parsed.source.text[parsed.key_span("/b/0/x")], "x");
        assert_eq!(&parsed.source.text[parsed.key_span("/zürich")], "zürich");
    }

    #[test]
    fn refuses_what_json_cannot_say() {
        for (text, line) in [("a: 1\na: 2", 2), ("a: .nan", 1), ("- 1", 1), ("a: !x 1", 1), ("1: 2", 1), ("a: [", 1)] {
            let problem = parse(text).expect_err(text);
            assert!(problem.line() <= line + 1, "{text}: {problem}");
        }
    }

    #[test]
    fn bounds_aliases_and_depth() {
        let deep = format!("a: {}1{}", "[".repeat(200), "]".repeat(200));
        assert!(parse(&deep).is_err());
        let level = |level: u32| format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(","));
        let bomb: String = std::iter::once("a0: &a0 [1,1]\n".to_owned()).chain((1..12).map(level)).collect();
        assert!(parse(&bomb).is_err());
    }
}
