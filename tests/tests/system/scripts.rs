//! shellcheck over the project's shell scripts.

use std::path::{Path, PathBuf};

use jobwire_tests::{binaries, checkers};

/// Every file below the folder that a shell runs; what they read in is looked at with them.
fn scripts_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in folder.read_dir().unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            scripts_below(&path, found);
            continue;
        }
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let first = text.lines().next().unwrap_or_default();
        if first.starts_with("#!") && first.ends_with("sh") {
            found.push(path);
        }
    }
}

#[test]
fn shellcheck_finds_nothing_in_any_script() {
    let mut scripts = Vec::new();
    for folder in [".ci", "infra", "tests/bench", "tests/images"] {
        scripts_below(&binaries::root().join(folder), &mut scripts);
    }
    assert!(scripts.len() >= 8, "{scripts:?}");
    let mut command = checkers::program("shellcheck").unwrap();
    command
        .args(["--external-sources", "--check-sourced", "--severity=warning", "--source-path=SCRIPTDIR"])
        .args(&scripts);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
