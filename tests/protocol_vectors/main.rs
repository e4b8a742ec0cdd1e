//! Published protocol test vectors, run through the codecs in both directions.
//!
//! Optional: `ACCORDANT_PROTOCOL_VECTORS` names a directory with `input/*.json` and `output/*.json`, the vectors that
//! clients of the protocols are tested with. A client encodes requests and decodes responses; here every vector is
//! turned round too, as a server has it. `listed.yaml` names what is not expected to pass, with the reason.

#![allow(clippy::panic, reason = "a test that cannot be run says so by panicking")]

mod compare;
mod directions;
mod list;
mod spec;
mod values;
mod vectors;
mod xml;

use std::env;
use std::io::Write;
use std::path::Path;

use list::List;
use vectors::{Side, Suite};

const VARIABLE: &str = "ACCORDANT_PROTOCOL_VECTORS";

#[test]
fn protocol_vectors() {
    let Some(directory) = env::var_os(VARIABLE).filter(|directory| !directory.is_empty()) else {
        say(&format!("skipped: {VARIABLE} does not name a directory of vectors"));
        return;
    };
    let mut list = List::read();
    let mut total = Tally::default();
    for side in [Side::Input, Side::Output] {
        for (name, suites) in vectors::read(Path::new(&directory), side) {
            let Some(codec) = suites.iter().find_map(|suite| directions::codec_of(&suite.metadata.protocol)) else {
                say(&format!("{name}: not run, no codec speaks its protocol"));
                continue;
            };
            let tally = run(&name, codec, side, &suites, &mut list);
            say(&format!("{name}: {tally}"));
            total.add(&tally);
        }
    }
    say(&format!("all: {total}"));
    assert!(total.passed > 0, "no vector was run: {VARIABLE} must hold input/*.json and output/*.json");
    assert!(total.failed == 0, "{} of the vectors failed", total.failed);
}

/// Runs a file's vectors, each in both directions.
fn run(file: &str, codec: &'static str, side: Side, suites: &[Suite], list: &mut List) -> Tally {
    let mut tally = Tally::default();
    for suite in suites {
        for case in &suite.cases {
            for (direction, verdict) in directions::judge(codec, side, suite, case) {
                match (list.reason(file, &case.id, direction), verdict) {
                    (None, Ok(())) => tally.passed += 1,
                    (Some(_), Err(_)) => tally.listed += 1,
                    (Some(reason), Ok(())) => {
                        tally.failed += 1;
                        say(&format!("LISTED, BUT PASSES {file} {} {direction}: {reason}", case.id));
                    }
                    (None, Err(difference)) => {
                        tally.failed += 1;
                        say(&format!("FAILED {file} {} {direction}: {difference}", case.id));
                    }
                }
            }
        }
    }
    let vectors = suites.iter().map(|suite| suite.cases.len()).sum();
    for entry in list.unmet(file) {
        say(&format!("LISTED, BUT NO SUCH VECTOR {file} {entry}"));
        tally.failed += usize::from(list.is_for(file, vectors));
    }
    tally
}

/// Writes a line that the test harness does not hold back.
fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("standard output is open");
}

/// How many directions of vectors came out how.
#[derive(Default)]
struct Tally {
    passed: usize,
    listed: usize,
    failed: usize,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.listed += other.listed;
        self.failed += other.failed;
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} listed, {} failed", self.passed, self.listed, self.failed)
    }
}
