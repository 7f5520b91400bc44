//! See `treble_fuzz::path`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    treble_fuzz::path::check(input);
});
