//! Behaviour of the whole, as its users meet it.

#![allow(clippy::panic, reason = "what only tests call may end them with what it found")]

mod constraints;
mod journal;
mod limits;
mod malformed;
mod models;
mod replay;
mod secrets;
mod server;
mod specs;
mod support;
mod wire;

/// Compares with an approved output under the project's `snapshots/`.
fn approved(assert: impl FnOnce()) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(assert);
}
