//! The contract of ReplicateBackup, a test for each constraint: `cargo test --test contract replicate_backup::replicate::name`.

use std::process::ExitCode;

use accordant::{Contract, harness::Harness};

fn main() -> Result<ExitCode, accordant::ContractError> {
    Ok(Harness::new(Contract::builtin())
        .operations(["ReplicateBackup"])?
        .run(async |contract| contract.check(serve().await)))
}

async fn serve() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async { axum::serve(listener, replication_server::app()).await });
    format!("http://{address}")
}
