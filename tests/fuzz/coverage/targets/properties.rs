#![no_main]

#[path = "../checks.rs"]
#[allow(dead_code, reason = "each target has its own")]
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::properties(data));
