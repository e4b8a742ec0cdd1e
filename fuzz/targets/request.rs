//! Requests to the mock.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| accordant::fuzzing::request(bytes));
