//! What passes through the proxy.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| accordant::fuzzing::framing(bytes));
