//! Baselines.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| accordant::fuzzing::baseline(text));
