//! See `treble_fuzz::hawk_header`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    treble_fuzz::hawk_header::check(input);
});
