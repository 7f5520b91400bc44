//! See `treble_fuzz::trigger_schema`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    treble_fuzz::trigger_schema::check(input);
});
