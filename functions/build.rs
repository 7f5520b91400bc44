//! How the binaries are linked.

use std::env;

/// What is passed to the C compiler that links: gcc, clang or the zig of cargo-lambda.
const ARGUMENTS: [&str; 2] = [
    // At a fixed address there is nothing to relocate. A binary that may be loaded anywhere has tens of thousands of
    // pointers (tables of methods, mostly) that are set at each start, and each page that they are in becomes memory of the
    // process. What a random address would make harder is to misuse a memory error, of which code without `unsafe` has
    // few; and the stack, the heap and shared libraries are at random addresses all the same.
    "-no-pie",
    // GNU's linker leaves out the tables for unwinding through functions that are left out; LLVM's, which rustc
    // prefers, keeps them: a megabyte. zig, which has its own, takes no notice.
    "-fuse-ld=bfd",
];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target = |what: &str| env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    let is_lambdas = target("OS") == "linux" && target("ENV") == "gnu";
    // It links more slowly, too, so that only what may be deployed is linked in this way.
    if is_lambdas && env::var("PROFILE").as_deref() == Ok("release") {
        for argument in ARGUMENTS {
            println!("cargo:rustc-link-arg-bins={argument}");
        }
    }
}
