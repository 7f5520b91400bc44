//! See `treble_fuzz::bewit`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    treble_fuzz::bewit::check(input);
});
