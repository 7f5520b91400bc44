//! See `treble_fuzz::role_scopes`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    treble_fuzz::role_scopes::check(input);
});
