//! `body-empty`: there is no body.

use super::{Base, Probe, Seen, Shot, Source};
use crate::model::Cause;

/// The probe.
pub struct BodyEmpty;

const PAGE: &str = "\
# body-empty

## What it does

Sends a valid request without its body, the content type kept.

## Why it matters

Some clients send nothing where they mean an empty object, and proxies lose bodies. What reads
the body first finds null where it expects members.

## Example

An empty body is answered with `500`. Due is the error for the first member that is missing.

## Remedy

Read no body as an input without members, and let the constraints speak; or refuse it as a body
that cannot be read.

## When it is a note

When the members that are missing are required by an observed or assumed source only.
";

impl Probe for BodyEmpty {
    fn name(&self) -> &'static str {
        "body-empty"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let required = base.required();
        let request = base.with_body("");
        if !base.has_body() {
            return None;
        }
        let at_root: Vec<usize> = required.iter().filter(|(_, path)| path.len() == 1).map(|(id, _)| *id).collect();
        let Some(first) = at_root.first().map(|id| &base.operation.input.constraints[*id]) else {
            return Some(Shot::answered(request));
        };
        let mut causes = vec![Cause::MalformedBody];
        causes.extend((base.has_form() && base.naming().is_some()).then_some(Cause::MissingAction));
        let source = Source::cited(&first.citations, first.strength);
        Some(Shot::refused(request, &causes, source).breaking(at_root))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        seen.request.body().is_empty()
            && seen.request.headers().contains_key("content-type")
            && seen.request.uri().query().is_none()
    }
}
