//! `accordant spec`: list, show, lint, schema.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use accordant::judge::target::TargetSpec;
use accordant::lint::{Documents, verify};
use accordant::model::citation::Citation;
use accordant::model::{Constraint, ErrorDef, Occurrence, Operation, OperationSpec, Reaction, ServiceSpec};
use accordant::spec::{SpecProblem, grouped};
use accordant::{Contract, ContractError};
use clap::{Args, Subcommand, ValueEnum};

use super::Failure;
use super::in_order::each_in_order;
use super::output::Output;
use super::problems::{counted, show_left_out, show_problems};

/// Options of `accordant spec`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List services and operations
    List(Specs),
    /// Show an operation: input, output, rules, errors, with their sources
    Show {
        /// Name of the operation
        operation: String,
        #[command(flatten)]
        specs: Specs,
    },
    /// Check specs; exit 2 when one is broken
    Lint {
        /// Directory of the specs; the built-in ones when absent
        directory: Option<PathBuf>,
        /// Directory of the documents that the specs cite
        #[arg(long, value_name = "DIR")]
        documents: Option<PathBuf>,
    },
    /// Print the JSON Schema of the spec language, or of target files
    Schema {
        /// Which files it describes
        #[arg(value_enum, default_value_t = SchemaOf::Operation)]
        of: SchemaOf,
    },
}

#[derive(Debug, Args)]
struct Specs {
    /// Directory of the specs; the built-in ones when absent
    #[arg(long, value_name = "DIR")]
    specs: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SchemaOf {
    /// An operation's file
    Operation,
    /// A service.yaml
    Service,
    /// A target file, as `--target` takes it
    Target,
}

/// Contracts of as many operations are compiled whole at the start, so that what is broken is known then.
const FEW_OPERATIONS: usize = 100;

/// The contract of a directory, or the built-in one. What is broken is left out, and it is said how much that is.
pub fn contract(directory: Option<&Path>) -> Result<Contract, Failure> {
    let Some(directory) = directory else { return Ok(Contract::builtin()) };
    let contract = Contract::load(directory)?;
    let is_small = contract.index().operations.len() <= FEW_OPERATIONS;
    if is_small && contract.operations().is_empty() {
        return Err(ContractError::Broken(contract.problems()).into());
    }
    show_left_out(&contract.problems(), directory);
    Ok(contract)
}

/// Runs the subcommand.
pub fn run(options: Options) -> Result<ExitCode, Failure> {
    let mut out = Output::new();
    let written = match options.command {
        Command::List(specs) => list(&contract(specs.specs.as_deref())?, &mut out),
        Command::Show { operation, specs } => {
            let contract = contract(specs.specs.as_deref())?;
            show(contract.operation_at(contract.row_in_any_case(&operation)?)?, &mut out)
        }
        Command::Lint { directory, documents } => return lint(directory.as_deref(), documents.as_deref(), out),
        Command::Schema { of } => writeln!(out, "{}", schema(of)),
    };
    written.map_err(Failure::io("cannot write"))?;
    out.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// Lists services and operations. None of these is kept: there may be very many.
fn list(contract: &Contract, out: &mut impl Write) -> io::Result<()> {
    for (row, entry) in contract.index().services.iter().enumerate() {
        let Ok(service) = contract.service_at(row) else { continue };
        writeln!(out, "{} ({}, {})", service.name, service.title, service.codec().name())?;
        let rows: Vec<usize> = entry.operations.clone().collect();
        let line = |row: &usize| contract.operation_for_once(*row).ok().map(|operation| list_line(&operation));
        let ended = each_in_order(&rows, line, |line| match line.map_or(Ok(()), |line| writeln!(out, "{line}")) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        });
        ended.map_or(Ok(()), Err)?;
    }
    Ok(())
}

fn list_line(operation: &Operation) -> String {
    let (constraints, errors) = (operation.input.constraints.len(), operation.errors.all.len());
    let (label, method, path) = (&operation.label, &operation.http.method, &operation.http.path);
    format!("  {label:<45} {method} {path}  {constraints} constraints, {errors} errors")
}

fn schema(of: SchemaOf) -> String {
    let schema = match of {
        SchemaOf::Operation => schemars::schema_for!(OperationSpec),
        SchemaOf::Service => schemars::schema_for!(ServiceSpec),
        SchemaOf::Target => schemars::schema_for!(TargetSpec),
    };
    serde_json::to_string_pretty(&schema).expect("a schema is JSON")
}

fn lint(directory: Option<&Path>, documents: Option<&Path>, mut out: Output) -> Result<ExitCode, Failure> {
    let loaded = match directory {
        Some(directory) => Contract::load(directory),
        // Those inside the binary are held against the spec language's schema here, which they are not at a start.
        None => Contract::from_texts(Contract::builtin().texts().iter().map(|text| (**text).clone())),
    };
    let (mut problems, contract) = match loaded {
        Ok(contract) => (accordant::lint::problems(&contract), Some(contract)),
        Err(ContractError::Broken(problems)) => (problems, None),
        Err(other) => return Err(other.into()),
    };
    let failed = || Failure::io("cannot write");
    if let (Some(documents), Some(contract)) = (documents, &contract) {
        let (wrong, uncited) = verify(&contract.texts(), &Documents::open(documents)?);
        problems.extend(wrong);
        for line in &uncited {
            writeln!(out, "uncited: {}:{}: {}", line.file, line.line, line.beginning).map_err(failed())?;
        }
    }
    let broken = problems.iter().any(SpecProblem::is_error);
    let Some(contract) = contract.filter(|_| !broken) else {
        out.finish()?;
        show_problems(&problems);
        return Ok(ExitCode::from(2));
    };
    let constraints: usize = contract.operations().iter().map(|operation| operation.input.constraints.len()).sum();
    let (services, operations) = (contract.services().len(), contract.operations().len());
    let found = counted(&grouped(&problems));
    writeln!(out, "{services} services, {operations} operations, {constraints} constraints: {found}")
        .map_err(failed())?;
    out.finish()?;
    if !problems.is_empty() {
        show_problems(&problems);
    }
    Ok(ExitCode::SUCCESS)
}

fn citations(citations: &[Citation]) -> String {
    citations.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn show(operation: &Operation, out: &mut impl Write) -> io::Result<()> {
    let service = &operation.service;
    writeln!(out, "{} ({})", operation.label, service.title)?;
    if let Some(summary) = &operation.summary {
        writeln!(out, "{summary}")?;
    }
    let http = &operation.http;
    writeln!(
        out,
        "\n{} {} → {}   [{}; {}]",
        http.method,
        http.path,
        http.status,
        citations(&http.citations),
        citations(&http.status_citations)
    )?;
    if let Some(documented) = &operation.documented {
        writeln!(
            out,
            "documented dialect: {} {}   [{}]",
            documented.method,
            documented.path,
            citations(&documented.citations)
        )?;
    }
    writeln!(out, "\nInput")?;
    for node in operation.input.table().nodes.iter().filter(|node| !node.pointer.is_empty()) {
        show_node(node, out)?;
        for constraint in node_constraints(operation, &node.pointer) {
            writeln!(out, "      {}", constraint_line(operation, constraint))?;
        }
    }
    writeln!(out, "\nOutput")?;
    for node in operation.output.table().nodes.iter().filter(|node| !node.pointer.is_empty()) {
        show_node(node, out)?;
    }
    writeln!(out, "\nErrors")?;
    for error in &operation.errors.all {
        writeln!(out, "  {}", error_line(error))?;
    }
    for (title, lines) in [("Disputed", dispute_lines(operation)), ("Remarks", remark_lines(operation))] {
        if !lines.is_empty() {
            writeln!(out, "\n{title}")?;
            lines.iter().try_for_each(|line| writeln!(out, "  {line}"))?;
        }
    }
    Ok(())
}

fn show_node(node: &Occurrence, out: &mut impl Write) -> io::Result<()> {
    let types = if node.types.is_empty() { "anything".to_owned() } else { node.types.to_string() };
    let sensitive = if node.sensitive { ", sensitive" } else { "" };
    let default = node.default.as_ref().map(|default| format!(", default {default}")).unwrap_or_default();
    writeln!(out, "  {}  {types}{sensitive}{default}   [{}]", node.pointer, citations(&node.citations))
}

/// The constraints about the member at a pointer, without the type, which its line shows already.
fn node_constraints<'o>(operation: &'o Operation, pointer: &'o str) -> impl Iterator<Item = &'o Constraint> {
    operation
        .input
        .constraints
        .iter()
        .filter(move |constraint| constraint.member == pointer && constraint.keyword != "type")
}

fn constraint_line(operation: &Operation, constraint: &Constraint) -> String {
    let error = reaction(operation, &constraint.reaction);
    let disputed = if constraint.disputed { ", disputed" } else { "" };
    let strength = format!("{:?}", constraint.strength).to_lowercase();
    format!(
        "{}: {} ({strength}{disputed}) [{}] {error}",
        constraint.id,
        constraint.statement(),
        citations(&constraint.citations)
    )
}

fn reaction(operation: &Operation, reaction: &Reaction) -> String {
    let (what, cited) = match reaction {
        Reaction::Code(link) => {
            let error = &operation.errors.all[link.error];
            (format!("{} {}", error.status, error.code), &link.citations)
        }
        Reaction::Declared(grounds) => ("a declared validation error".to_owned(), &grounds.citations),
        Reaction::AnyClientError(grounds) => ("a client error".to_owned(), &grounds.citations),
        Reaction::Unknown => return "→ not known".to_owned(),
    };
    format!("→ {what} [{}]", citations(cited))
}

fn error_line(error: &ErrorDef) -> String {
    let when = error.when.as_ref().map(|when| format!(": {when}")).unwrap_or_default();
    let shape = error.shape.as_ref().map(|shape| format!(" ({shape})")).unwrap_or_default();
    format!("{} {}{shape}{when}   [{}]", error.status, error.code, citations(&error.citations))
}

fn dispute_lines(operation: &Operation) -> Vec<String> {
    operation.disputes.iter().map(|dispute| format!("{}: {}", dispute.fact, dispute.others)).collect()
}

fn remark_lines(operation: &Operation) -> Vec<String> {
    let line = |remark: &accordant::model::Remark| {
        let error = remark.error.as_ref().map(|code| format!(" → {code}")).unwrap_or_default();
        format!("{}{error}   [{}]", remark.says, citations(&remark.citations))
    };
    operation.remarks.iter().map(line).collect()
}
