//! `accordant cases`: prints cases without sending them.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::process::ExitCode;

use accordant::generate::{Case, CaseKind, Expected, Phase, Plan, Refusal, Shard, Verdict};
use accordant::model::Dialect;
use accordant::report::{render_curl, shell_word};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::Failure;
use super::in_order::each_in_order;
use super::output::Output;
use super::selection::{DialectFlag, PhaseFlag, Selection, numbered, phases, some_cases};

/// Options of `accordant cases`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    selection: Selection,
    /// Only this phase; may be given several times
    #[arg(long, value_enum, value_name = "PHASE")]
    phase: Vec<PhaseFlag>,
    /// Only cases of this kind; may be given several times
    #[arg(long, value_enum, value_name = "KIND")]
    kind: Vec<KindFlag>,
    /// Random cases for each operation
    #[arg(short = 'n', long, value_name = "N", default_value_t = RANDOM)]
    cases: u64,
    /// Seed of the random phase
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Only a part of the cases: I/N
    #[arg(long, value_name = "I/N", default_value_t = Shard::WHOLE)]
    shard: Shard,
    /// Which protocol
    #[arg(long, value_enum, default_value_t = DialectFlag::Native)]
    dialect: DialectFlag,
    /// How a case is written
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
    /// Print the covering rule and how many cases there are, instead of the cases
    #[arg(long)]
    count: bool,
    /// With --count: in which ways each constraint is broken and sat on
    #[arg(long, requires = "count")]
    verbose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum KindFlag {
    /// Must succeed
    Valid,
    /// Must succeed, and sits on a boundary
    Boundary,
    /// Must be refused
    Invalid,
    /// Must come to what a probe claims
    Probe,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One JSON object per line: operation, token, verdict, input, request
    Jsonl,
    /// One curl command per line, without credentials
    Curl,
    /// The request as HTTP/1.1
    Http,
}

/// Random cases for each operation when nobody says how many.
pub const RANDOM: u64 = 300;

/// Runs the subcommand. Operations are planned one after the other, and none is kept: a contract may have very many.
pub fn run(options: &Options) -> Result<ExitCode, Failure> {
    some_cases(options.cases)?;
    let contract = options.selection.contract()?;
    let dialect = Dialect::from(options.dialect);
    let rows = options.selection.rows(&contract, dialect)?;
    let phases = phases(&options.phase);
    numbered(&phases, options.cases, rows.len())?;
    let mut out = Output::new();
    if options.count {
        rule(&mut out).map_err(Failure::io("cannot write"))?;
    }
    let plan = |row: &usize| contract.operation_for_once(*row).ok().map(|operation| Plan::new(&operation, dialect));
    let (mut total, mut printed) = (0, 0);
    let failed = each_in_order(&rows, plan, |plan| {
        let Some(plan) = plan else { return ControlFlow::Continue(()) };
        let written = if options.count {
            count(options, &phases, &plan, &mut out).map(|count| printed += count)
        } else {
            print(options, &phases, &plan, total, &mut out).map(|count| printed += count)
        };
        total += phases.iter().map(|phase| plan.count(*phase, options.cases)).sum::<u64>();
        match written {
            Ok(()) if out.is_closed() => ControlFlow::Break(Ok(())),
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(Err(error)),
        }
    });
    failed.unwrap_or(Ok(())).map_err(Failure::io("cannot write"))?;
    if options.count {
        writeln!(out, "{total} cases in all").map_err(Failure::io("cannot write"))?;
    }
    out.finish()?;
    if printed == 0 {
        return Err(Failure::Nothing("no case matches; --count shows how many there are".into()));
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the covering rule.
fn rule(out: &mut Output) -> io::Result<()> {
    writeln!(out, "examples  those of the spec")?;
    writeln!(
        out,
        "coverage  each constraint broken in each way its kind knows, and sat on at each boundary (each value of an"
    )?;
    writeln!(
        out,
        "          enum is one); each two optional members both present, both absent, and each without the other;"
    )?;
    writeln!(out, "          one request without credentials, one with another method, one sent twice")?;
    writeln!(out, "random    by the seed: half valid, an eighth on a boundary, the rest broken in one place")?;
    writeln!(out, "probes    of the protocol: each form of each probe that the operation's protocol has\n")
}

/// Prints what there is of an operation; says how many cases that is.
fn count(options: &Options, phases: &[Phase], plan: &Plan, out: &mut Output) -> io::Result<u64> {
    let (random, coverage) = (options.cases, plan.coverage());
    let count: u64 = phases.iter().map(|phase| plan.count(*phase, random)).sum();
    writeln!(out, "{}: {count} cases", plan.operation().label)?;
    for &phase in phases {
        write!(out, "  {:<9} {}", phase.name(), plan.count(phase, random))?;
        if phase == Phase::Coverage {
            write!(
                out,
                ": {} broken, {} on a boundary, {} combinations of optional members, {} variations",
                coverage.breaks, coverage.boundaries, coverage.optionals, coverage.variations
            )?;
        }
        writeln!(out)?;
    }
    if coverage.impossible > 0 {
        writeln!(out, "  {} combinations of two optional members that rules exclude", coverage.impossible)?;
    }
    if options.verbose {
        write_ways(plan, out)?;
    }
    for (constraint, reason) in &coverage.unbreakable {
        let id = &plan.operation().input.constraints[*constraint].id;
        writeln!(out, "  cannot be broken alone: {id}: {reason}")?;
    }
    Ok(count)
}

/// For each constraint the ways in which it is broken and sat on.
fn write_ways(plan: &Plan, out: &mut Output) -> io::Result<()> {
    for (constraint, ways) in plan.operation().input.constraints.iter().zip(&plan.coverage().ways) {
        writeln!(out, "  {}", constraint.id)?;
        for (title, ways) in [("broken", &ways.broken), ("sat on", &ways.kept)] {
            let each =
                ways.iter().map(|(way, count)| if *count > 1 { format!("{way} ({count})") } else { way.clone() });
            let each: Vec<String> = each.collect();
            if !each.is_empty() {
                writeln!(out, "    {title}: {}", each.join("; "))?;
            }
        }
    }
    Ok(())
}

/// Prints those cases of an operation that are asked for, until nobody reads them any more; says how many were. So many cases
/// stand before its first one.
fn print(options: &Options, phases: &[Phase], plan: &Plan, before: u64, out: &mut Output) -> io::Result<u64> {
    let (mut first, mut printed) = (before, 0);
    for &phase in phases {
        let count = plan.count(phase, options.cases);
        for index in options.shard.among(first, count) {
            if out.is_closed() {
                return Ok(printed);
            }
            let Some(Ok(case)) = plan.case(phase, options.seed, index) else { continue };
            if wanted(options, &case) {
                printed += 1;
                write_case(options.format, &case, out)?;
            }
        }
        first += count;
    }
    Ok(printed)
}

fn wanted(options: &Options, case: &Case) -> bool {
    let is = |flag: &KindFlag| {
        case.kind()
            == match flag {
                KindFlag::Valid => CaseKind::Valid,
                KindFlag::Boundary => CaseKind::Boundary,
                KindFlag::Invalid => CaseKind::Invalid,
                KindFlag::Probe => CaseKind::Probe,
            }
    };
    options.kind.is_empty() || options.kind.iter().any(is)
}

fn write_case(format: Format, case: &Case, out: &mut impl Write) -> io::Result<()> {
    match format {
        Format::Jsonl => writeln!(out, "{}", jsonl(case)),
        Format::Curl => writeln!(out, "{}", curl(case)),
        Format::Http => {
            let request = &case.request;
            writeln!(out, "# {} {}", case.token, verdict_in_words(case))?;
            writeln!(out, "{} {} HTTP/1.1", request.method(), request.uri())?;
            for (name, value) in request.headers() {
                writeln!(out, "{name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
            }
            writeln!(out, "content-length: {}\n\n{}\n", request.body().len(), String::from_utf8_lossy(request.body()))
        }
    }
}

fn jsonl(case: &Case) -> Value {
    let request = &case.request;
    let headers: serde_json::Map<String, Value> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned().into()))
        .collect();
    json!({
        "operation": case.operation.label,
        "token": case.token.to_string(),
        "verdict": verdict(case),
        "input": case.input,
        "request": {
            "method": request.method().as_str(),
            "target": request.uri().to_string(),
            "headers": headers,
            "body": String::from_utf8_lossy(request.body()),
        },
    })
}

fn verdict(case: &Case) -> Value {
    let constraint = case.verdict.constraint().map(|id| case.operation.input.constraints[id].id.as_str());
    let mut verdict = json!({ "kind": case.kind().name() });
    if let Some(constraint) = constraint {
        verdict["constraint"] = constraint.into();
    }
    if let Verdict::Refused { cause } = case.verdict {
        verdict["cause"] = cause.name().into();
    }
    if let (Some(chosen), Some(shot)) = (case.probe(), case.shot()) {
        verdict["probe"] = chosen.name().into();
        verdict["form"] = chosen.form().into();
        verdict["claim"] = shot.claim().into();
    }
    match case.expected() {
        Expected::Success { status } => verdict["status"] = status.into(),
        Expected::Refusal(Refusal::Error { error, .. }) => {
            verdict["status"] = error.status.into();
            verdict["code"] = error.code.as_str().into();
        }
        Expected::Refusal(Refusal::Declared(_)) => verdict["reaction"] = "declared".into(),
        Expected::Refusal(Refusal::AnyClientError(_)) => verdict["reaction"] = "class".into(),
        Expected::Unknown => {}
    }
    verdict
}

fn verdict_in_words(case: &Case) -> String {
    if let (Some(chosen), Some(shot)) = (case.probe(), case.shot()) {
        let form = if chosen.form().is_empty() { String::new() } else { format!(" {}", chosen.form()) };
        return format!("{}{form}: {}", chosen.name(), shot.claim());
    }
    let about = case.verdict.constraint().map(|id| format!(" {}", case.operation.input.constraints[id].id));
    let about = about.unwrap_or_default();
    match case.expected() {
        Expected::Success { status } => format!("{}{about}: must succeed with {status}", case.kind()),
        Expected::Refusal(refusal) => format!("{}{about}: must be answered with {refusal}", case.kind()),
        Expected::Unknown => format!("{}{about}: the reaction is not known", case.kind()),
    }
}

fn curl(case: &Case) -> String {
    let url = format!("\"$URL\"{}", shell_word(&case.request.uri().to_string()));
    format!("{}  # {} {}", render_curl(&case.request, &url, None), case.token, verdict_in_words(case))
}
