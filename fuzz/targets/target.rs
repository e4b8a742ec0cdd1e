//! Files about servers.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| accordant::fuzzing::target(text));
