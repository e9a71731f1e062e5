//! Python's ftplib, row by row: each of its classes, functions, attributes and methods, in the
//! order of its documentation, and what its own test suite tries.

mod commands;
mod control;
mod data;
mod ftpcp;
mod module;
mod sessions;
mod suite;
mod tls;

use std::{fs, path::Path};

/// The public names of ftplib: of the module, of `FTP` and of `FTP_TLS`.
const NAMES: &str = "
    MSG_OOB FTP_PORT MAXLINE CRLF B_CRLF Error error_reply error_temp error_perm error_proto
    all_errors parse150 parse227 parse229 parse257 print_line ftpcp FTP FTP_TLS
    connect getwelcome lastresp set_debuglevel debug set_pasv passiveserver
    trust_server_pasv_ipv4_address encoding maxline timeout af source_address host port welcome
    quit close sanitize putline putcmd getline getmultiline getresp voidresp sendcmd voidcmd abort
    sendport sendeprt makeport makepasv ntransfercmd transfercmd retrbinary retrlines storbinary
    storlines login acct nlst dir mlsd rename delete cwd size mkd rmd pwd
    auth prot_p prot_c ccc";

/// Whoever looks for a name of ftplib's finds what is here instead: an item has it for its name,
/// or for an alias.
#[test]
fn every_name_of_ftplib_is_found() {
    let mut sources = String::new();
    read(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")),
        &mut sources,
    );
    let missing: Vec<_> = NAMES
        .split_whitespace()
        .filter(|name| !is_found(name, &sources))
        .collect();
    assert!(missing.is_empty(), "no alias for {missing:?}");
    assert!(!is_found("no_such_name", &sources));
}

fn is_found(name: &str, sources: &str) -> bool {
    let alias = format!("#[doc(alias = \"{name}\")]");
    let items =
        ["fn", "async fn", "enum", "struct", "const"].map(|kind| format!("pub {kind} {name}"));
    sources.contains(&alias)
        || items.iter().any(|item| {
            sources.match_indices(item).any(|(at, _)| {
                let next = sources[at + item.len()..].chars().next();
                next.is_some_and(|next| !next.is_alphanumeric() && next != '_')
            })
        })
}

fn read(directory: &Path, sources: &mut String) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, sources);
        } else {
            sources.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}
