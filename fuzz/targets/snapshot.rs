//! Snapshots, and bodies as they are compared.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| accordant::fuzzing::snapshot(text));
