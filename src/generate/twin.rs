//! Twins: a case with its change alone, without it, and once more.

use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use super::case::Case;
use super::confirm::Confirmed;
use super::plan::Plan;
use crate::exchange::{Variation, Verdict, differences, grafted};
use crate::model::Cause;
use crate::random::Random;
use crate::value::pointer;

/// How many times shorter a text is than one that is as long as it may be: short enough by any count of its bytes.
const FEWER: usize = 8;

impl Plan {
    /// The case once more, with fresh members that are fresh again; `time` tells repetitions apart.
    #[must_use]
    pub fn again(&self, case: &Case, time: u64) -> Option<Case> {
        self.like(case, &case.input, case.verdict, time)
    }

    /// The base that a case is a twin of, as a case of its own.
    #[must_use]
    pub fn base_of(&self, case: &Case) -> Option<Case> {
        let base = self.bases().nearest(&case.input)?.into_owned();
        self.like(case, &base, Verdict::Valid { boundary: None }, 0)
    }

    /// The case without its change: what the constraint of its verdict is about is as in the base, or plain where the base
    /// does not have it; what else differs stays. Nothing without a base, and where that is not valid.
    #[must_use]
    pub fn control(&self, case: &Case) -> Option<Case> {
        let base = self.bases().nearest(&case.input)?.into_owned();
        let valid = Verdict::Valid { boundary: None };
        let Some(constraint) = case.verdict.constraint() else { return self.like(case, &base, valid, 1) };
        let member = &self.operation().input.constraints[constraint].member;
        let own = |place: &String| place_is_at(place, member);
        let others = differences(&base, &case.input).into_iter().filter(|place| !own(place));
        let around = others.fold(base.clone(), |input, place| grafted(&input, &case.input, &place));
        let boundaries = self.boundaries();
        let plain = |input: &Value| boundaries.reached(input, constraint, &mut Random::new(1));
        let inputs = [plain(&around), Some(around), plain(&base), Some(base.clone())];
        inputs.into_iter().flatten().find_map(|input| self.like(case, &input, valid, 1))
    }

    /// Of a case whose text is as long as it may be: the same characters, fewer of them. Nothing for other cases, and where
    /// such a text is not valid.
    #[must_use]
    pub fn shorter(&self, case: &Case) -> Option<Case> {
        let Verdict::Valid { boundary: Some(constraint) } = case.verdict else { return None };
        let constraint = &self.operation().input.constraints[constraint];
        let path: Vec<String> = pointer::segments(&constraint.member).collect();
        let text = pointer::first(&case.input, &path).and_then(Value::as_str)?;
        let fewer = text.chars().count() / FEWER;
        if constraint.cause != Cause::Length || fewer == 0 {
            return None;
        }
        let mut input = case.input.clone();
        pointer::set(&mut input, &path, Value::from(text.chars().take(fewer).collect::<String>()));
        self.like(case, &input, Verdict::Valid { boundary: None }, 1)
    }

    /// A case with another input, sent plainly.
    fn like(&self, case: &Case, input: &Value, verdict: Verdict, time: u64) -> Option<Case> {
        let mut random = Random::new(xxh3_64(case.token.to_string().as_bytes()) ^ time);
        let Confirmed { input, request } = self.adjust(input, verdict, &mut random).ok()?;
        let variation = if verdict == case.verdict { case.variation } else { Variation::Plain };
        Some(Case { input, verdict, variation, request, ..case.clone() })
    }
}

/// Whether a place leads to or through what a constraint is about, whose pointer may have `*` for any item or member.
fn place_is_at(place: &str, member: &str) -> bool {
    pointer::segments(place).zip(pointer::segments(member)).all(|(at, wanted)| wanted == "*" || at == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_leads_to_or_through_what_a_constraint_is_about() {
        assert!(place_is_at("/Tags/0/Key", "/Tags/*/Key") && place_is_at("/Tags", "/Tags/*/Key"));
        assert!(!place_is_at("/Other", "/Tags/*/Key"));
    }
}
