//! Logins from `~/.netrc`.

use std::{env, fs, io, path::PathBuf};

use crate::{Result, failure::Failure};

/// What a file of logins holds, in its order.
#[derive(Debug, Default)]
pub(crate) struct Netrc {
    entries: Vec<Entry>,
    /// Where it was read from.
    pub(crate) path: PathBuf,
}

#[derive(Default)]
pub(crate) struct Entry {
    /// `None` for `default`.
    machine: Option<Vec<u8>>,
    pub(crate) login: Option<Vec<u8>>,
    pub(crate) password: Option<Vec<u8>>,
    pub(crate) account: Option<Vec<u8>>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").finish_non_exhaustive()
    }
}

impl Netrc {
    /// The file that was asked for, else `$NETRC`, else `~/.netrc`, which need not be there.
    pub(crate) fn load(asked: Option<&PathBuf>) -> Result<Self> {
        let named = asked
            .cloned()
            .or_else(|| env::var_os("NETRC").map(PathBuf::from));
        let is_named = named.is_some();
        let path = named.or_else(|| env::home_dir().map(|home| home.join(".netrc")));
        let Some(path) = path else {
            return Ok(Self::default());
        };
        match fs::read(&path) {
            Ok(text) => Ok(Self {
                entries: parse(&text),
                path,
            }),
            Err(error) if !is_named && error.kind() == io::ErrorKind::NotFound => {
                Ok(Self::default())
            }
            Err(error) => Err(Failure::local(&path, &error)),
        }
    }

    /// The first entry for `host` that is not of another user, else the default.
    pub(crate) fn find(&self, host: &str, user: Option<&[u8]>) -> Option<&Entry> {
        let fits = |entry: &&Entry| {
            user.is_none() || entry.login.is_none() || entry.login.as_deref() == user
        };
        let is_host = |entry: &&Entry| {
            let machine = entry.machine.as_deref();
            machine.is_some_and(|name| name.eq_ignore_ascii_case(host.as_bytes()))
        };
        let mut candidates = self.entries.iter().filter(fits);
        let exact = candidates.clone().find(is_host);
        exact.or_else(|| candidates.find(|entry| entry.machine.is_none()))
    }
}

/// Reads what it understands; other words are passed over, as other programs do.
fn parse(text: &[u8]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut words = Words(text);
    while let Some(word) = words.next() {
        match word.as_slice() {
            b"machine" => entries.push(Entry {
                machine: Some(words.next().unwrap_or_default()),
                ..Entry::default()
            }),
            b"default" => entries.push(Entry::default()),
            b"macdef" => words.skip_macro(),
            field => {
                let Some(entry) = entries.last_mut() else {
                    continue;
                };
                match field {
                    b"login" | b"user" => entry.login = words.next(),
                    b"password" => entry.password = words.next(),
                    b"account" => entry.account = words.next(),
                    [b'#', ..] => words.skip_line(),
                    _ => {}
                }
            }
        }
    }
    entries
}

/// The words of such a file: separated by blanks, or in double quotes with backslashes.
struct Words<'a>(&'a [u8]);

impl Iterator for Words<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        self.0 = self.0.trim_ascii_start();
        let quoted = self.0.first()? == &b'"';
        let mut word = Vec::new();
        let mut bytes = self.0.iter().copied().enumerate().skip(usize::from(quoted));
        let mut end = self.0.len();
        while let Some((at, byte)) = bytes.next() {
            match byte {
                b'\\' => word.extend(bytes.next().map(|(_, byte)| byte)),
                b'"' if quoted => {
                    end = at + 1;
                    break;
                }
                // Left for `skip_line`.
                byte if !quoted && byte.is_ascii_whitespace() => {
                    end = at;
                    break;
                }
                byte => word.push(byte),
            }
        }
        self.0 = self.0.get(end..).unwrap_or_default();
        Some(word)
    }
}

impl Words<'_> {
    fn skip_line(&mut self) {
        let end = self.0.iter().position(|&byte| byte == b'\n');
        self.0 = end.and_then(|end| self.0.get(end..)).unwrap_or_default();
    }

    /// A macro ends at the first empty line.
    fn skip_macro(&mut self) {
        let end = self.0.windows(2).position(|pair| pair == b"\n\n");
        self.0 = end.and_then(|end| self.0.get(end..)).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_found() {
        let text = b"# mine\nmachine a login joe password \"p \\\"w\" account x\n\
            macdef init\nmachine evil\n\n# more\nmachine b\n\tlogin ann\n\tpassword #1\n\
            machine a login eve password e\ndefault login anonymous password me@\n";
        let netrc = Netrc {
            entries: parse(text),
            path: PathBuf::new(),
        };
        let password = |host, user: Option<&str>| {
            let entry = netrc.find(host, user.map(str::as_bytes)).unwrap();
            String::from_utf8(entry.password.clone().unwrap()).unwrap()
        };
        assert_eq!(password("A", None), "p \"w");
        assert_eq!(password("a", Some("eve")), "e");
        assert_eq!(password("b", None), "#1");
        assert_eq!(password("evil", None), "me@");
        assert!(netrc.find("b", Some(b"bob")).is_none());
    }
}
