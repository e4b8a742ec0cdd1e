//! Explanations: of a check, of a finding by its title, of an operation's constraints, outputs and envelope, and of the
//! sources that they cite.

mod source;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt::Write;
use std::sync::Arc;

use crate::check::{self, Check, Party};
use crate::contract::Contract;
use crate::generate::Boundaries;
use crate::model::citation::strength_of;
use crate::model::{
    BoundaryValue, Cause, Citation, Constraint, ConstraintId, Edges, Grounds, Occurrence, Operation, Reaction, Strength,
};
use crate::probe::{self, Probe};
use crate::spec::ContractError;
use crate::text::similar;

/// Most values that are shown of one side of a boundary.
const SHOWN: usize = 12;
/// Most operations whose constraints are counted in a list of all: they are compiled for it.
const MOST_COUNTED: usize = 100;

/// Why there is nothing to say of a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// It is neither a check, a probe nor an operation.
    #[error(
        "there is neither a check, a probe nor an operation {name}; `accordant explain` lists the checks and probes; {hint}"
    )]
    Unknown {
        /// The name.
        name: String,
        /// The names that come near, or the operations that there are.
        hint: String,
    },
    /// The operation has no such member.
    #[error("{operation} has no member {pointer}; {hint}")]
    NoMember {
        /// The operation.
        operation: String,
        /// The pointer that leads nowhere.
        pointer: String,
        /// What may have been meant.
        hint: String,
    },
    /// The member has no such constraint.
    #[error("{operation} has no constraint {id}; {hint}")]
    NoConstraint {
        /// The operation.
        operation: String,
        /// The id that there is not.
        id: String,
        /// What may have been meant.
        hint: String,
    },
}

/// What there is to say of a name: the code of a check, a probe, an operation, a member as `OPERATION/MEMBER`, a constraint as
/// `OPERATION/MEMBER#KEYWORD`, a rule of outputs or a fact of the envelope as `OPERATION@NAME`, a citation as
/// `SOURCE:LOCATOR`, with an operation before it where several cite one, or a finding by its title.
///
/// # Errors
/// [`ExplainError`] when the name is none of these.
pub fn explain(contract: &Contract, name: &str) -> Result<String, ExplainError> {
    if let Some(check) = check::by_code(name) {
        return Ok(format!("{}\n", check.page().trim()));
    }
    if let Some(probe) = probe::by_name(name) {
        return Ok(format!("{}\n", probe.page().trim()));
    }
    if let Some((page, place)) = title_of(name) {
        let place = Some(place).filter(|place| place.contains(['/', '#', '@']));
        let explained = place.and_then(|place| explain(contract, &place).ok());
        return Ok(explained.unwrap_or_else(|| format!("{}\n", page.trim())));
    }
    if let Some(text) = source::explain(contract, name) {
        return Ok(text);
    }
    let (operation, rest) = operation_of(contract, name)?;
    if rest.is_empty() {
        return Ok(constraints(operation));
    }
    if let Some(fact) = rest.strip_prefix('@') {
        return of_outputs(operation, fact).ok_or_else(|| no_constraint(operation, rest));
    }
    if !rest.contains('#') {
        let node = operation.input.place(rest).or_else(|| operation.output.place(rest));
        return node.map(|node| member(operation, node)).ok_or_else(|| no_member(operation, rest));
    }
    let constraint = operation.input.constraints.iter().position(|constraint| constraint.id == rest);
    let of_output = || operation.output.constraints.iter().find(|constraint| constraint.id == rest);
    let missing = || no_constraint(operation, rest);
    let page = constraint.map(|id| page(operation, &OnceCell::new(), id));
    page.or_else(|| of_output().map(|constraint| page_of_output(operation, constraint))).ok_or_else(missing)
}

/// What a title, `CODE: OPERATION PLACE`, is about: the page of the check or probe, and the place as it can be explained. That of a root cause says
/// after a comma where else it is.
fn title_of(title: &str) -> Option<(&'static str, String)> {
    let (code, rest) = title.split_once(": ")?;
    let (place, _) = rest.split_once(", ").unwrap_or((rest, ""));
    let page = check::by_code(code).map(Check::page).or_else(|| probe::by_name(code).map(Probe::page))?;
    Some((page, place.split_whitespace().collect()))
}

/// A rule of outputs, or a fact of the envelope.
fn of_outputs(operation: &Operation, name: &str) -> Option<String> {
    let rule = operation.output_rules.iter().find(|rule| rule.id == name).map(|rule| (&*rule.says, &rule.citations));
    let envelope = operation.service.envelope.iter().find(|(fact, _)| fact.name() == name);
    let (says, citations) = rule.or(envelope.map(|(fact, citations)| (fact.says(), citations)))?;
    let mut text = format!("{}@{name}\n\n{}.\n\n", operation.label, says.trim_end_matches('.'));
    sourced(&mut text, operation, citations, strength_of(citations));
    Some(text)
}

/// The page of a constraint of the output.
fn page_of_output(operation: &Operation, constraint: &Constraint) -> String {
    let says = constraint.statement();
    let mut text = format!("{}{}\n\nIn outputs: {}.\n\n", operation.label, constraint.id, says.trim_end_matches('.'));
    sourced(&mut text, operation, &constraint.citations, constraint.strength);
    if constraint.cause == Cause::Required && constraint.strength > Strength::Model {
        line(&mut text, format_args!("Where no answer of a run has the member, that is a finding all the same."));
    }
    text
}

/// Where a fact about answers comes from, and what that means for who departs from it.
fn sourced(text: &mut String, operation: &Operation, citations: &[Citation], trusted: Strength) {
    for citation in citations {
        line(text, format_args!("Source: {}", titled(operation, citation)));
    }
    line(text, format_args!("Strength: {}", strength(trusted)));
    if trusted > Strength::Model {
        line(text, format_args!("Departures are notes, unless --strict, since nothing documents it."));
    }
}

/// The operation that a name begins with, bare or in full, and the rest of the name.
fn operation_of<'c, 'n>(contract: &'c Contract, name: &'n str) -> Result<(&'c Arc<Operation>, &'n str), ExplainError> {
    const ENDS: [char; 3] = ['/', '#', '@'];
    let end = name.find(ENDS).unwrap_or(name.len());
    let second = name[end..].get(1..).and_then(|rest| rest.find(ENDS)).map_or(name.len(), |at| end + 1 + at);
    let in_full = contract.row_in_any_case(&name[..second]).ok().filter(|_| second > end).map(|row| (row, second));
    let bare = || contract.row_in_any_case(&name[..end]).map(|row| (row, end));
    let found = in_full.map_or_else(bare, Ok).and_then(|(row, end)| Ok((contract.operation_at(row)?, &name[end..])));
    found.map_err(|error| unknown(&name[..end], &error))
}

fn unknown(name: &str, error: &ContractError) -> ExplainError {
    let parties = [Party::Server, Party::Client, Party::Run];
    let codes = parties.into_iter().flat_map(check::of).map(Check::code);
    let codes = similar(name, codes.chain(probe::PROBES.iter().map(|probe| probe.name())));
    let hint = match error {
        _ if !codes.is_empty() => format!("did you mean {}?", codes.join(" or ")),
        ContractError::UnknownOperation { hint, .. } => hint.clone(),
        other => other.to_string(),
    };
    ExplainError::Unknown { name: name.to_owned(), hint }
}

fn no_member(operation: &Operation, pointer: &str) -> ExplainError {
    let shapes = [operation.input.table(), operation.output.table()];
    let mut near: Vec<&str> = shapes.into_iter().flat_map(|shape| shape.near(pointer)).collect();
    near.dedup();
    let near: Vec<String> = near.into_iter().take(5).map(|near| format!("{}{near}", operation.label)).collect();
    let hint = if near.is_empty() {
        format!("`accordant spec show {}` lists its members", operation.label)
    } else {
        format!("did you mean {}?", near.join(" or "))
    };
    ExplainError::NoMember { operation: operation.label.clone(), pointer: pointer.to_owned(), hint }
}

fn no_constraint(operation: &Operation, id: &str) -> ExplainError {
    let label = &operation.label;
    let hint = match similar(id, operation.input.constraints.iter().map(|stated| stated.id.as_str())).as_slice() {
        [] => format!("`accordant explain {label}` lists those there are"),
        near => {
            format!("did you mean {}?", near.iter().map(|id| format!("{label}{id}")).collect::<Vec<_>>().join(" or "))
        }
    };
    ExplainError::NoConstraint { operation: label.clone(), id: id.to_owned(), hint }
}

/// What a member is, and every constraint on it or below it.
fn member(operation: &Arc<Operation>, node: &Occurrence) -> String {
    let types = if node.types.is_empty() { "anything".to_owned() } else { node.types.to_string() };
    let mut text = format!("{}{}: {types}\n", operation.label, node.pointer);
    if let Some(description) = &node.description {
        line(&mut text, format_args!("  {description}"));
    }
    if let Some(place) = node.place {
        line(&mut text, format_args!("  travels in: {}", format!("{place:?}").to_lowercase()));
    }
    if node.sensitive {
        line(&mut text, format_args!("  sensitive: never shown in clear"));
    }
    if let Some(default) = &node.default {
        line(&mut text, format_args!("  default: {default}"));
    }
    for citation in node.citations.iter() {
        line(&mut text, format_args!("  source: {}", titled(operation, citation)));
    }
    let prefix = format!("{}/", node.pointer);
    let mut about = operation
        .input
        .constraints
        .iter()
        .enumerate()
        .filter(|(_, constraint)| constraint.member == node.pointer || constraint.member.starts_with(&prefix))
        .peekable();
    let of_output = operation.output.constraints.iter();
    let mut of_output = of_output
        .filter(|constraint| constraint.member == node.pointer || constraint.member.starts_with(&prefix))
        .filter(|_| operation.input.place(&node.pointer).is_none())
        .peekable();
    if about.peek().is_none() && of_output.peek().is_none() {
        line(&mut text, format_args!("  nothing constrains it"));
    }
    for constraint in of_output {
        text.push('\n');
        text.push_str(&page_of_output(operation, constraint));
    }
    let boundaries = OnceCell::new();
    for (id, _) in about {
        text.push('\n');
        text.push_str(&page(operation, &boundaries, id));
    }
    text
}

fn titled(operation: &Operation, citation: &Citation) -> String {
    source::title(operation, &citation.source).map_or(citation.to_string(), |title| format!("{citation} ({title})"))
}

/// What can be explained.
#[must_use]
pub fn contents(contract: &Contract) -> String {
    let mut text = String::from("Checks:\n");
    list(&mut text, pages(check::of(Party::Server)));
    text.push_str("\nChecks of clients:\n");
    list(&mut text, pages(check::of(Party::Client).chain(check::of(Party::Run))));
    text.push_str("\nProbes:\n");
    list(&mut text, probe::PROBES.iter().map(|probe| (probe.name(), probe.page())));
    text.push_str("\nConstraints: OPERATION lists those of an operation, OPERATION/MEMBER#KEYWORD explains one:\n");
    let index = contract.index();
    if index.operations.len() > MOST_COUNTED {
        (0..index.operations.len()).for_each(|row| line(&mut text, format_args!("  {}", index.label(row))));
        return text;
    }
    for operation in contract.operations() {
        line(&mut text, format_args!("  {} ({} constraints)", operation.label, operation.input.constraints.len()));
    }
    text
}

/// The codes of checks, with their pages.
fn pages(
    checks: impl Iterator<Item = &'static dyn Check> + Clone,
) -> impl Iterator<Item = (&'static str, &'static str)> + Clone {
    checks.map(|check| (check.code(), check.page()))
}

/// Lists names with the first sentences of their pages.
fn list(text: &mut String, pages: impl Iterator<Item = (&'static str, &'static str)> + Clone) {
    let width = pages.clone().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, page) in pages {
        line(text, format_args!("  {name:<width$}  {}", first_sentence(page)));
    }
}

fn constraints(operation: &Operation) -> String {
    let mut text = format!("Constraints of {}:\n", operation.label);
    for constraint in &operation.input.constraints {
        line(&mut text, format_args!("  {}{}\n      {}", operation.label, constraint.id, constraint.statement()));
    }
    let rules = operation.output_rules.iter().map(|rule| (&*rule.id, &*rule.says));
    let envelope = operation.service.envelope.keys().map(|fact| (fact.name(), fact.says()));
    let mut facts = rules.chain(envelope).peekable();
    if facts.peek().is_some() {
        line(&mut text, format_args!("Facts about its answers:"));
    }
    for (name, says) in facts {
        line(&mut text, format_args!("  {}@{name}\n      {says}", operation.label));
    }
    text
}

/// What lies on both sides of a constraint's boundary. Of rules and compositions, what was seen to be there; of all
/// others, their kind knows.
fn edges<'b>(operation: &Arc<Operation>, boundaries: &'b OnceCell<Boundaries>, id: ConstraintId) -> Cow<'b, Edges> {
    let constraint = &operation.input.constraints[id];
    if matches!(constraint.cause, Cause::Rule | Cause::Composition) {
        // Made when a constraint needs it, since that takes time.
        Cow::Borrowed(boundaries.get_or_init(|| Boundaries::of(operation)).edges(id))
    } else {
        Cow::Owned(constraint.test.edges())
    }
}

/// The page of a constraint.
fn page(operation: &Arc<Operation>, boundaries: &OnceCell<Boundaries>, id: ConstraintId) -> String {
    let constraint = &operation.input.constraints[id];
    let mut text =
        format!("{}{}\n\n{}.\n\n", operation.label, constraint.id, constraint.statement().trim_end_matches('.'));
    line(&mut text, format_args!("Source: {} ({})", cited(&constraint.citations), strength(constraint.strength)));
    reaction(&mut text, operation, &constraint.reaction);
    if constraint.disputed {
        line(&mut text, format_args!("Sources disagree on it, so that departures are notes, unless --strict:"));
        let about = |dispute: &&crate::model::DisputeSpec| dispute.about.contains(&constraint.id);
        for dispute in operation.disputes.iter().filter(about) {
            line(&mut text, format_args!("  {}: {}", dispute.fact, dispute.others));
        }
    } else if constraint.strength > Strength::Model {
        line(&mut text, format_args!("Departures are notes, unless --strict, since nothing documents it."));
    } else if constraint.reaction.grounds().is_some_and(|(_, strength)| strength > Strength::Model) {
        line(&mut text, format_args!("{}", doubtful(&constraint.reaction)));
    }
    let edges = edges(operation, boundaries, id);
    side(&mut text, "Just valid:", &edges.inside);
    side(&mut text, "Just broken:", &edges.outside);
    text
}

/// What breaking a constraint must cause, at the level that it is known.
fn reaction(text: &mut String, operation: &Operation, reaction: &Reaction) {
    let said = |grounds: &Grounds| format!("{} ({})", cited(&grounds.citations), strength(grounds.strength));
    match reaction {
        Reaction::Code(link) => {
            let error = &operation.errors.all[link.error];
            line(text, format_args!("Error: {} {}", error.status, error.code));
            line(text, format_args!("  that it is this one: {} ({})", cited(&link.citations), strength(link.strength)));
            line(text, format_args!("  its status: {} ({})", cited(&error.citations), strength(error.strength)));
        }
        Reaction::Declared(grounds) => {
            line(text, format_args!("Error: any validation error that the operation declares"));
            line(text, format_args!("  that it is one of these: {}", said(grounds)));
        }
        Reaction::AnyClientError(grounds) => {
            line(text, format_args!("Error: any client error (400 to 499) in the protocol's shape"));
            line(text, format_args!("  that it is one of these: {}", said(grounds)));
        }
        Reaction::Unknown => {
            line(text, format_args!("Error: not known; a request that breaks this is judged by its form only"));
        }
    }
}

/// What follows where it is only observed or assumed how a broken constraint is refused.
fn doubtful(reaction: &Reaction) -> &'static str {
    match reaction {
        Reaction::Code(_) => {
            "Not enforcing it is a finding; another declared error in this one's place is a note, unless --strict."
        }
        Reaction::Declared(_) => "Not enforcing it is a finding; any other error is a note, unless --strict.",
        Reaction::AnyClientError(_) | Reaction::Unknown => "Not enforcing it is a finding.",
    }
}

fn side(text: &mut String, title: &str, values: &[BoundaryValue]) {
    if values.is_empty() {
        return;
    }
    line(text, format_args!("{title}"));
    let mut lines: Vec<String> = values.iter().map(BoundaryValue::words).collect();
    lines.dedup();
    for words in lines.iter().take(SHOWN) {
        line(text, format_args!("  {words}"));
    }
    if lines.len() > SHOWN {
        line(text, format_args!("  … and {} more", lines.len() - SHOWN));
    }
}

fn cited(citations: &[Citation]) -> String {
    let texts: Vec<String> = citations.iter().map(ToString::to_string).collect();
    if texts.is_empty() { "none".to_owned() } else { texts.join(", ") }
}

fn strength(strength: Strength) -> &'static str {
    match strength {
        Strength::Documented => "documented",
        Strength::Model => "by the service's model",
        Strength::Observed => "observed",
        Strength::Assumed => "assumed",
    }
}

/// The first sentence of a page, without its title.
fn first_sentence(page: &str) -> String {
    let lines = page.trim().lines().skip_while(|line| line.trim().is_empty() || line.starts_with('#'));
    let paragraph: Vec<&str> = lines.take_while(|line| !line.trim().is_empty()).collect();
    let paragraph = paragraph.join(" ");
    paragraph.split_once(". ").map_or(paragraph.trim_end_matches('.'), |(first, _)| first).to_owned()
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    let _ = writeln!(text, "{arguments}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_of_a_root_cause_is_explained_by_its_first_place() {
        let contract = Contract::builtin();
        let title = "invalid-accepted: CopyDBClusterSnapshot /Tags/*#tag-key-prefix, and in 2 places more";
        let place = explain(&contract, "CopyDBClusterSnapshot/Tags/*#tag-key-prefix").expect("a constraint");
        assert_eq!(explain(&contract, title).expect("a page"), place);
        let member = explain(&contract, "invalid-accepted: CopyDBClusterSnapshot validates nothing in /Tags");
        assert!(member.expect("a page").starts_with("# invalid-accepted\n"));
        let probe = explain(&contract, "credentials-garbage: StartBackupJob, in 2 operations");
        assert!(probe.is_ok_and(|page| page.starts_with("# credentials-garbage\n")));
    }
}
