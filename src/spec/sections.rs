//! Some keys of a spec, read without the rest of it: what an index needs of a file of 30 KB stands in 20 lines.
//!
//! YAML's own rule makes that safe: what belongs to a key of a block mapping at the left margin is indented, be it a
//! scalar of many lines, a block, or a flow collection (YAML 1.2, sections 7.4 and 8.2); only the items of a list may
//! stand at the margin, each behind its hyphen. So a text whose lines at the margin are all keys, items, comments
//! or empty can be cut there. Whatever looks otherwise is parsed as a whole, and so is a part that does not parse alone,
//! because it refers to an anchor elsewhere. A text that breaks the rule is no YAML, which its first use shows.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::error::{SourceText, SpecProblem};
use super::yaml::Parsed;

/// The values of some keys of a spec; keys that it does not have are absent.
///
/// # Errors
/// What is wrong with the text, as far as it was read.
pub(super) fn pick(source: &Arc<SourceText>, keys: &[&str]) -> Result<Map<String, Value>, SpecProblem> {
    let part = part(&source.text, keys).map(|text| SourceText { name: source.name.clone(), text });
    if let Some(Ok(Parsed { value: Value::Object(members), .. })) = part.map(|part| Parsed::parse(Arc::new(part))) {
        return Ok(members);
    }
    match Parsed::parse(Arc::clone(source))?.value {
        Value::Object(mut members) => {
            members.retain(|name, _| keys.contains(&name.as_str()));
            Ok(members)
        }
        _ => Ok(Map::new()),
    }
}

/// The lines of some keys; nothing where the text cannot be cut at its margin.
fn part(text: &str, keys: &[&str]) -> Option<String> {
    let mut part = String::new();
    let mut wanted = None;
    for line in text.split_inclusive('\n') {
        match line.as_bytes().first()? {
            b' ' | b'\n' | b'\r' | b'#' => {}
            b'-' if wanted.is_some() && line.starts_with("- ") => {}
            _ => wanted = Some(keys.contains(&plain_key(line)?)),
        }
        if wanted == Some(true) {
            part.push_str(line);
        }
    }
    wanted.is_some().then_some(part)
}

/// The key at the beginning of a line, when it is a plain word with a colon behind it.
fn plain_key(line: &str) -> Option<&str> {
    let (key, rest) = line.split_once(':')?;
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'-');
    let ends = rest.starts_with([' ', '\n', '\r']) || rest.is_empty();
    (ends && !key.starts_with('-') && !key.is_empty() && key.bytes().all(is_word)).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const KEYS: [&str; 3] = ["operation", "http", "aliases"];

    fn read(text: &str) -> Value {
        let source = Arc::new(SourceText { name: "t.yaml".into(), text: text.into() });
        pick(&source, &KEYS).map_or_else(|problem| json!(problem.message), Value::Object)
    }

    #[test]
    fn takes_the_keys_and_leaves_the_rest_unread() {
        let text = "# c\noperation: A\nsummary: [broken\n\n  operation: B\nhttp:\n  path: /x\n  # c\n\naliases:\n- C\n- D\nz: 1\n";
        assert!(part(text, &KEYS).is_some());
        assert_eq!(read(text), json!({"operation": "A", "http": {"path": "/x"}, "aliases": ["C", "D"]}));
    }

    #[test]
    fn whatever_is_written_otherwise_is_read_as_a_whole() {
        for text in [
            "---\noperation: A\nhttp: {path: /x}\n",
            "\"operation\": A\nhttp:\n  path: /x\n",
            "{operation: A,\n  http: {path: /x}}\n",
            "  operation: A\n  http:\n    path: /x\n",
            "z: &p {path: /x}\noperation: A\nhttp: *p\n",
            "? operation\n: A\nhttp: {path: /x}\n",
        ] {
            assert_eq!(read(text), json!({"operation": "A", "http": {"path": "/x"}}), "{text}");
        }
    }

    /// Texts in which the margin lies: what seems to be a key is inside of a value. All of them are no YAML.
    #[test]
    fn no_yaml_has_anything_else_at_its_margin() {
        for text in [
            "operation: A\nsummary: \"x\nhttp: y\"\n",
            "operation: A\nsummary: 'x\nhttp: y'\n",
            "operation: A\nsummary: {\nhttp: y }\n",
            "operation: A\nsummary: [\nhttp: y ]\n",
        ] {
            let source = Arc::new(SourceText { name: "t.yaml".into(), text: text.into() });
            assert!(Parsed::parse(source).is_err(), "{text}");
        }
    }

    #[test]
    fn a_text_in_a_block_is_no_key() {
        let text = "operation: A\nsummary: |\n  http: no\n\n  aliases: no\ncite: >-\n  x\n\n\nhttp: {path: /x}\n";
        assert_eq!(read(text), json!({"operation": "A", "http": {"path": "/x"}}));
    }
}
