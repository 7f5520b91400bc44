//! See `treble_fuzz::json_e`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    treble_fuzz::json_e::check(input);
});
