//! See `treble_fuzz::body`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    treble_fuzz::body::check(input);
});
