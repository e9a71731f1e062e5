//! The dialects of z/OS (MVS): data sets, members and load modules; for jobs see `jes.rs`.
//!
//! ```text
//! Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname
//! SAVE00 3390   2004/06/23  1    1  FB     128  6144  PS    USER.NOTES
//! Migrated                                                  USER.OLD
//!
//!  Name     VV.MM   Created       Changed      Size  Init   Mod   Id
//! NOTES     01.03 2002/09/12 2002/10/11 09:37    11    11     0 KIL001
//!
//!  Name      Size     TTR   Alias-of AC--------- Attributes --------- Amode Rmode
//! PROGRAM   01A990   00030C          00  FO             RN RU            31    ANY
//! ```
//!
//! Space is counted in tracks and the size of a member in records, so that neither is a size in
//! bytes; and "referred" is the day of the last use, which need not have changed anything.

use super::{
    columns::{Words, number},
    date::time_of_day,
    dialect::{Context, Parsed},
    entry::{EntryKind, Fields},
    numeric_date::{DateOrder, NumericDate},
};

const HEADS: [[&[u8]; 3]; 3] = [
    [b"Volume", b"Unit", b"Referred"],
    [b"Name", b"VV.MM", b"Created"],
    [b"Name", b"Size", b"TTR"],
];

pub(super) fn read(line: &[u8], context: &Context) -> Parsed {
    let words = Words::new(line);
    if HEADS.iter().any(|head| words.begin_with(head)) {
        return Parsed::Head;
    }
    data_set(&words, context)
        .or_else(|| elsewhere(&words, context))
        .or_else(|| member(&words, context))
        .or_else(|| load_module(&words))
        .or_else(|| bare_member(&words).filter(|_| context.certain && context.inside))
        .into()
}

/// Whether the line shows that the listing is one of members: their head, or one with statistics.
pub(super) fn is_of_members(line: &[u8]) -> bool {
    let words = Words::new(line);
    HEADS[1..].iter().any(|head| words.begin_with(head))
        || member(&words, &Context::default()).is_some()
        || load_module(&words).is_some()
}

/// An entry with the name in this column.
fn entry(words: &Words<'_>, kind: EntryKind, name: usize) -> Fields {
    Fields {
        kind,
        name: words.span(name),
        ..Fields::default()
    }
}

fn data_set(words: &Words<'_>, context: &Context) -> Option<Fields> {
    let unit = words.get(1);
    let kind = match words.count() {
        4 if words.get(2) == b"VSAM" && is_certain(words, context) => EntryKind::Other,
        // The numbers of extents and of tracks in use may have run together.
        9 | 10 => {
            let numbers = 3..words.count() - 5;
            let are_numbers = numbers.clone().all(|at| number(words.get(at)).is_some());
            let sizes = [words.backwards(3), words.backwards(4)];
            let record = words.backwards(5);
            if !are_numbers
                || sizes.iter().any(|word| number(word).is_none())
                || record.is_empty()
                || !record
                    .iter()
                    .all(|byte| byte.is_ascii_uppercase() || *byte == b'*')
                || !is_referred(words.get(2))
            {
                return None;
            }
            match words.backwards(2) {
                b"PO" | b"PO-E" | b"POU" => EntryKind::Directory,
                b"PS" | b"PS-E" | b"PS-L" | b"PSU" => EntryKind::File,
                [b'A'..=b'Z', ..] => EntryKind::Other,
                _ => return None,
            }
        }
        _ => return None,
    };
    (is_name_part(unit) && is_name_part(words.get(0)) && is_data_set_name(words.backwards(1)))
        .then(|| entry(words, kind, words.count() - 1))
}

/// Whether a line of few words is one of this dialect and no text: `Tape ROBOT`.
fn is_certain(words: &Words<'_>, context: &Context) -> bool {
    context.certain || words.backwards(1).contains(&b'.')
}

/// Data sets of which the listing says no more than where they are.
fn elsewhere(words: &Words<'_>, context: &Context) -> Option<Fields> {
    const PLACES: [(&[&[u8]], EntryKind); 7] = [
        (&[b"Migrated"], EntryKind::Unknown),
        (&[b"Pseudo", b"Directory"], EntryKind::Directory),
        (&[b"Tape"], EntryKind::File),
        (&[b"Not", b"Mounted"], EntryKind::Unknown),
        (
            &[b"Not", b"Direct", b"Access", b"Device"],
            EntryKind::Unknown,
        ),
        (
            &[b"Error", b"determining", b"attributes"],
            EntryKind::Unknown,
        ),
        (&[b"User", b"catalog", b"connector"], EntryKind::Other),
    ];
    let name = words.count().checked_sub(1)?;
    let is_at = |place: &[&[u8]], from: usize| {
        from + place.len() == name
            && place
                .iter()
                .zip(from..)
                .all(|(word, at)| words.get(at) == *word)
    };
    let (_, kind) = PLACES
        .iter()
        .find(|(place, _)| is_at(place, 0) || is_at(place, 1) && is_name_part(words.get(0)))?;
    (is_data_set_name(words.get(name)) && is_certain(words, context))
        .then(|| entry(words, *kind, name))
}

fn member(words: &Words<'_>, context: &Context) -> Option<Fields> {
    let &[v1, v2, b'.', m1, m2] = words.get(1) else {
        return None;
    };
    if !is_name_part(words.get(0))
        || !matches!(words.count(), 8 | 9)
        || number(&[v1, v2, m1, m2]).is_none()
        || (5..8).any(|at| number(words.get(at)).is_none())
    {
        return None;
    }
    NumericDate::read(words.get(2), DateOrder::YearFirst)?;
    let changed = NumericDate::read(words.get(3), DateOrder::YearFirst)?;
    let time = time_of_day(words.get(4))?;
    let mut fields = entry(words, EntryKind::File, 0);
    fields.modified = changed.at(time, &context.clock);
    fields.owner = words.span(8);
    Some(fields)
}

fn load_module(words: &Words<'_>) -> Option<Fields> {
    let hexadecimal = |word: &[u8]| {
        let digits = std::str::from_utf8(word).ok()?;
        let is_hexadecimal = word.len() == 6 && word.iter().all(u8::is_ascii_hexdigit);
        u64::from_str_radix(digits, 16)
            .ok()
            .filter(|_| is_hexadecimal)
    };
    let size = hexadecimal(words.get(1))?;
    hexadecimal(words.get(2))?;
    let is_mode = |word| [&b"24"[..], b"31", b"64", b"ANY"].contains(&word);
    if words.count() < 6
        || !is_name_part(words.get(0))
        || !is_mode(words.backwards(1))
        || !is_mode(words.backwards(2))
    {
        return None;
    }
    let mut fields = entry(words, EntryKind::File, 0);
    fields.size = Some(size);
    Some(fields)
}

/// A member without statistics, of which a line says nothing but the name.
fn bare_member(words: &Words<'_>) -> Option<Fields> {
    let is_member = words.count() == 1 && is_name(words.get(0));
    is_member.then(|| entry(words, EntryKind::File, 0))
}

/// Whether a day of last use can stand in this column.
fn is_referred(word: &[u8]) -> bool {
    word == b"**NONE**" || NumericDate::read(word, DateOrder::YearFirst).is_some()
}

/// Up to eight upper case letters, digits and national characters.
pub(super) fn is_name_part(word: &[u8]) -> bool {
    let is_letter =
        |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"@#$-".contains(byte);
    matches!(word.len(), 1..=8) && word.iter().all(is_letter)
}

/// The same, which no digit and no hyphen begins.
pub(super) fn is_name(word: &[u8]) -> bool {
    is_name_part(word) && !word[0].is_ascii_digit() && word[0] != b'-'
}

/// Such parts with periods between, perhaps in quotes.
fn is_data_set_name(word: &[u8]) -> bool {
    let word = match word {
        [b'\'', word @ .., b'\''] => word,
        word => word,
    };
    word.len() <= 44 && word.split(|&byte| byte == b'.').all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::columns::Span;

    fn summary(line: &str, certain: bool) -> String {
        let context = Context {
            certain,
            inside: certain,
            ..Context::default()
        };
        let text = |span: Span| String::from_utf8_lossy(span.of(line.as_bytes()));
        match read(line.as_bytes(), &context) {
            Parsed::Entry(fields) => format!(
                "{:?} {:?} {} {}|{}",
                fields.kind,
                fields.size,
                fields.modified.is_some(),
                text(fields.owner),
                text(fields.name)
            ),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn lines_of_every_kind() {
        let table = [
            (
                "SAVE00 3390   2004/06/23  1    1  FB     128  6144  PS    A.B.C",
                "File None false |A.B.C",
            ),
            (
                "SAVE02 3390   2004/06/23  1    1  FB     128  6144  PO-E  A.B",
                "Directory None false |A.B",
            ),
            (
                "PEX26F 3390   2017/07/03  115807  FB   29600 29600  PS    A.$B.C",
                "File None false |A.$B.C",
            ),
            (
                "NRP004 3390   **NONE**    1   15  NONE     0     0  PO    'A.B'",
                "Directory None false |'A.B'",
            ),
            ("TSO004 3390   VSAM A.B", "Other None false |A.B"),
            (
                "Migrated                        A.B",
                "Unknown None false |A.B",
            ),
            (
                "ARCIVE Not Direct Access Device A.B",
                "Unknown None false |A.B",
            ),
            (
                "Pseudo Directory                A.B",
                "Directory None false |A.B",
            ),
            (
                "V43525 Tape                     A.B",
                "File None false |A.B",
            ),
            (
                " NOTES    01.03 2002/09/12 2002/10/11 09:37    11    11     0 KIL001",
                "File None true KIL001|NOTES",
            ),
            (
                " NOTES    01.03 2002/09/12 2002/10/11 09:37    11    11     0",
                "File None true |NOTES",
            ),
            (
                "PROGRAM   01A990   00030C  00  FO  RN RU    31    ANY",
                "File Some(108944) false |PROGRAM",
            ),
            (
                "PROG2     01A990   00030C PROGRAM  00  FO  RN RU    31    ANY",
                "File Some(108944) false |PROG2",
            ),
            (
                "Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname",
                "Head",
            ),
            (
                " Name     VV.MM   Created       Changed      Size  Init   Mod   Id",
                "Head",
            ),
            ("PSMLC133902005/04/041VB2799427998PSfile1.I", "Unknown"),
            ("MigratedP201.$FTXPBI1.$CF2ITB.$AAB0402.I", "Unknown"),
            ("Migrated successfully", "Unknown"),
            ("Tape library", "Unknown"),
            ("Tape a.b", "Unknown"),
            ("Tape 5.2", "Unknown"),
            ("vol1 Tape A.B", "Unknown"),
            ("this file VSAM A.B", "Unknown"),
            ("file2.O", "Unknown"),
            ("", "Unknown"),
        ];
        for (line, meant) in table {
            assert_eq!(summary(line, false), meant, "{line}");
            assert_eq!(summary(line, true), meant, "{line}");
        }
    }

    #[test]
    fn a_bare_name_is_a_member_only_in_a_listing_of_members() {
        assert_eq!(summary(" SAVE04      ", false), "Unknown");
        assert_eq!(summary(" SAVE04      ", true), "File None false |SAVE04");
        assert_eq!(summary("total 5", true), "Unknown");
        assert_eq!(summary("1234", true), "Unknown");
        assert_eq!(summary("--------", true), "Unknown");
        let of_data_sets = Context::default().certain();
        assert!(matches!(read(b"NOTICE", &of_data_sets), Parsed::Unknown));
    }

    #[test]
    fn a_data_set_without_a_period_is_one_only_in_a_listing_of_such() {
        for line in ["Tape ROBOT", "V43525 Tape ROBOT", "TSO004 3390 VSAM ROBOT"] {
            assert_eq!(summary(line, false), "Unknown", "{line}");
            assert!(summary(line, true).ends_with("|ROBOT"), "{line}");
        }
    }

    #[test]
    fn heads_and_lines_of_members_are_told_from_those_of_data_sets() {
        let table = [
            (
                " Name     VV.MM   Created       Changed      Size  Init   Mod   Id",
                true,
            ),
            (
                " Name      Size     TTR   Alias-of AC--------- Attributes --------- Amode Rmode",
                true,
            ),
            (" $A 01.00 2002/09/12 2002/10/11 09:37 11 11 0", true),
            (
                "PROGRAM   01A990   00030C  00  FO  RN RU    31    ANY",
                true,
            ),
            (
                "Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname",
                false,
            ),
            ("Migrated  A.B", false),
            ("SAVE04", false),
        ];
        for (line, meant) in table {
            assert_eq!(is_of_members(line.as_bytes()), meant, "{line}");
        }
    }
}
