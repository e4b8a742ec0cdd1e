//! The mock, judged by its own contract through the harness: a test for each constraint of every operation.

use std::process::ExitCode;

use accordant::{Contract, harness};

fn main() -> ExitCode {
    harness::run(Contract::builtin(), async |contract| {
        let listing = std::env::args().any(|argument| argument == "--list");
        assert!(!listing, "a list needs no server");
        let server = contract.mock_server().await;
        let judging = contract.check(server.uri()).cases(100).strict();
        // The server answers until the tests end.
        std::mem::forget(server);
        judging
    })
}
