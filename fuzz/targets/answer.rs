//! Answers to the judge.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| accordant::fuzzing::answer(bytes));
