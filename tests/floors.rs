//! The modules of the crate stand on floors, and imports only point down.
//!
//! `error` may be used from every floor but that of `net`, which knows no FTP, and uses only what
//! is on the ground. `lib.rs` names what is public, and is exempt.

use std::{
    collections::BTreeMap,
    fs, io,
    iter::Peekable,
    path::{Path, PathBuf},
    slice,
};

/// The floor of each module of the crate's root.
const FLOORS: [(&str, u8); 15] = [
    ("protocol", 0),
    ("listing", 0),
    ("url", 0),
    ("net", 1),
    // What `lib.rs` makes public of `net::tls`.
    ("tls", 1),
    ("control", 2),
    ("session", 3),
    ("transfer", 4),
    ("fxp", 5),
    ("mirror", 5),
    ("pool", 5),
    ("resume", 5),
    ("segmented", 5),
    ("verify", 5),
    ("error", u8::MAX),
];

/// What the ground floor must not touch: it has no I/O, no clock and no environment.
const IMPURE: [&[&str]; 8] = [
    &["tokio"],
    &["tokio_rustls"],
    &["tokio_util"],
    &["socket2"],
    &["std", "::", "env"],
    &["std", "::", "fs"],
    &["SystemTime", "::", "now"],
    &["Instant", "::", "now"],
];

type Tokens<'a> = Peekable<slice::Iter<'a, String>>;

/// Which module of the root an item of the root comes from.
type Exports = BTreeMap<String, String>;

#[test]
fn imports_point_down() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let exports = exports(&tokens(&fs::read_to_string(root.join("lib.rs"))?));
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    assert!(files.len() > 40, "where are the sources?");
    let mut complaints = Vec::new();
    for file in files {
        let module = module_of(file.strip_prefix(&root).map_err(io::Error::other)?);
        complaints.extend(check(&module, &fs::read_to_string(&file)?, &exports));
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    Ok(())
}

#[test]
fn imports_that_point_up_are_found() {
    let exports = exports(&tokens(
        "pub use self::{error::{Error, Result}, session::FtpStream, transfer::Upload};",
    ));
    let found = |module: &str, source: &str| {
        let module: Vec<_> = module.split("::").map(str::to_owned).collect();
        check(&module, source, &exports).join("\n")
    };
    for (module, source) in [
        (
            "control::ledger",
            "use crate::{error::Error, protocol::{Command, Reply}};",
        ),
        (
            "control::ledger",
            "use super::state::ServerState; use super::super::net::Stream;",
        ),
        ("net", "use self::tls::TlsClient; use super::net::tcp;"),
        (
            "session",
            "fn f() -> crate::Result<()> { crate::control::g() }",
        ),
        (
            "protocol",
            "//! [`crate::FtpStream`]\n/* crate::pool */ const A: &str = \"crate::pool\";",
        ),
        (
            "protocol",
            "const B: &[u8] = br#\"crate::pool \" \"#; const C: char = '\"';",
        ),
        (
            "listing::unix",
            "mod tests { use super::super::parser; use super::*; }",
        ),
        (
            "pool",
            "use crate::{mirror, transfer::Upload, session::FtpStream, Error};",
        ),
        ("lib", "pub use self::pool::Pool; use crate::mirror;"),
        ("transfer::list::open", "use super::super::super::session;"),
    ] {
        assert_eq!(found(module, source), "", "{source}");
    }
    for (module, source, up) in [
        (
            "control::ledger",
            "use crate::{protocol::Reply, session::FtpStream};",
            "session",
        ),
        (
            "control::ledger",
            "use crate::{protocol::{Reply, Name}, error::Error, pool};",
            "pool",
        ),
        (
            "session",
            "fn f() { crate::transfer::g::<u8>() }",
            "transfer",
        ),
        (
            "session",
            "use crate::FtpStream; use crate::Upload;",
            "transfer",
        ),
        ("control", "use super::session::FtpStream;", "session"),
        (
            "control::codec",
            "use super::super::{net, transfer};",
            "transfer",
        ),
        (
            "control::codec",
            "mod tests { use super::super::super::transfer; }",
            "transfer",
        ),
        ("error", "use crate::net::Stream;", "net"),
        ("net::tcp", "use crate::protocol::Reply;", "protocol"),
        ("net::tcp", "use crate::error::Error;", "error"),
        (
            "net::tcp",
            "fn f() -> Option<crate::Error> { None }",
            "error",
        ),
        ("protocol", "use crate::net;", "net"),
        ("protocol", "use crate::nowhere;", "nowhere"),
        ("elsewhere", "use crate::net;", "elsewhere"),
        ("protocol::code", "use tokio::time::sleep;", "tokio"),
        ("listing", "let now = std::time::SystemTime::now();", "now"),
    ] {
        let complaint = found(module, source);
        assert_eq!(complaint.lines().count(), 1, "{source}: {complaint}");
        assert!(complaint.ends_with(up), "{source}: {complaint}");
    }
}

/// What is wrong with a module's source, a line each.
fn check(module: &[String], source: &str, exports: &Exports) -> Vec<String> {
    let name = module.join("::");
    let Some(from) = module.first().filter(|top| *top != "lib") else {
        return Vec::new();
    };
    let tokens = tokens(source);
    let mut complaints = Vec::new();
    if floor(from).is_none() {
        complaints.push(format!("no floor is known of {from}"));
    }
    for to in imports(module, &tokens) {
        let to = exports.get(&to).unwrap_or(&to);
        if floor(from).is_some() && !may_use(from, to) {
            complaints.push(format!("{name} must not use {to}"));
        }
    }
    if floor(from) == Some(0) {
        for path in IMPURE {
            if tokens.windows(path.len()).any(|window| window == path) {
                complaints.push(format!("{name} is pure and must not use {}", path.concat()));
            }
        }
    }
    complaints
}

fn floor(module: &str) -> Option<u8> {
    let found = FLOORS.iter().find(|(name, _)| *name == module);
    found.map(|(_, floor)| *floor)
}

fn may_use(from: &str, to: &str) -> bool {
    match (from, to) {
        _ if from == to => true,
        ("net", _) => to == "tls",
        (_, "error") => true,
        ("error", _) => floor(to) == Some(0),
        _ => floor(to).is_some_and(|to| Some(to) <= floor(from)),
    }
}

/// The modules, or items, of the root that a source names.
fn imports(module: &[String], tokens: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    // Where the inline modules end that are open, by how many braces are.
    let mut inline = Vec::new();
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        let next = |ahead: usize| tokens.get(at + ahead).map(String::as_str);
        match token.as_str() {
            "mod" if next(2) == Some("{") => inline.push(depth),
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                if inline.last() == Some(&depth) {
                    inline.pop();
                }
            }
            "crate" if next(1) == Some("::") => {
                let mut rest = tokens[at + 2..].iter().peekable();
                paths(&mut rest, Vec::new(), &mut found);
            }
            // The first of a row.
            "super" if at < 2 || tokens[at - 2..at] != ["super", "::"] => {
                let row = tokens[at..].chunks(2);
                let supers = row.take_while(|pair| *pair == ["super", "::"]).count();
                if supers == module.len() + inline.len() {
                    let mut rest = tokens[at + 2 * supers..].iter().peekable();
                    paths(&mut rest, Vec::new(), &mut found);
                }
            }
            _ => {}
        }
    }
    found
        .into_iter()
        .filter_map(|path| path.into_iter().next())
        .collect()
}

/// Where the items of the root come from, by the `self::` paths in `lib.rs`.
fn exports(tokens: &[String]) -> Exports {
    let mut found = Vec::new();
    for (at, pair) in tokens.windows(2).enumerate() {
        if pair == ["self", "::"] {
            let mut rest = tokens[at + 2..].iter().peekable();
            paths(&mut rest, Vec::new(), &mut found);
        }
    }
    found
        .into_iter()
        .filter_map(|path| Some((path.last()?.clone(), path.first()?.clone())))
        .collect()
}

/// Reads the path, or the tree of paths, that stands at the front.
fn paths(tokens: &mut Tokens<'_>, mut path: Vec<String>, found: &mut Vec<Vec<String>>) {
    match tokens.next().map(String::as_str) {
        Some("{") => loop {
            match tokens.peek().map(|token| token.as_str()) {
                Some("}") | None => {
                    tokens.next();
                    return;
                }
                Some(",") => {
                    tokens.next();
                }
                Some(_) => paths(tokens, path.clone(), found),
            }
        },
        Some(name) => {
            path.push(name.to_owned());
            match tokens.peek().map(|token| token.as_str()) {
                Some("::") => {
                    tokens.next();
                    paths(tokens, path, found);
                }
                Some("as") => {
                    tokens.nth(1);
                    found.push(path);
                }
                _ => found.push(path),
            }
        }
        None => found.push(path),
    }
}

/// Names, `::` and other signs, without comments and literals.
fn tokens(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let literal = rest.trim_start_matches(['b', 'c']);
        let raw = literal.strip_prefix('r').map(|raw| {
            let hashes = raw.len() - raw.trim_start_matches('#').len();
            raw.split_at(hashes)
        });
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some((hashes, raw)) = raw.filter(|(_, raw)| raw.starts_with('"')) {
            let end = raw[1..].find(&format!("\"{hashes}"));
            let tail = end.map_or("", |end| &raw[end + 2 + hashes.len()..]);
            rest.len() - tail.len()
        } else if literal.starts_with('"') {
            rest.len() - literal.len() + quoted(literal, '"')
        } else if first == '\'' {
            // A lifetime has no second quote.
            let is_char = rest[1..].starts_with('\\')
                || rest[1..].chars().nth(1).is_some_and(|quote| quote == '\'');
            if is_char { quoted(rest, '\'') } else { 1 }
        } else if first.is_alphanumeric() || first == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            let end = end.unwrap_or(rest.len());
            found.push(rest[..end].to_owned());
            end
        } else if rest.starts_with("::") {
            found.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                found.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    found
}

/// How long the literal is that `quote` encloses.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, char) in text.char_indices().skip(1) {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if char == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn module_of(file: &Path) -> Vec<String> {
    let file = file.with_extension("");
    let mut module: Vec<_> = file
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    if module.last().is_some_and(|last| last == "mod") {
        module.pop();
    }
    module
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}
