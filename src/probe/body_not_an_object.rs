//! `body-not-an-object`: the body is JSON, but no object.

use super::body::{json, text};

use super::{Base, Probe, Seen, Shot, Source};
use crate::model::Cause;

/// The probe.
pub struct BodyNotAnObject;

const PAGE: &str = "\
# body-not-an-object

## What it does

Sends a list, the object in a list, a text, a number and null in place of a JSON object.

## Why it matters

A parser takes each of them. What comes next asks for members by name, and fails in a place that
has no error of its own.

## Example

`[]` is answered with `500`. Due is an error of the caller's.

## Remedy

Look at the kind of the value before its members are read.

## When it is a note

When a required member is missing from what could be read as nothing, by an observed or assumed
source only.
";

impl Probe for BodyNotAnObject {
    fn name(&self) -> &'static str {
        "body-not-an-object"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &["list", "list-of-one", "text", "number", "null"]
    }

    fn shot(&self, form: &str, base: &Base<'_>) -> Option<Shot> {
        let members = base.members()?;
        let body = match form {
            "list" => "[]".to_owned(),
            "list-of-one" => format!("[{}]", json(&members)),
            "text" => "\"text\"".to_owned(),
            "number" => "7".to_owned(),
            _ => "null".to_owned(),
        };
        let request = base.with_body(body);
        let at_root: Vec<usize> =
            base.required().iter().filter(|(_, path)| path.len() == 1).map(|(id, _)| *id).collect();
        let Some(first) = at_root.first().map(|id| &base.operation.input.constraints[*id]) else {
            return Some(Shot::answered(request));
        };
        let source = Source::cited(&first.citations, first.strength);
        Some(Shot::refused(request, &[Cause::MalformedBody, Cause::Type], source).breaking(at_root))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        text(seen.request) == "[]"
            || text(seen.request).starts_with("[{")
            || ["\"text\"", "7", "null"].contains(&text(seen.request))
    }
}
