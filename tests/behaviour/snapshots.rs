//! What a reviewer sees of a change: for each operation and dialect the contract as it was read, the coverage cases with
//! their verdicts, and the exchanges with the mock at the edges of each constraint.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::{Duration, SystemTime};

use accordant::Contract;
use accordant::exchange::Reply;
use accordant::generate::{Case, Expected, Phase, Plan, Variation, Verdict};
use accordant::judge::{Credentials, Signer, Target, Wire};
use accordant::mock::Mock;
use accordant::model::Dialect;
use accordant::snapshot::{Masks, Selected, render, select};
use xxhash_rust::xxh3::xxh3_64;

use crate::approved_in;

/// What is reviewed of an operation in a dialect.
const KINDS: [&str; 3] = ["contract", "coverage", "exchanges"];
/// Where they are.
const FOLDER: &str = "snapshots/operations";

/// The names of the snapshots that this file compares.
pub fn names() -> BTreeSet<String> {
    let plans = plans(&Contract::builtin()).into_iter();
    plans.flat_map(|plan| KINDS.map(|kind| name(kind, &plan))).collect()
}

fn name(kind: &str, plan: &Plan) -> String {
    format!("{kind}_{}_{}", plan.operation().name, plan.dialect().name())
}

fn plans(contract: &Contract) -> Vec<Plan> {
    let dialects =
        |documented: bool| if documented { &[Dialect::Native, Dialect::Documented][..] } else { &[Dialect::Native] };
    let operations = contract.operations().iter();
    let spoken = operations.flat_map(|operation| {
        dialects(operation.documented.is_some()).iter().map(move |dialect| Plan::new(operation, *dialect))
    });
    spoken.collect()
}

/// All cases of a phase that are sent.
fn cases(plan: &Plan, phase: Phase) -> impl Iterator<Item = (u64, Case)> + '_ {
    (0..plan.count(phase, 0)).filter_map(move |index| Some((index, plan.case(phase, 0, index)?.ok()?)))
}

/// What is reviewed of a contract, by name.
fn texts(contract: &Contract, kinds: &[&str]) -> BTreeMap<String, String> {
    let mock = Mock::new(contract.clone());
    let mut texts = BTreeMap::new();
    for plan in plans(contract) {
        for kind in kinds {
            let text = match *kind {
                "contract" => contract_of(&plan),
                "coverage" => coverage_of(&plan),
                _ => exchanges_of(&mock, &plan),
            };
            texts.insert(name(kind, &plan), text);
        }
    }
    texts
}

fn compare(kind: &str) {
    for (name, text) in texts(&Contract::builtin(), &[kind]) {
        approved_in(FOLDER, || insta::assert_snapshot!(name, text));
    }
}

#[test]
fn contracts_read_as_approved() {
    compare("contract");
}

#[test]
fn coverage_is_as_approved() {
    compare("coverage");
}

#[test]
fn exchanges_are_as_approved() {
    compare("exchanges");
}

/// A reviewer sees one changed bound in what is reviewed of that operation, and nowhere else.
#[test]
fn one_changed_bound_shows_where_it_must_and_nowhere_else() {
    let contract = Contract::builtin();
    let written = contract.texts();
    let changed = written.iter().map(|text| {
        let mut text = (**text).clone();
        if text.name.ends_with("start-backup-job.yaml") {
            assert_eq!(text.text.matches("minimum: 60\n").count(), 1);
            text.text = text.text.replace("minimum: 60\n", "minimum: 50\n");
        }
        text
    });
    let changed = Contract::from_texts(changed).expect("specs");
    // Exchanges are those of the coverage cases.
    let (before, after) = (texts(&contract, &KINDS[..2]), texts(&changed, &KINDS[..2]));
    let names = before.iter().filter(|(name, text)| after[*name] != **text).map(|(name, _)| name.as_str());
    let names: Vec<&str> = names.collect();
    let expected = [
        "contract_StartBackupJob_documented",
        "contract_StartBackupJob_native",
        "coverage_StartBackupJob_documented",
        "coverage_StartBackupJob_native",
    ];
    assert_eq!(names, expected);
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<String>>();
    let (old, new) = (lines(&before[names[1]]), lines(&after[names[1]]));
    let difference: Vec<&String> = old.symmetric_difference(&new).collect();
    assert_eq!(difference.len(), 2, "{difference:?}");
}

fn coverage_of(plan: &Plan) -> String {
    let mut text = String::new();
    for phase in [Phase::Examples, Phase::Coverage] {
        let mut runs: Vec<(u64, u64, String)> = Vec::new();
        for (index, case) in cases(plan, phase) {
            let verdict = verdict(&case);
            match runs.last_mut().filter(|(.., last, before)| *before == verdict && last + 1 == index) {
                Some((_, last, _)) => *last = index,
                None => runs.push((index, index, verdict)),
            }
        }
        for (first, last, verdict) in runs {
            let numbers = if first == last { first.to_string() } else { format!("{first} to {last}") };
            line(&mut text, format_args!("{} {numbers}: {verdict}", phase.name()));
        }
    }
    text
}

/// The exchanges that `accordant snapshot` would record of the mock: the first of each kind and cause in full, so that
/// a person can review them; of every other one its status and a hash, so that no change of it goes unseen. Those that
/// changed are read in full with `accordant snapshot`.
fn exchanges_of(mock: &Mock, plan: &Plan) -> String {
    let signer = Signer::new(Credentials::dummy(), "us-east-1").expect("a region");
    let wire = Wire::new((), "localhost".to_owned(), signer, &Target::default());
    let masks = Masks::new(plan.operation(), plan.dialect(), &[]);
    let (mut text, mut others, mut shown) = (String::new(), String::new(), BTreeSet::new());
    for Selected { title, case, .. } in select(plan, &[Phase::Examples, Phase::Coverage], 0, 0) {
        let mut request = case.request.clone();
        if case.dialect == Dialect::Native {
            wire.signer.authorize(&case.operation.service, &mut request, &wire.host, SystemTime::UNIX_EPOCH);
        }
        let reply = Reply { response: mock.answer(&request).response, elapsed: Duration::ZERO };
        let exchange = render(&wire, plan, &masks, &case, &Ok(reply));
        if shown.insert(kind_and_cause(&title, &case)) {
            line(&mut text, format_args!("## {title}\n{exchange}"));
        } else {
            let status = exchange.lines().find_map(|line| line.strip_prefix("HTTP ")?.get(..3)).unwrap_or_default();
            line(&mut others, format_args!("{title}: {status} {:08x}", xxh3_64(exchange.as_bytes()) >> 32));
        }
    }
    if !others.is_empty() {
        line(&mut text, format_args!("## others: status, and hash of request and answer\n{others}"));
    }
    text
}

/// What cases have in common that differ in the member only: "invalid length". Examples have nothing in common.
fn kind_and_cause(title: &str, case: &Case) -> String {
    let Some(id) = case.verdict.constraint() else { return title.to_owned() };
    format!("{} {}", case.kind(), case.operation.input.constraints[id].cause.name())
}

/// The contract of an operation as a person would read it.
fn contract_of(plan: &Plan) -> String {
    let operation = plan.operation();
    let documented = operation.documented.as_ref().filter(|_| plan.dialect() == Dialect::Documented);
    let (method, path) =
        documented.map_or((&operation.http.method, &operation.http.path), |shown| (&shown.method, &shown.path));
    let mut text = format!(
        "{} ({}, {})\n{method} {path}\n\nConstraints\n",
        operation.name,
        operation.service.name,
        plan.dialect().name()
    );
    for constraint in &operation.input.constraints {
        let cited: Vec<String> = constraint.citations.iter().map(ToString::to_string).collect();
        let disputed = if constraint.disputed { ", disputed" } else { "" };
        let error = constraint.reaction.link().map_or("no error is known".to_owned(), |link| {
            let error = &operation.errors.all[link.error];
            format!("{} {} ({:?})", error.status, error.code, link.strength)
        });
        line(&mut text, format_args!("  {}\n    {}", constraint.id, constraint.statement()));
        line(&mut text, format_args!("    {} ({:?}{disputed})\n    {error}", cited.join(", "), constraint.strength));
    }
    text.push_str("\nErrors\n");
    for error in &operation.errors.all {
        let cited: Vec<String> = error.citations.iter().map(ToString::to_string).collect();
        line(&mut text, format_args!("  {} {} ({:?}): {}", error.status, error.code, error.kind, cited.join(", ")));
    }
    text
}

fn verdict(case: &Case) -> String {
    let about = match case.verdict {
        Verdict::Refused { cause } => format!(" {}", cause.name()),
        verdict => {
            verdict.constraint().map(|id| format!(" {}", case.operation.input.constraints[id].id)).unwrap_or_default()
        }
    };
    let variation = match case.variation {
        Variation::Plain => "",
        Variation::NoCredentials => ", without credentials",
        Variation::OtherMethod => ", with another method",
        Variation::Twice => ", twice",
    };
    let due = match case.expected() {
        Expected::Success { status } => status.to_string(),
        Expected::Refusal(refusal) => refusal.to_string(),
        Expected::Unknown => "not known".to_owned(),
    };
    format!("{}{about}{variation}: {due}", case.kind())
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    writeln!(text, "{arguments}").expect("memory");
}
