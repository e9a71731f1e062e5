//! The dialect of MLSD and MLST (RFC 3659, section 7), the only one with a specification.
//!
//! ```text
//! type=file;size=1234;modify=20240122105900;UNIX.mode=0644; notes.txt
//! ```

use memchr::{memchr, memmem};

use super::{
    columns::{Span, number},
    date::utc_stamp,
    dialect::{Context, Parsed},
    entry::{EntryKind, Fields},
    marks::Marks,
};

pub(super) fn read(line: &[u8], context: &Context, fields: &mut Fields) -> Parsed<()> {
    match read_alone(line, context, fields) {
        // A server tells the same facts in every line, so this one is no line of its listing.
        Parsed::Entry(()) if context.inside && fields.kind == EntryKind::Unknown => Parsed::Unknown,
        parsed => parsed,
    }
}

/// Whether the server tells what kind of thing each entry is.
pub(super) fn is_typed(line: &[u8]) -> bool {
    border(line).is_some_and(|border| say_type(&line[..border]))
}

fn read_alone(line: &[u8], context: &Context, fields: &mut Fields) -> Parsed<()> {
    // The blank that MLST puts before its entry, and some servers before those of MLSD.
    if let Some(rest) = line.strip_prefix(b" ")
        && let Some(border) = border(rest)
        && say_type(&rest[..border])
    {
        return entry(line, 1, border + 1, fields);
    }
    match border(line) {
        // A line may hold no facts at all, or unheard-of ones; but so may any other text.
        Some(border) if context.certain || say_type(&line[..border]) => {
            entry(line, 0, border, fields)
        }
        _ => Parsed::Unknown,
    }
}

fn say_type(text: &[u8]) -> bool {
    facts(text).any(|(name, _)| name.eq_ignore_ascii_case(b"type"))
}

/// The facts in the part of a line that holds them, as names and values.
pub(super) fn facts(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    text.split(|&byte| byte == b';').filter_map(|fact| {
        let at = memchr(b'=', fact)?;
        Some((&fact[..at], &fact[at + 1..]))
    })
}

/// Where the blank stands that ends the facts.
///
/// It is the first one, behind a semicolon, which some servers (NcFTPd) leave out. In spite of
/// the RFC the names of owners and the targets of links are sent with blanks in them, so there a
/// later blank behind a semicolon is taken, provided that all before it are facts.
fn border(line: &[u8]) -> Option<usize> {
    let first = memchr(b' ', line)?;
    let (facts, rest) = line.split_at(first);
    if facts.is_empty() || facts.ends_with(b";") {
        return Some(first);
    }
    let last = facts.rsplit(|&byte| byte == b';').next()?;
    if !may_hold_blanks(last) {
        return Some(first);
    }
    let later = memmem::find(rest, b"; ").filter(|&end| {
        let value = memchr(b';', rest).unwrap_or(end);
        are_facts(&rest[value..end])
    });
    Some(later.map_or(first, |end| first + end + 1))
}

/// Whether all between the semicolons is `name=value`, with a name that could be one.
fn are_facts(text: &[u8]) -> bool {
    text.split(|&byte| byte == b';')
        .all(|fact| fact.is_empty() || Fact::read(fact).is_some())
}

fn may_hold_blanks(fact: &[u8]) -> bool {
    match Fact::read(fact) {
        Some((Fact::Type, value)) => kind(&fact[value..]).1 > 0,
        // A number has none; what follows it is the name, behind a last fact without semicolon.
        Some((Fact::Owner(_) | Fact::Group(_), value)) => number(&fact[value..]).is_none(),
        _ => false,
    }
}

/// A fact that one of an entry's fields is made of.
#[derive(Clone, Copy)]
enum Fact {
    Type,
    Size,
    Modify,
    Mode,
    Links,
    /// With its rank: a name is better than a number.
    Owner(u8),
    Group(u8),
    Other,
}

/// The longest name of a fact below.
const LONGEST: usize = b"unix.ownername".len();

impl Fact {
    /// Reads a fact, and says where behind its `=` the value begins. `None` when it is none.
    fn read(text: &[u8]) -> Option<(Self, usize)> {
        let length = memchr(b'=', text)?;
        Some((Self::named(&text[..length])?, length + 1))
    }

    /// The fact of this name, in upper or lower case. `None` when it can be none's.
    fn named(name: &[u8]) -> Option<Self> {
        // In the spellings that servers use it is found as it is.
        if let Some(known) = Self::spelled(name) {
            return Some(known);
        }
        let is_name_byte = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_/".contains(byte);
        if name.is_empty() || !name.iter().all(is_name_byte) {
            return None;
        }
        let mut lower = [0; LONGEST];
        let known = lower.get_mut(..name.len()).and_then(|lower| {
            lower.copy_from_slice(name);
            lower.make_ascii_lowercase();
            Self::spelled(lower)
        });
        Some(known.unwrap_or(Self::Other))
    }

    fn spelled(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"type" | b"Type" => Self::Type,
            // "sizd" is that of a directory, by Pure-FTPd.
            b"size" | b"Size" | b"sizd" => Self::Size,
            b"modify" | b"Modify" => Self::Modify,
            // Known to say nothing that an entry has a field for.
            b"perm" | b"Perm" | b"unique" | b"Unique" => Self::Other,
            b"unix.mode" | b"UNIX.mode" => Self::Mode,
            b"unix.links" | b"unix.nlink" => Self::Links,
            b"unix.ownername" | b"UNIX.ownername" | b"unix.username" => Self::Owner(3),
            b"unix.owner" | b"UNIX.owner" | b"unix.user" => Self::Owner(2),
            b"unix.uid" | b"UNIX.uid" | b"uid" => Self::Owner(1),
            b"unix.groupname" | b"UNIX.groupname" => Self::Group(3),
            b"unix.group" | b"UNIX.group" => Self::Group(2),
            b"unix.gid" | b"UNIX.gid" | b"gid" => Self::Group(1),
            _ => return None,
        })
    }
}

/// Makes an entry of the facts from `start` to `border` and the name behind them.
fn entry(line: &[u8], start: usize, border: usize, fields: &mut Fields) -> Parsed<()> {
    fields.has_facts = true;
    fields.name = Span::new(border + 1, line.len());
    let mut ranks = Ranks::default();
    let mut marks = Marks::<b'=', b';'>::behind(&line[..border], start);
    let mut at = start;
    // Behind the last mark comes the border, which is a blank of the line.
    while at < border {
        let equals = marks.next();
        match line[equals] {
            b'=' => {}
            b';' if equals == at => {
                at += 1;
                continue;
            }
            _ => return Parsed::Unknown,
        }
        let Some(fact) = Fact::named(&line[at..equals]) else {
            return Parsed::Unknown;
        };
        let mut end = marks.next();
        while line[end] == b'=' {
            end = marks.next();
        }
        let value = Span::new(equals + 1, end);
        set(fields, &mut ranks, fact, value, line);
        at = end + 1;
    }
    match (fields.name.is_empty(), fields.kind) {
        // Some servers have them as directories like others.
        (false, _) => {
            fields.mark_dots(line);
            Parsed::Entry(())
        }
        // The listed directory itself needs no name.
        (true, EntryKind::CurrentDirectory | EntryKind::ParentDirectory) => Parsed::Noise,
        (true, _) => Parsed::Unknown,
    }
}

/// How good the names of owner and group are that have been found.
#[derive(Default)]
struct Ranks {
    owner: u8,
    group: u8,
}

fn set(fields: &mut Fields, ranks: &mut Ranks, fact: Fact, value: Span, line: &[u8]) {
    let text = value.of(line);
    match fact {
        Fact::Type => {
            let (kind, target) = kind(text);
            fields.kind = kind;
            if target > 0 {
                fields.target = Span::new(value.start() + target, value.end());
            }
        }
        Fact::Size => fields.size = fields.size.or_else(|| number(text)),
        Fact::Modify => fields.modified = utc_stamp(text),
        Fact::Mode => fields.permissions = mode(text),
        Fact::Links => fields.links = number(text).into(),
        Fact::Owner(rank) if rank > ranks.owner && !text.is_empty() => {
            (fields.owner, ranks.owner) = (value, rank);
        }
        Fact::Group(rank) if rank > ranks.group && !text.is_empty() => {
            (fields.group, ranks.group) = (value, rank);
        }
        Fact::Owner(_) | Fact::Group(_) | Fact::Other => {}
    }
}

/// The kind that a value of `type` names, and where in it the target of a link begins, or 0.
fn kind(value: &[u8]) -> (EntryKind, usize) {
    const KINDS: [(&[u8], EntryKind); 4] = [
        (b"file", EntryKind::File),
        (b"dir", EntryKind::Directory),
        (b"cdir", EntryKind::CurrentDirectory),
        (b"pdir", EntryKind::ParentDirectory),
    ];
    const OS_KINDS: [(&[u8], EntryKind); 11] = [
        (b"slink", EntryKind::Symlink),
        (b"symlink", EntryKind::Symlink),
        (b"link", EntryKind::Symlink),
        (b"chr", EntryKind::CharDevice),
        (b"cdev", EntryKind::CharDevice),
        (b"blk", EntryKind::BlockDevice),
        (b"bdev", EntryKind::BlockDevice),
        (b"fifo", EntryKind::Fifo),
        (b"pipe", EntryKind::Fifo),
        (b"socket", EntryKind::Socket),
        (b"door", EntryKind::Door),
    ];
    let is = |word: &[u8], name: &[u8]| name.eq_ignore_ascii_case(word);
    match value {
        b"" => return (EntryKind::Unknown, 0),
        b"file" => return (EntryKind::File, 0),
        b"dir" => return (EntryKind::Directory, 0),
        _ => {}
    }
    if let Some(&(_, kind)) = KINDS.iter().find(|(name, _)| is(value, name)) {
        return (kind, 0);
    }
    // "OS.unix=slink:/target", "OS.unix=chr-8/0"; the prefix names the system.
    let start = match value.get(..3) {
        Some(prefix) if is(prefix, b"OS.") => memchr(b'=', value).map_or(0, |at| at + 1),
        _ => 0,
    };
    let word = &value[start..];
    let letters = word.iter().take_while(|byte| byte.is_ascii_alphabetic());
    let letters = letters.count();
    let kind = OS_KINDS
        .iter()
        .find(|(name, _)| is(&word[..letters], name))
        .map_or(EntryKind::Other, |&(_, kind)| kind);
    match word.get(letters) {
        Some(b':') if kind == EntryKind::Symlink => (kind, start + letters + 1),
        _ => (kind, 0),
    }
}

/// An octal mode, of which the twelve lower bits are permissions.
pub(super) fn mode(value: &[u8]) -> Option<u16> {
    if value.is_empty() || value.len() > 8 {
        return None;
    }
    let mode = value.iter().try_fold(0u32, |mode, byte| {
        matches!(byte, b'0'..=b'7').then(|| mode << 3 | u32::from(byte - b'0'))
    })?;
    Some((mode & 0o7777) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(line: &str) -> Option<String> {
        let context = Context {
            certain: true,
            ..Context::default()
        };
        let mut fields = Fields::default();
        let Parsed::Entry(()) = read(line.as_bytes(), &context, &mut fields) else {
            return None;
        };
        let text = |span: Span| span.of(line.as_bytes()).escape_ascii().to_string();
        let number = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |n| n.to_string());
        Some(format!(
            "{:?} {} {} {} {}|{} {}|{}",
            fields.kind,
            number(fields.size),
            number(fields.permissions.map(u64::from)),
            number(fields.links.get()),
            text(fields.owner),
            text(fields.group),
            text(fields.name),
            text(fields.target),
        ))
    }

    fn check(table: &[(&str, &str)]) {
        for (line, meant) in table {
            assert_eq!(summary(line).as_deref(), Some(*meant), "{line}");
        }
    }

    #[test]
    fn names_are_all_behind_the_first_blank() {
        check(&[
            ("type=file;  a ", "File - - - |  a |"),
            ("type=file; a; b=c; d", "File - - - | a; b=c; d|"),
            ("type=file;size=3 a; b=c; d", "File 3 - - | a; b=c; d|"),
            (" no facts", "Unknown - - - | no facts|"),
            ("  ", "Unknown - - - |  |"),
            (
                " type=dir; /leading blank",
                "Directory - - - | /leading blank|",
            ),
            (" a=b; c", "Unknown - - - | a=b; c|"),
            ("type=dir; .", "CurrentDirectory - - - | .|"),
            ("type=dir; ..", "ParentDirectory - - - | ..|"),
            (
                "type=file;unix.owner=0;unix.group=5 my; file",
                "File - - - 0|5 my; file|",
            ),
            (
                "type=file;unix.owner=a b;unix.group=c d; file",
                "File - - - a b|c d file|",
            ),
            ("type= n", "Unknown - - - | n|"),
            ("type=file;;size=1; n", "File 1 - - | n|"),
        ]);
    }

    #[test]
    fn kinds() {
        let table = [
            ("FILE", "File", ""),
            ("Dir", "Directory", ""),
            ("cdir", "CurrentDirectory", ""),
            ("PDIR", "ParentDirectory", ""),
            ("OS.unix=slink:/a b", "Symlink", "/a b"),
            ("OS.UNIX=SLINK:../x=y", "Symlink", "../x=y"),
            ("OS.unix=slink:", "Symlink", ""),
            ("OS.unix=symlink", "Symlink", ""),
            ("OS.unix=chr-13/29", "CharDevice", ""),
            ("OS.unix=blk-8/0", "BlockDevice", ""),
            ("OS.unix=fifo", "Fifo", ""),
            ("OS.unix=socket", "Socket", ""),
            ("OS.vms=whatever", "Other", ""),
            ("filet", "Other", ""),
            ("", "Unknown", ""),
        ];
        for (value, kind, target) in table {
            let found = super::kind(value.as_bytes());
            assert_eq!(format!("{:?}", found.0), kind, "{value}");
            let found = if found.1 > 0 { &value[found.1..] } else { "" };
            assert_eq!(found, target, "{value}");
        }
    }

    #[test]
    fn facts_of_every_server() {
        check(&[
            (
                concat!(
                    "perm=adfrw;size=1234;type=file;UNIX.group=33;UNIX.groupname=www data;",
                    "UNIX.mode=02644;UNIX.owner=1000;UNIX.ownername=a b; n",
                ),
                "File 1234 1444 - a b|www data n|",
            ),
            (
                "type=OS.unix=slink:/a b;UNIX.owner=1; n",
                "Symlink - - - 1| n|/a b",
            ),
            ("type=OS.unix=slink:/a n", "Symlink - - - | n|/a"),
            (
                "Type=dir;Sizd=4096;UNIX.uid=0;UNIX.gid=5;UNIX.links=3; n",
                "Directory 4096 - 3 0|5 n|",
            ),
            (
                "UNIX.ownername=x;UNIX.owner=1;UNIX.group=;UNIX.mode=100755; n",
                "Unknown - 493 - x| n|",
            ),
            ("type=file;size=-1;UNIX.mode=09; n", "File - - - | n|"),
        ]);
    }

    #[test]
    fn what_is_no_entry() {
        let unknown = [
            "/no/blank",
            "type=dir;UNIX.mode=0775;/no/blank",
            "type=dir;UNIX.mode=0775; ",
            "Type=dir;Size; missing =size",
            "ls: cannot open",
            "=x; n",
            " ",
        ];
        for line in unknown {
            assert_eq!(summary(line), None, "{line}");
        }
        let guessed = Context::default();
        assert!(matches!(
            read(b"type=cdir; ", &guessed, &mut Fields::default()),
            Parsed::Noise
        ));
        for line in [" n", "a=b n", "size=3; n"] {
            assert!(
                matches!(
                    read(line.as_bytes(), &guessed, &mut Fields::default()),
                    Parsed::Unknown
                ),
                "{line}"
            );
        }
    }
}
