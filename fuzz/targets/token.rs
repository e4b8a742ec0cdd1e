//! Tokens of cases.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| accordant::fuzzing::token(text));
