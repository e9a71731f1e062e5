//! What a server says it can do: the reply to FEAT (RFC 2389 section 3).

/// The features that a server lists in its reply to `FEAT` (RFC 2389 section 3.2).
///
/// A feature is a word, most often the name of a command, with parameters or without. Case never
/// matters for the word. The same word may come more than once, each time with other parameters.
///
/// ```
/// use tokio_ftp::protocol::Features;
///
/// let lines = ["Features:", " MDTM", " REST STREAM", " MLST type*;size*;owner;", "End"];
/// let features = Features::parse(lines.iter().map(|line| line.as_bytes()));
/// assert!(features.has("mdtm"));
/// assert_eq!(features.parameters("REST"), Some("STREAM"));
/// assert!(features.mlst_facts().eq([("type", true), ("size", true), ("owner", false)]));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features(Vec<Feature>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Feature {
    name: String,
    parameters: String,
}

impl Features {
    /// The features in a reply of the given lines, their codes stripped.
    ///
    /// The first and the last line of a reply are words for the reader and never name a feature,
    /// so a reply of one line (`211 No features`) has none. A feature line begins with one blank;
    /// servers that leave it out are understood too. Bytes that are not UTF-8 become U+FFFD.
    pub fn parse<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut features = Vec::new();
        let mut lines = lines.skip(1).peekable();
        while let Some(line) = lines.next() {
            if lines.peek().is_none() {
                break;
            }
            let line = String::from_utf8_lossy(line.trim_ascii());
            let (name, parameters) = line
                .split_once(|c: char| c.is_ascii_whitespace())
                .unwrap_or((&line, ""));
            if !name.is_empty() {
                features.push(Feature {
                    name: name.to_owned(),
                    parameters: parameters.trim_start().to_owned(),
                });
            }
        }
        Self(features)
    }

    /// Whether the server lists the feature, whatever its parameters; case does not matter.
    pub fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// What follows the feature's name on the first line that lists it: empty where nothing does,
    /// `None` where the server does not list it.
    pub fn parameters(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Whether the server lists `AUTH TLS`, on a line of its own or among others as in
    /// `AUTH TLS;TLS-C;SSL;` (RFC 4217 section 6).
    ///
    /// `TLS-C` is an older name of the same mechanism.
    pub fn has_auth_tls(&self) -> bool {
        self.all("AUTH")
            .flat_map(|parameters| parameters.split([';', ',', ' ', '\t']))
            .any(|word| word.eq_ignore_ascii_case("TLS") || word.eq_ignore_ascii_case("TLS-C"))
    }

    /// The facts that the server can give in MLST and MLSD, each with whether it does so unasked,
    /// which the server marks with `*` (RFC 3659 section 7.8).
    pub fn mlst_facts(&self) -> impl Iterator<Item = (&str, bool)> {
        self.parameters("MLST")
            .unwrap_or_default()
            .split(';')
            .map(str::trim)
            .map(|fact| match fact.strip_suffix('*') {
                Some(fact) => (fact.trim_end(), true),
                None => (fact, false),
            })
            .filter(|(fact, _)| !fact.is_empty())
    }

    /// Every feature's name as the server writes it and its parameters, in the server's order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|feature| (feature.name.as_str(), feature.parameters.as_str()))
    }

    /// Whether the server lists nothing at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.iter()
            .filter(move |(listed, _)| listed.eq_ignore_ascii_case(name))
            .map(|(_, parameters)| parameters)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn features(reply: &str) -> Features {
        Features::parse(reply.lines().map(str::as_bytes))
    }

    const VSFTPD: &str = "Features:
 AUTH TLS
 EPRT
 EPSV
 MDTM
 PASV
 PBSZ
 PROT
 REST STREAM
 SIZE
 TVFS
 UTF8
End";

    const PURE_FTPD: &str = "Extensions supported:
 UTF8
 EPRT
 IDLE
 MDTM
 SIZE
 MFMT
 REST STREAM
 MLST type*;size*;sizd*;modify*;UNIX.mode*;UNIX.uid*;UNIX.gid*;unique*;
 MLSD
 PRET
 AUTH TLS
 PBSZ
 PROT
 HASH SHA-256*;SHA-1
End.";

    #[test]
    fn features_are_found_in_any_case() {
        let features = features(VSFTPD);
        for name in ["AUTH", "auth", "Mdtm", "utf8", "TVFS"] {
            assert!(features.has(name), "{name}");
        }
        for name in ["MLST", "Features:", "End", "AUTH TLS", "MDT", ""] {
            assert!(!features.has(name), "{name}");
        }
        assert_eq!(features.iter().count(), 11);
        assert_eq!(features.iter().next(), Some(("AUTH", "TLS")));
    }

    #[test]
    fn parameters_follow_the_name() {
        let features = features(PURE_FTPD);
        assert_eq!(features.parameters("rest"), Some("STREAM"));
        assert_eq!(features.parameters("HASH"), Some("SHA-256*;SHA-1"));
        assert_eq!(features.parameters("PRET"), Some(""));
        assert_eq!(features.parameters("XCRC"), None);
    }

    #[test]
    fn odd_replies_are_understood() {
        let table: &[(&str, &[(&str, &str)])] = &[
            ("", &[]),
            ("No features", &[]),
            ("MDTM", &[]),
            ("Features:\nEnd", &[]),
            ("Features:\n MDTM\nEnd", &[("MDTM", "")]),
            ("Features:\nMDTM\nSIZE\nEnd", &[("MDTM", ""), ("SIZE", "")]),
            ("Features:\n\n \n mdtm\n\nEnd", &[("mdtm", "")]),
            (
                "Features:\n  REST  STREAM \r\n\tTVFS\nEnd",
                &[("REST", "STREAM"), ("TVFS", "")],
            ),
            (
                "Features:\n LANG EN*;FR\n SITE MKDIR UTIME\nEnd",
                &[("LANG", "EN*;FR"), ("SITE", "MKDIR UTIME")],
            ),
            ("\n MDTM\n", &[]),
        ];
        for &(reply, wanted) in table {
            let features = features(reply);
            assert!(features.iter().eq(wanted.iter().copied()), "{reply:?}");
            assert_eq!(features.is_empty(), wanted.is_empty(), "{reply:?}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_harm_no_other_feature() {
        let lines: [&[u8]; 4] = [b"\xff", b" X\xff \xfe", b" MDTM", b"\xff"];
        let features = Features::parse(lines.into_iter());
        assert!(features.has("MDTM"));
        assert_eq!(features.iter().next(), Some(("X\u{fffd}", "\u{fffd}")));
    }

    #[test]
    fn auth_tls_is_found_among_other_mechanisms() {
        for (lines, wanted) in [
            (" AUTH TLS", true),
            (" auth tls", true),
            (" AUTH TLS;SSL;", true),
            (" AUTH SSL;TLS-P;TLS-C;", true),
            (" AUTH SSL TLS", true),
            (" AUTH SSL\n AUTH TLS", true),
            (" AUTH SSL", false),
            (" AUTH TLS-P", false),
            (" AUTH", false),
            (" TLS", false),
            ("", false),
        ] {
            let features = features(&format!("Features:\n{lines}\nEnd"));
            assert_eq!(features.has_auth_tls(), wanted, "{lines:?}");
        }
    }

    #[test]
    fn mlst_facts_are_named_and_marked() {
        let table: &[(&str, &[(&str, bool)])] = &[
            (
                "MLST Type*;Size*;Modify;UNIX.mode*;",
                &[
                    ("Type", true),
                    ("Size", true),
                    ("Modify", false),
                    ("UNIX.mode", true),
                ],
            ),
            ("mlst type; size*", &[("type", false), ("size", true)]),
            ("MLST ;;*;", &[]),
            ("MLST", &[]),
            ("MLSD type*;", &[]),
        ];
        for &(line, wanted) in table {
            let features = features(&format!("Features:\n {line}\nEnd"));
            assert!(features.mlst_facts().eq(wanted.iter().copied()), "{line}");
        }
        assert_eq!(features(PURE_FTPD).mlst_facts().count(), 8);
    }

    proptest! {
        #[test]
        fn no_lines_panic(lines: Vec<Vec<u8>>, name: String) {
            let features = Features::parse(lines.iter().map(Vec::as_slice));
            let _ = (features.has(&name), features.parameters(&name), features.has_auth_tls());
            prop_assert!(features.iter().count() <= lines.len().saturating_sub(2));
            prop_assert!(features.mlst_facts().all(|(fact, _)| !fact.is_empty()));
        }

        #[test]
        fn what_is_listed_is_found(
            listed in prop::collection::vec(("[A-Z0-9]{1,8}", "([!-~]{1,9})?"), 0..9),
        ) {
            let mut reply = "Features:\n".to_owned();
            for (name, parameters) in &listed {
                reply += &format!(" {name} {parameters}\n");
            }
            let features = features(&(reply + "End"));
            let listed = listed.iter().map(|(name, rest)| (name.as_str(), rest.as_str()));
            prop_assert!(features.iter().eq(listed));
        }
    }
}
