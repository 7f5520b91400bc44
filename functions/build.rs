//! How the binaries are linked.
//!
//! `-no-pie`: at a fixed address there is nothing to relocate. A binary that may be loaded anywhere has thousands of
//! pointers (tables of methods, mostly) that have to be set at each start, and memory of its own for each page that they are
//! in. What a random address would make harder is to misuse a memory error, of which code without `unsafe` has few; and
//! the stack, the heap and shared libraries are at random addresses all the same.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target = |what: &str| env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    // What Lambda runs, however it is built; a developer's other system need not take the argument.
    if target("OS") == "linux" && target("ENV") == "gnu" {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}
