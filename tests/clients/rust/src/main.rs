//! Drives the mock at `ACCORDANT_URL` with the AWS SDK for Rust; prints a line per check, as `run` counts them.

mod backup;
mod checks;
mod rds;

use std::process::ExitCode;

use checks::Checks;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut checks = Checks::default();
    rds::add(&mut checks);
    backup::add(&mut checks);
    if checks.run().await { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
