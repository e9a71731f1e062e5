//! pyftpdlib, by way of `pyftpdlib_server.py`.

use std::{fmt::Write, io, path::Path};

use crate::{
    options::Tls,
    process::Launch,
    setup::{ID, PASSWORD, Setup, USER},
};

const SCRIPT: &str = include_str!("pyftpdlib_server.py");

pub(crate) fn launch(setup: &Setup<'_>) -> io::Result<Launch> {
    let script = setup.write("pyftpdlib_server.py", SCRIPT)?;
    Ok(Launch::new("python3")
        .arg("-u")
        .arg(script)
        .arg(settings(setup)?)
        .env("PYTHONPATH", setup.programs.python()?)
        .env("PYTHONDONTWRITEBYTECODE", "1"))
}

fn settings(setup: &Setup<'_>) -> io::Result<String> {
    let tls = match setup.options.tls {
        Tls::None => "none",
        Tls::Explicit => "explicit",
        Tls::Implicit => "implicit",
    };
    let (low, high) = setup.options.versions.bounds();
    let mut attributes = String::new();
    for attribute in &setup.options.extra {
        let Some((name, value)) = attribute.split_once('=') else {
            return Err(io::Error::other(format!(
                "`{attribute}` is not attribute=JSON"
            )));
        };
        let comma = if attributes.is_empty() { "" } else { "," };
        let _ = write!(attributes, "{comma}{}:{value}", quoted(name.trim()));
    }
    Ok(format!(
        r#"{{"host":{host},"port":{port},"first_passive_port":{first},"last_passive_port":{last},
"user":{user},"password":{password},"root":{root},"uid":{ID},"gid":{ID},"tls":"{tls}",
"minimum":"{low}","maximum":"{high}","certificate":{certificate},"key":{key},"attributes":{{{attributes}}}}}"#,
        host = quoted(&setup.address.ip().to_string()),
        port = setup.address.port(),
        first = setup.passive.start(),
        last = setup.passive.end(),
        user = quoted(USER),
        password = quoted(PASSWORD),
        root = path(&setup.root()),
        certificate = path(&setup.certificates.certificate),
        key = path(&setup.certificates.key),
    ))
}

fn path(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}

/// A JSON string; nothing here holds a control character.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
