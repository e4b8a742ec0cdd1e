//! XML by its canonical form: names, namespace declarations, attributes, children and text.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::compare::same_text;

/// Element of a query response that carries the request id; vectors leave it out.
const METADATA: &str = "ResponseMetadata";

#[derive(Debug, Default, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    text: String,
    children: Vec<Element>,
}

/// Whether two documents say the same.
pub fn same(expected: &str, actual: &str) -> Result<bool, String> {
    let (expected, mut actual) = (parse(expected)?, parse(actual)?);
    if expected.children.iter().all(|child| child.name != METADATA) {
        actual.children.retain(|child| child.name != METADATA);
    }
    Ok(equal(&expected, &actual))
}

/// The text of the first element of a name, if the text is XML and has one.
pub fn text_of(document: &str, name: &str) -> Option<String> {
    fn find<'e>(element: &'e Element, name: &str) -> Option<&'e Element> {
        if element.name == name {
            return Some(element);
        }
        element.children.iter().find_map(|child| find(child, name))
    }
    find(&parse(document).ok()?, name).map(|element| element.text.clone())
}

/// Members of a structure come in any order, elements of one name in theirs.
fn equal(left: &Element, right: &Element) -> bool {
    let ordered = |element: &Element| {
        let mut children: Vec<Element> = element.children.clone();
        children.sort_by(|left, right| left.name.cmp(&right.name));
        children
    };
    let (below_left, below_right) = (ordered(left), ordered(right));
    left.name == right.name
        && left.attributes == right.attributes
        && same_text(&left.text, &right.text)
        && below_left.len() == below_right.len()
        && below_left.iter().zip(&below_right).all(|(left, right)| equal(left, right))
}

fn parse(document: &str) -> Result<Element, String> {
    let mut reader = Reader::from_str(document);
    reader.config_mut().expand_empty_elements = true;
    let mut open = vec![Element::default()];
    loop {
        let event = reader.read_event().map_err(|error| format!("not XML: {error}"))?;
        let top = open.last_mut().ok_or("not XML: an element too many is closed")?;
        match event {
            Event::Start(start) => open.push(element(&start)?),
            Event::End(_) => {
                let done = trimmed(open.pop().unwrap_or_default());
                open.last_mut().ok_or("not XML: an element too many is closed")?.children.push(done);
            }
            Event::Text(text) => top.text.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().map_err(|error| error.to_string())?;
                let named = || quick_xml::escape::resolve_predefined_entity(&reference).map(str::to_owned);
                let text = character.map(String::from).or_else(named);
                top.text.push_str(&text.ok_or("not XML: an unknown entity")?);
            }
            Event::CData(text) => top.text.push_str(&text),
            Event::Eof => break,
            _ => {}
        }
    }
    let document = open.pop().unwrap_or_default();
    document.children.into_iter().next().ok_or_else(|| "not XML: no element".to_owned())
}

/// Without white space that only sets elements apart.
fn trimmed(mut element: Element) -> Element {
    let laid_out = element.text.contains('\n') || !element.children.is_empty();
    if laid_out && element.text.trim().is_empty() {
        element.text.clear();
    }
    element
}

fn element(start: &BytesStart<'_>) -> Result<Element, String> {
    let attributes = start.attributes().map(|attribute| {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value =
            attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
        Ok((attribute.key.into_inner().to_owned(), value.into_owned()))
    });
    let name = start.name().into_inner().to_owned();
    Ok(Element { name, attributes: attributes.collect::<Result<_, String>>()?, ..Element::default() })
}
