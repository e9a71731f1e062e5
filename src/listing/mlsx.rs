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
    word::{first, lower, spell, word},
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
        && is_typed(rest)
    {
        return entry(line, 1, fields);
    }
    // A line may hold no facts at all, or unheard-of ones; but so may any other text.
    if context.certain || is_typed(line) {
        return entry(line, 0, fields);
    }
    Parsed::Unknown
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
/// It is the first one, behind a semicolon, which some servers (NcFTPd) leave out.
fn border(line: &[u8]) -> Option<usize> {
    let blank = memchr(b' ', line)?;
    let fact = line[..blank].iter().rposition(|&byte| byte == b';');
    let fact = fact.map_or(0, |semicolon| semicolon + 1);
    Some(border_behind(line, fact, blank))
}

/// The same, where the first blank stands in or behind the fact that begins here.
///
/// In spite of the RFC the names of owners and the targets of links are sent with blanks in them,
/// so there a later blank behind a semicolon is taken, provided that all before it are facts.
#[cold]
fn border_behind(line: &[u8], fact: usize, blank: usize) -> usize {
    if !may_hold_blanks(&line[fact..blank]) {
        return blank;
    }
    let rest = &line[blank..];
    let later = memmem::find(rest, b"; ").filter(|&end| {
        let value = memchr(b';', rest).unwrap_or(end);
        are_facts(&rest[value..end])
    });
    later.map_or(blank, |end| blank + end + 1)
}

/// Whether all between the semicolons is `name=value`, with a name that could be one.
fn are_facts(text: &[u8]) -> bool {
    text.split(|&byte| byte == b';')
        .all(|fact| fact.is_empty() || Fact::at(fact, 0).is_some())
}

fn may_hold_blanks(fact: &[u8]) -> bool {
    match Fact::at(fact, 0) {
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

// Names of facts as words.
const TYPE: u64 = spell(b"type=");
const SIZE: u64 = spell(b"size=");
const PERM: u64 = spell(b"perm=");
const UNIX: u64 = spell(b"unix.");
const MODIFY: u64 = spell(b"modify=");
const UNIQUE: u64 = spell(b"unique=");
const UID: u64 = spell(b"uid=");
const GID: u64 = spell(b"gid=");
const MODE: u64 = spell(b"mode=");
const OWNER: u64 = spell(b"owner=");
const GROUP: u64 = spell(b"group=");

/// Facts that few servers send, but for that of a directory's size by Pure-FTPd.
const RARE: [(&[u8], Fact); 9] = [
    (b"sizd", Fact::Size),
    (b"unix.links", Fact::Links),
    (b"unix.nlink", Fact::Links),
    (b"unix.ownername", Fact::Owner(3)),
    (b"unix.username", Fact::Owner(3)),
    (b"unix.user", Fact::Owner(2)),
    (b"uid", Fact::Owner(1)),
    (b"unix.groupname", Fact::Group(3)),
    (b"gid", Fact::Group(1)),
];

impl Fact {
    /// The fact that begins here, and where behind its `=` the value does. `None` when it is none.
    #[inline(always)]
    fn at(line: &[u8], at: usize) -> Option<(Self, usize)> {
        let name = lower(word(line, at));
        let (fact, length) = match first(name, 5) {
            TYPE => (Self::Type, 5),
            SIZE => (Self::Size, 5),
            PERM => (Self::Other, 5),
            UNIX => return Self::unix(line, at),
            _ => match first(name, 7) {
                MODIFY => (Self::Modify, 7),
                UNIQUE => (Self::Other, 7),
                _ => return Self::rare(line, at),
            },
        };
        Some((fact, at + length))
    }

    #[inline(always)]
    fn unix(line: &[u8], at: usize) -> Option<(Self, usize)> {
        let name = lower(word(line, at + 5));
        let (fact, length) = match (first(name, 4), first(name, 6)) {
            (UID, _) => (Self::Owner(1), 9),
            (GID, _) => (Self::Group(1), 9),
            (_, OWNER) => (Self::Owner(2), 11),
            (_, GROUP) => (Self::Group(2), 11),
            _ if first(name, 5) == MODE => (Self::Mode, 10),
            _ => return Self::rare(line, at),
        };
        Some((fact, at + length))
    }

    /// The same for the others.
    #[cold]
    #[inline(never)]
    fn rare(line: &[u8], at: usize) -> Option<(Self, usize)> {
        let text = line.get(at..)?;
        let length = memchr(b'=', text)?;
        let name = &text[..length];
        let is_name_byte = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_/".contains(byte);
        if name.is_empty() || !name.iter().all(is_name_byte) {
            return None;
        }
        let known = RARE
            .iter()
            .find(|(rare, _)| name.eq_ignore_ascii_case(rare));
        let fact = known.map_or(Self::Other, |&(_, fact)| fact);
        Some((fact, at + length + 1))
    }
}

/// Makes an entry of the facts from `start` on and the name behind them.
fn entry(line: &[u8], start: usize, fields: &mut Fields) -> Parsed<()> {
    let mut ranks = Ranks::default();
    let mut marks = Marks::<b';', b' '>::behind(line, start);
    // Known once a blank has been met.
    let mut border = None;
    let mut at = start;
    loop {
        let mut end = marks.next();
        if end == at && line.get(end) == Some(&b';') {
            at += 1;
            continue;
        }
        // No fact begins with a blank.
        if end == at {
            break;
        }
        let Some((fact, value)) = Fact::at(line, at) else {
            return Parsed::Unknown;
        };
        while line.get(end) == Some(&b' ') {
            let border = *border.get_or_insert_with(|| border_behind(line, at, end));
            if end >= border {
                break;
            }
            end = marks.next();
        }
        set(fields, &mut ranks, fact, Span::new(value, end), line);
        at = end;
        if line.get(at) != Some(&b';') {
            break;
        }
        at += 1;
    }
    if at >= line.len() {
        return Parsed::Unknown;
    }
    fields.has_facts = true;
    fields.name = Span::new(at + 1, line.len());
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
