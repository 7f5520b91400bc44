//! See `treble_fuzz::cron`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    treble_fuzz::cron::check(input);
});
