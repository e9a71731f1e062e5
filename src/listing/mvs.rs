//! The dialects of z/OS (MVS): data sets, members, load modules, and the jobs of JES.
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
//!
//! JOBNAME  JOBID    OWNER    STATUS CLASS
//! USER1A   JOB01906 USER1    OUTPUT A        RC=0000 3 spool files
//! ```
//!
//! Space is counted in tracks and the size of a member in records, so that neither is a size in
//! bytes; and "referred" is the day of the last use, which need not have changed anything.

use super::{
    columns::{Columns, Span, number},
    date::time_of_day,
    dialect::{Context, Parsed},
    entry::{EntryKind, Fields},
    numeric_date::{DateOrder, NumericDate},
};

const HEADS: [[&[u8]; 3]; 4] = [
    [b"Volume", b"Unit", b"Referred"],
    [b"Name", b"VV.MM", b"Created"],
    [b"Name", b"Size", b"TTR"],
    [b"JOBNAME", b"JOBID", b"OWNER"],
];

pub(super) fn read(line: &[u8], context: &Context) -> Parsed {
    let words = Words::new(line);
    if HEADS.iter().any(|head| words.begin_with(head)) {
        return Parsed::Head;
    }
    data_set(&words)
        .or_else(|| elsewhere(&words))
        .or_else(|| member(&words, context))
        .or_else(|| load_module(&words))
        .or_else(|| job(&words))
        .or_else(|| bare_member(&words).filter(|_| context.certain))
        .into()
}

/// The columns of a line; what is beyond the last one that any kind of line has is not kept.
struct Words<'a> {
    line: &'a [u8],
    spans: [Span; 24],
    count: usize,
}

impl<'a> Words<'a> {
    fn new(line: &'a [u8]) -> Self {
        let mut spans = [Span::default(); 24];
        let mut count = 0;
        for (place, column) in spans.iter_mut().zip(Columns::new(line)) {
            *place = column;
            count += 1;
        }
        Self { line, spans, count }
    }

    /// The bytes of a column, or none where there are not so many.
    fn get(&self, index: usize) -> &'a [u8] {
        let span = self.spans[..self.count].get(index);
        span.map_or(&[], |span| span.of(self.line))
    }

    /// The same, counted from the end, where the last has number 1.
    fn backwards(&self, index: usize) -> &'a [u8] {
        self.count.checked_sub(index).map_or(&[], |at| self.get(at))
    }

    /// An entry with the name in this column.
    fn entry(&self, kind: EntryKind, name: usize) -> Fields {
        Fields {
            kind,
            name: self.spans[name],
            ..Fields::default()
        }
    }

    fn begin_with(&self, words: &[&[u8]]) -> bool {
        words
            .iter()
            .zip(0..)
            .all(|(word, at)| self.get(at) == *word)
    }
}

fn data_set(words: &Words<'_>) -> Option<Fields> {
    let unit = words.get(1);
    let kind = match words.count {
        4 if words.get(2) == b"VSAM" => EntryKind::Other,
        // The numbers of extents and of tracks in use may have run together.
        9 | 10 => {
            let numbers = 3..words.count - 5;
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
    let is_unit = matches!(unit.len(), 1..=8) && unit.iter().all(u8::is_ascii_alphanumeric);
    (is_unit && is_name_part(words.get(0)) && is_data_set_name(words.backwards(1)))
        .then(|| words.entry(kind, words.count - 1))
}

/// Data sets of which the listing says no more than where they are.
fn elsewhere(words: &Words<'_>) -> Option<Fields> {
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
    let name = words.count.checked_sub(1)?;
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
    is_data_set_name(words.get(name)).then(|| words.entry(*kind, name))
}

fn member(words: &Words<'_>, context: &Context) -> Option<Fields> {
    let &[v1, v2, b'.', m1, m2] = words.get(1) else {
        return None;
    };
    if !is_name_part(words.get(0))
        || !matches!(words.count, 8 | 9)
        || number(&[v1, v2, m1, m2]).is_none()
        || (5..8).any(|at| number(words.get(at)).is_none())
    {
        return None;
    }
    NumericDate::read(words.get(2), DateOrder::YearFirst)?;
    let changed = NumericDate::read(words.get(3), DateOrder::YearFirst)?;
    let time = time_of_day(words.get(4))?;
    let mut fields = words.entry(EntryKind::File, 0);
    fields.modified = changed.at(time, &context.clock);
    fields.owner = words.spans[8];
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
    if words.count < 6
        || !is_name_part(words.get(0))
        || !is_mode(words.backwards(1))
        || !is_mode(words.backwards(2))
    {
        return None;
    }
    let mut fields = words.entry(EntryKind::File, 0);
    fields.size = Some(size);
    Some(fields)
}

/// A member without statistics, of which a line says nothing but the name.
fn bare_member(words: &Words<'_>) -> Option<Fields> {
    let name = words.get(0);
    let is_member = words.count == 1
        && is_name_part(name)
        && !name[0].is_ascii_digit()
        && !name.iter().any(u8::is_ascii_lowercase);
    is_member.then(|| words.entry(EntryKind::File, 0))
}

/// A job, whose spool files are read by the number of the job.
fn job(words: &Words<'_>) -> Option<Fields> {
    let is_status = |word| {
        let all = [&b"INPUT"[..], b"HELD", b"ACTIVE", b"OUTPUT", b"EXECUTING"];
        all.contains(&word)
    };
    if !is_name_part(words.get(0)) || !is_job_number(words.get(1)) {
        return None;
    }
    let mut fields = words.entry(EntryKind::File, 1);
    if !is_status(words.get(2)) {
        if !is_status(words.get(3)) {
            return None;
        }
        fields.owner = words.spans[2];
    }
    Some(fields)
}

/// `JOB01906`, `TSU01830`, `STC00001`, `J0123456`.
fn is_job_number(word: &[u8]) -> bool {
    let letters = word.iter().take_while(|byte| byte.is_ascii_uppercase());
    let (kind, digits) = word.split_at(letters.count());
    let is_kind = [&b"JOB"[..], b"TSU", b"STC", b"J", b"T", b"S"].contains(&kind);
    is_kind && word.len() == 8 && number(digits).is_some()
}

/// Whether a day of last use can stand in this column.
fn is_referred(word: &[u8]) -> bool {
    word == b"**NONE**" || NumericDate::read(word, DateOrder::YearFirst).is_some()
}

/// Up to eight letters, digits and national characters.
fn is_name_part(word: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"@#$-".contains(byte);
    matches!(word.len(), 1..=8) && word.iter().all(is_letter)
}

/// Such parts with periods between, perhaps in quotes.
fn is_data_set_name(word: &[u8]) -> bool {
    let word = match word {
        [b'\'', word @ .., b'\''] => word,
        word => word,
    };
    word.len() <= 44 && word.split(|&byte| byte == b'.').all(is_name_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(line: &str, certain: bool) -> String {
        let context = Context {
            certain,
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
                "IBMUSER1  JOB01906  OUTPUT    3 Spool Files",
                "File None false |JOB01906",
            ),
            (
                "IBMUSER   TSU01830 ME  OUTPUT TSU  ABEND=522 3 spool files",
                "File None false ME|TSU01830",
            ),
            (
                "Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname",
                "Head",
            ),
            (
                " Name     VV.MM   Created       Changed      Size  Init   Mod   Id",
                "Head",
            ),
            ("JOBNAME  JOBID    OWNER    STATUS CLASS", "Head"),
            ("PSMLC133902005/04/041VB2799427998PSfile1.I", "Unknown"),
            ("MigratedP201.$FTXPBI1.$CF2ITB.$AAB0402.I", "Unknown"),
            ("Migrated successfully", "Unknown"),
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
    }
}
