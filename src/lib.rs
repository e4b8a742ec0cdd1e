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
//! In tests that use wiremock, [`Contract::mock_server`] starts a server that answers by the contract, and
//! [`Contract::responder`] mounts it beside other mocks.

pub mod check;
pub mod client;
pub mod codec;
pub mod constraint;
pub mod contract;
pub mod generate;
pub mod judge;
pub mod mock;
pub mod net;
pub mod report;

pub use contract::{Contract, ContractError};
pub use mock::Mock;
