//! Trying a claim again before it is told: the base, the change alone, and the same request without the change.

use super::shrink::{Smallest, find};
use super::wire::{Judgement, Wire};
use super::{Send, show};
use crate::check;
use crate::exchange::{Reply, Verdict, differences};
use crate::generate::{Case, Plan};
use crate::model::Strength;
use crate::report::Comparison;

/// How often a change is made again at least, and where that shows it only sometimes.
const TIMES: [u64; 2] = [2, 4];

/// What a further try shows.
enum Sight {
    /// The same complaint.
    Same,
    /// Another answer.
    Other,
    /// Nothing: what the first time made may stand in the way, or no answer came.
    Nothing,
}

/// Makes the change of a claim again, and looks whether the server accepts the request without it. What is left of the
/// complaint is trusted as far as that allows.
pub async fn try_again<S: Send>(wire: &Wire<S>, plan: &Plan, code: &str, claim: &mut Smallest) -> Comparison {
    let mut found = Comparison { seen: 1, tried: 1, ..Comparison::default() };
    let needs_base = check::by_code(code).is_some_and(check::Check::needs_base);
    if !matches!(claim.case.verdict, Verdict::Refused { .. } | Verdict::Probe { .. }) {
        compare_with_base(wire, plan, needs_base, &claim.case, &mut found).await;
    }
    if needs_base && found.doubt.is_none() {
        blame_length(wire, plan, claim, &mut found).await;
    }
    for (round, times) in TIMES.into_iter().enumerate() {
        if round > 0 && found.seen == found.tried {
            break;
        }
        let before = if round == 0 { 0 } else { TIMES[round - 1] };
        for time in before..times {
            match look(wire, plan, code, claim, time + 1).await {
                Sight::Same => {
                    found.seen += 1;
                    found.tried += 1;
                }
                Sight::Other => found.tried += 1,
                Sight::Nothing => {}
            }
        }
    }
    if needs_base && found.doubt.is_none() && found.seen * 2 < found.tried {
        found.doubt = Some("made again, the change is mostly answered otherwise".to_owned());
    }
    if found.doubt.is_some() {
        claim.complaint.strength = claim.complaint.strength.max(Strength::Assumed);
    }
    found
}

/// Where the same characters, fewer of them, are accepted, the length alone is to blame, and the bound alone is what the
/// complaint rests on.
async fn blame_length<S: Send>(wire: &Wire<S>, plan: &Plan, claim: &mut Smallest, found: &mut Comparison) {
    let Some(shorter) = plan.shorter(&claim.case) else { return };
    let judged = wire.judge(&shorter).await;
    if is_refused(&judged) {
        found.doubt = Some("a shorter text of the same characters is refused too".to_owned());
    } else if judged.accepted
        && let Some(bound) = claim.case.verdict.constraint().map(|id| &claim.case.operation.input.constraints[id])
    {
        claim.complaint.strength = bound.strength;
        claim.complaint.disputed = bound.disputed;
    }
}

/// Makes the change once more.
async fn look<S: Send>(wire: &Wire<S>, plan: &Plan, code: &str, claim: &Smallest, time: u64) -> Sight {
    let Some(case) = plan.again(&claim.case, time) else { return Sight::Nothing };
    let Judgement { reply, environmental, complaints, .. } = wire.judge(&case).await;
    if find(complaints, code, &claim.case, &claim.complaint).is_some() {
        return Sight::Same;
    }
    if environmental.is_some() || reply.is_err() { Sight::Nothing } else { Sight::Other }
}

/// Sends the base, and the case without its change where that is another request.
async fn compare_with_base<S: Send>(
    wire: &Wire<S>,
    plan: &Plan,
    needs_base: bool,
    case: &Case,
    found: &mut Comparison,
) {
    let Some(base) = plan.base_of(case) else { return };
    found.change = differences(&base.input, &case.input);
    if found.change.is_empty() {
        return;
    }
    let judged = wire.judge(&base).await;
    let answer = judged.reply.as_ref().ok().map(|reply| show::response(wire, &base, reply));
    found.base = [show::request(wire, &base)].into_iter().chain(answer).collect();
    if !needs_base {
        return;
    }
    if is_refused(&judged) {
        found.doubt = Some("the base is not accepted any more".to_owned());
        return;
    }
    let Some(control) = plan.control(case).filter(|control| control.input != base.input) else { return };
    let judged = wire.judge(&control).await;
    if is_refused(&judged) {
        let status = judged.reply.as_ref().ok().map(|Reply { response, .. }| response.status().as_u16());
        let answered = status.map_or("not answered".to_owned(), |status| format!("answered with {status}"));
        found.doubt = Some(format!("the same request without the change is {answered} too"));
    }
}

/// Whether a valid input is not taken, for another reason than what is there already.
fn is_refused(judged: &Judgement) -> bool {
    !judged.accepted && judged.environmental.is_none()
}
