//! What a reader of the repository may rely on.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Licences that the project may be linked with; each part of an expression's `AND`, or one part of its
/// `OR`, must be here.
const LICENCES: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT-0",
    "MPL-2.0",
    "OpenSSL",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    "0BSD",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn allowed(expression: &str) -> bool {
    let expression = expression.replace(['(', ')'], "").replace('/', " OR ");
    let alternative = |all: &str| all.split(" AND ").all(|one| LICENCES.contains(&one.trim()));
    expression.split(" OR ").any(alternative)
}

#[test]
fn licences_of_dependencies_are_known() {
    let mut command = Command::new(env!("CARGO"));
    command.args(["metadata", "--locked", "--format-version=1"]).current_dir(root());
    let output = command.output().unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let unknown: Vec<String> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|package| !allowed(package["license"].as_str().unwrap_or("none")))
        .map(|package| format!("{} {}", package["name"], package["license"]))
        .collect();
    assert_eq!(unknown, Vec::<String>::new());
}

#[test]
fn dependencies_have_reasons() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let section = manifest.split("[workspace.dependencies]").nth(1).unwrap();
    let section = section.split("\n[").next().unwrap();
    let mut explained = false;
    for line in section.lines() {
        if line.starts_with('#') {
            explained = true;
        } else if line.is_empty() {
            explained = false;
        } else {
            // Lines right below an explained one share its reason.
            assert!(explained || line.starts_with("treble-"), "no comment says why: {line}");
        }
    }
}

#[test]
fn the_javascript_lock_names_no_registry() {
    let lock = std::fs::read_to_string(root().join("tests/node/package-lock.json")).unwrap();
    assert!(!lock.contains("\"resolved\""), "see tests/node/.npmrc");
}
