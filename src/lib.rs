//! Accordant judges whether an HTTP API and its clients keep their contract.
//!
//! A [`Contract`] is loaded from operation specs: [`Contract::builtin`] has those of this release,
//! [`Contract::load`] takes a directory. It knows every constraint of every input, the error that breaking it must
//! cause, and the document line that says so.
//!
//! ```
//! use std::sync::Arc;
//! use accordant::{Contract, mock};
//! use bytes::Bytes;
//! use http::Request;
//!
//! let contract = Contract::builtin();
//! let request = Request::put("/backup-jobs")
//!     .header("accept", "application/json")
//!     .body(Bytes::from_static(br#"{"BackupVaultName": "x"}"#))?;
//! let response = mock::respond(&contract, &request);
//! assert_eq!(response.status(), 400);
//! assert!(response.headers()["accordant-violations"].to_str()?.contains("/ResourceArn#required"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # In `cargo test`
//!
//! **A mock for the tests of a client** (feature `mock-server`): a wiremock server that answers by the contract, beside
//! mocks of your own, and says afterwards what was wrong with which request, and who says so.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # async fn my_client(url: String) -> Result<http::StatusCode, Box<dyn std::error::Error>> {
//! #     use accordant::{judge::Send, net::send::{Client, SendLimits}};
//! #     let body = br#"{"replicate": {"destination_project_id": "p", "destination_region": "r", "destination_vault_id": "v"}}"#;
//! #     let request = http::Request::post("/v3/p/backups/b/replicate").header("x-auth-token", "t");
//! #     let request = request.header("content-type", "application/json").body(bytes::Bytes::from_static(body))?;
//! #     Ok(Client::new(&url.parse()?, SendLimits::default())?.send(request).await?.response.status())
//! # }
//! use accordant::Contract;
//!
//! let mock = Contract::builtin().mock_server().await;
//! assert_eq!(my_client(mock.uri()).await?, 200);
//! mock.assert_conforming();
//! # Ok(())
//! # }
//! ```
//!
//! **An implementation judged** (feature `check`), in any async test:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use accordant::Contract;
//!
//! let contract = Contract::builtin();
//! # let server = contract.mock_server().await;
//! # let my_server = server.uri();
//! contract.check(my_server).operations(["ReplicateBackup"]).cases(50).run().await?.assert_conforming();
//! # Ok(())
//! # }
//! ```
//!
//! With feature `harness` it is one test for each constraint, which [`cargo test` filters, lists and reports](harness); all
//! of a test file with `harness = false` is:
//!
//! ```no_run
//! # async fn start_my_server() -> String { String::new() }
//! use accordant::{Contract, harness};
//!
//! fn main() -> std::process::ExitCode {
//!     harness::run(Contract::builtin(), async |contract| contract.check(start_my_server().await))
//! }
//! ```
//!
//! **Inputs for properties of your own** (no feature): proptest strategies of inputs that keep the contract, and of inputs
//! that break it in one place.
//!
//! ```
//! use accordant::Contract;
//! use proptest::prelude::*;
//!
//! # fn my_summary(input: &serde_json::Value) -> String { input["backup_id"].to_string() }
//! let contract = Contract::builtin();
//! let operation = contract.operation("ReplicateBackup")?;
//! proptest!(|(input in operation.valid_inputs())| {
//!     prop_assert!(!my_summary(&input).is_empty());
//! });
//! # Ok::<(), accordant::ContractError>(())
//! ```
//!
//! # Features
//!
//! By default everything is there, the program too. As a dev-dependency, take what is used:
//! `accordant = { version = "0.1", default-features = false, features = ["mock-server"] }`.
//!
//! | feature | adds |
//! |---|---|
//! | none | contracts, constraints, codecs, generation, [`mock::respond`] |
//! | `mock-server` | [`Contract::mock_server`], [`Contract::responder`] |
//! | `check` | [`Contract::check`], checks, the judge, reports |
//! | `tls` | servers with `https://`; a reqwest of yours then needs a rustls provider, which its default features have |
//! | `harness` | [`harness`] |
//! | `serve` | [`net::serve`], the mock as a server with bounds |
//! | `cli` | the program |

pub mod contract;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod generate;
#[cfg(feature = "harness")]
pub mod harness;
pub mod mock;
pub mod net;
#[cfg(feature = "check")]
pub mod report;

// What follows is open to the program and to our own tests and benches. It is no part of the API, and may change in any
// release.
#[doc(hidden)]
pub mod auth;
#[cfg(feature = "check")]
#[doc(hidden)]
pub mod check;
#[cfg(feature = "check")]
#[doc(hidden)]
pub mod client;
#[doc(hidden)]
pub mod codec;
#[doc(hidden)]
pub mod constraint;
#[doc(hidden)]
pub mod exchange;
#[cfg(feature = "check")]
#[doc(hidden)]
pub mod explain;
#[doc(hidden)]
pub mod file;
#[cfg(feature = "check")]
#[doc(hidden)]
pub mod judge;
#[doc(hidden)]
pub mod lint;
#[doc(hidden)]
pub mod model;
#[cfg(feature = "check")]
#[doc(hidden)]
pub mod mutate;
#[doc(hidden)]
pub mod probe;
#[cfg(feature = "check")]
#[doc(hidden)]
pub mod snapshot;
#[doc(hidden)]
pub mod spec;
#[doc(hidden)]
pub mod text;
#[doc(hidden)]
pub mod value;

mod random;

pub use contract::Contract;
pub use generate::{Case, CaseKind, Phase, Token};
pub use mock::Mock;
pub use model::Operation;
#[cfg(feature = "check")]
pub use net::{CheckBuilder, CheckError};
#[cfg(feature = "check")]
pub use report::{Finding, Report};
pub use spec::ContractError;
