//! What the documents promise is held by tests, and these are there.

use std::{fs, path::Path};

/// The tables with a column of tests, and how many tests they name at least.
const DOCUMENTS: [(&str, usize); 2] = [("SECURITY.md", 25), ("src/lib.rs", 14)];

#[test]
fn every_test_that_a_document_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (document, at_least) in DOCUMENTS {
        let text = fs::read_to_string(root.join(document)).unwrap();
        let mut named = 0;
        let mut is_held = false;
        for line in text.lines() {
            let is_row = line.ends_with('|');
            is_held = is_row && (is_held || line.contains("| held by"));
            let tests = line
                .rsplit(" | ")
                .next()
                .filter(|_| is_held)
                .unwrap_or_default();
            for name in tests.split('`').skip(1).step_by(2) {
                // A folder or a word of the header is no test.
                if name.starts_with(|c: char| c.is_ascii_lowercase()) && !name.contains('/') {
                    assert!(is_there(root, name), "{document}: no test {name}");
                    named += usize::from(name.contains("::"));
                }
            }
        }
        assert!(named >= at_least, "{document} names {named} tests");
    }
}

/// Whether there is a test of that path, or a module of tests.
fn is_there(root: &Path, name: &str) -> bool {
    let unit = name.split_once("::tests::");
    let (directory, path) = match unit {
        Some((module, function)) => ("src", format!("{module}::{function}")),
        None => ("tests/it", name.to_owned()),
    };
    let directory = root.join(directory);
    let file = |path: &str| directory.join(path.replace("::", "/"));
    let is_module = |path: &str| file(path).is_dir() || file(path).with_extension("rs").is_file();
    if is_module(&path) {
        return true;
    }
    let Some((module, function)) = path.rsplit_once("::") else {
        return false;
    };
    let source = fs::read_to_string(file(module).with_extension("rs"))
        .or_else(|_| fs::read_to_string(file(module).join("mod.rs")))
        .unwrap_or_default();
    has_test(&source, function)
}

/// Whether there is a function of that name with the attribute of a test above it.
fn has_test(source: &str, function: &str) -> bool {
    let lines: Vec<_> = source.lines().map(str::trim).collect();
    let head = format!("fn {function}(");
    lines.iter().enumerate().any(|(at, line)| {
        let is_it = line
            .strip_prefix("async ")
            .unwrap_or(line)
            .starts_with(&head);
        let above = lines[..at].iter().rev();
        let mut attributes = above.take_while(|line| line.starts_with("#["));
        is_it && attributes.any(|line| *line == "#[test]" || line.starts_with("#[tokio::test"))
    })
}

#[test]
fn a_test_that_is_not_there_is_missed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in [
        "deadlines::nothing_of_the_kind",
        "nowhere",
        "net::listener::tests::nothing",
        // A function, and no test.
        "deadlines::assert_timeout",
    ] {
        assert!(!is_there(root, name), "{name}");
    }
}
