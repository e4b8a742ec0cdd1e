//! How fast cases are generated, and how fast they are sent and judged.
//!
//! `cargo bench --bench judging` measures, in one run:
//! - values per second of a hand-written proptest strategy for the body of `ReplicateBackup`, on one core;
//! - labelled cases per second of `ReplicateBackup` as the judge makes them: drawn, encoded, read back, judged again;
//! - cases per second of `accordant check` with no URL: generated, sent over loopback to the mock, judged, reported.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use accordant::Contract;
use accordant::generate::{Phase, Plan};
use accordant::model::Dialect;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// How long each generator is measured.
const TIME: Duration = Duration::from_secs(3);
/// Rounds, of which the best counts.
const ROUNDS: usize = 3;

fn main() {
    let written = best(&mut by_hand());
    let labelled = best(&mut labelled());
    println!("hand-written proptest strategy   {written:>9.0} values/s");
    println!("labelled ReplicateBackup cases   {labelled:>9.0} cases/s   {:.2} of it", labelled / written);
    for (name, arguments) in
        [("all operations", &["-n", "20000"][..]), ("ReplicateBackup", &["-n", "100000", "--service", "cbr"])]
    {
        let rate = (0..ROUNDS).map(|_| checked(arguments)).fold(0.0, f64::max);
        println!("accordant check, {name:<15} {rate:>9.0} cases/s");
    }
}

/// The best rate of some rounds.
fn best(draw: &mut dyn FnMut()) -> f64 {
    let round = |draw: &mut dyn FnMut()| {
        let started = Instant::now();
        let mut drawn = 0.0;
        while started.elapsed() < TIME {
            for _ in 0..100 {
                draw();
            }
            drawn += 100.0;
        }
        drawn / started.elapsed().as_secs_f64()
    };
    (0..ROUNDS).map(|_| round(draw)).fold(0.0, f64::max)
}

/// What somebody would write who knows the constraints of the body.
fn by_hand() -> impl FnMut() {
    let strategy = (
        proptest::option::of("[a-zA-Z0-9 ]{0,40}"),
        "[a-f0-9]{32}",
        "[a-z]{2,8}-[0-9]",
        "[a-f0-9]{32}",
        proptest::option::of("[a-zA-Z0-9_-]{1,20}"),
        proptest::option::of(any::<bool>()),
    )
        .prop_map(|(description, project, region, vault, name, acceleration)| {
            let mut body = json!({
                "destination_project_id": project, "destination_region": region, "destination_vault_id": vault,
            });
            let optional = [
                ("description", description.map(Value::from)),
                ("name", name.map(Value::from)),
                ("enable_acceleration", acceleration.map(Value::from)),
            ];
            for (name, value) in optional {
                if let Some(value) = value {
                    body[name] = value;
                }
            }
            json!({ "replicate": body })
        });
    let mut runner = TestRunner::deterministic();
    move || {
        let tree = strategy.new_tree(&mut runner).expect("a value");
        std::hint::black_box(tree.current());
    }
}

fn labelled() -> impl FnMut() {
    let contract = Contract::builtin();
    let operation = contract.operation("ReplicateBackup").expect("built in");
    let plan = Arc::new(Plan::new(operation, Dialect::Native));
    let mut index = 0;
    move || {
        index += 1;
        std::hint::black_box(plan.case(Phase::Random, 0, index)).expect("a case").ok();
    }
}

/// Cases per second of a run of the program, its start and its report among them.
fn checked(arguments: &[&str]) -> f64 {
    let report = std::env::temp_dir().join(format!("accordant-bench-{}.json", std::process::id()));
    let path = report.to_str().expect("a path of text");
    let started = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_accordant"))
        .args(["check", "--phase", "random", "--concurrency", "64", "--report", path])
        .args(arguments)
        .output()
        .expect("it starts");
    let elapsed = started.elapsed().as_secs_f64();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let text = std::fs::read_to_string(&report).expect("a report");
    std::fs::remove_file(&report).expect("it was there");
    let report: Value = serde_json::from_str(&text).expect("JSON");
    report["cases"].as_f64().expect("a number") / elapsed
}
