//! The targets without a fuzzer: what they assert holds for their seeds, and for pieces of them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on stops and says why")]

use treble_fuzz::{TARGETS, Target};

/// How many pieces of a seed are looked at.
const PIECES: usize = 16;

/// The seed with a piece missing, a few times over: each at another place.
fn pieces(seed: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let size = seed.len().div_ceil(PIECES).max(1);
    (0..seed.len()).step_by(size).flat_map(move |start| {
        let end = (start + size).min(seed.len());
        [seed[..start].to_vec(), [&seed[..start], &seed[end..]].concat()]
    })
}

fn assert_holds(target: &Target) {
    let mut seen = [false; 2];
    for seed in (target.seeds)() {
        seen[usize::from((target.check)(&seed))] = true;
        for piece in pieces(&seed) {
            seen[usize::from((target.check)(&piece))] = true;
        }
    }
    assert_eq!(seen, [true; 2], "{}: some input is well formed, and some is not", target.name);
}

#[test]
fn targets_hold_for_their_seeds() {
    for target in TARGETS {
        let checked = std::panic::catch_unwind(|| assert_holds(target));
        assert!(checked.is_ok(), "{}", target.name);
    }
}

/// Each target has a program, and each program is a target.
#[test]
fn targets_are_those_of_the_manifest() {
    let manifest = include_str!("../Cargo.toml");
    let mut programs: Vec<&str> = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("path = \"fuzz_targets/")?.strip_suffix(".rs\""))
        .collect();
    programs.sort_unstable();
    assert_eq!(programs, TARGETS.iter().map(|target| target.name).collect::<Vec<_>>());
}
