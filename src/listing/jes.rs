//! The dialect of z/OS for jobs: those of JES, and the spool files of one.
//!
//! ```text
//! JOBNAME  JOBID    OWNER    STATUS CLASS
//! USER1A   JOB01906 USER1    OUTPUT A        RC=0000 5 spool files
//! --------
//!          ID  STEPNAME PROCSTEP C DDNAME   BYTE-COUNT
//!          001 JES2              A JESMSGLG       978
//!          004 STEP1    COMPILE  A SYSPRINT       209
//! 2 spool files
//! ```
//!
//! A listing of jobs ends behind the first of these lines, or goes on with more jobs. A job with
//! the rule or the second head below it is what is listed, so that it is no entry. A spool file is
//! read by the job's number and its own with a period between, `JOB01906.001`.

use memchr::memchr;

use super::{
    columns::{Words, number},
    dialect::{Context, Parsed},
    entry::{EntryKind, Fields},
    mvs::{is_name, is_name_part},
};

const HEADS: [[&[u8]; 3]; 2] = [
    [b"JOBNAME", b"JOBID", b"OWNER"],
    [b"ID", b"STEPNAME", b"PROCSTEP"],
];

pub(super) fn read(line: &[u8], context: &Context) -> Parsed {
    let words = Words::new(line);
    if HEADS.iter().any(|head| words.begin_with(head)) {
        return Parsed::Head;
    }
    if job(&words).is_some() {
        return match memchr(b'\n', line) {
            Some(_) => Parsed::Noise,
            None => Parsed::Half,
        };
    }
    if context.certain && (is_rule(line) || is_sum(&words)) {
        return Parsed::Noise;
    }
    let is_known = context.certain && context.inside;
    spool_file(&words).filter(|_| is_known).into()
}

/// Whether the line, or the second of two, shows that the listing is one of spool files: their
/// head.
pub(super) fn is_of_spool_files(line: &[u8]) -> bool {
    let start = memchr(b'\n', line).map_or(0, |at| at + 1);
    Words::new(&line[start..]).begin_with(&HEADS[1])
}

/// The job of a line that no rule follows.
pub(super) fn first_half(line: &[u8]) -> Option<Fields> {
    job(&Words::new(line))
}

/// Whether the line is one that only the job has below it whose spool files are listed.
pub(super) fn is_second_half(line: &[u8]) -> bool {
    is_rule(line) || is_of_spool_files(line)
}

fn is_rule(line: &[u8]) -> bool {
    let rule = line.trim_ascii();
    !rule.is_empty() && rule.iter().all(|&byte| byte == b'-')
}

/// `5 spool files`.
fn is_sum(words: &Words<'_>) -> bool {
    words.count() == 3
        && number(words.get(0)).is_some()
        && words.get(1).eq_ignore_ascii_case(b"spool")
        && words.get(2).to_ascii_lowercase().starts_with(b"file")
}

fn job(words: &Words<'_>) -> Option<Fields> {
    let is_status = |word| {
        let all = [&b"INPUT"[..], b"HELD", b"ACTIVE", b"OUTPUT", b"EXECUTING"];
        all.contains(&word)
    };
    if !is_name_part(words.get(0)) || !is_job_number(words.get(1)) {
        return None;
    }
    let mut fields = Fields {
        kind: EntryKind::File,
        name: words.span(1),
        ..Fields::default()
    };
    if !is_status(words.get(2)) {
        if !is_status(words.get(3)) {
            return None;
        }
        fields.owner = words.span(2);
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

/// Number, step, step in the procedure, class, name and size; a job may have no steps.
fn spool_file(words: &Words<'_>) -> Option<Fields> {
    let size = number(words.backwards(1))?;
    number(words.get(0))?;
    let is_spool_file = (4..=6).contains(&words.count())
        // The server fills it up with zeros.
        && words.get(0).len() >= 3
        && is_name(words.backwards(2))
        && words.backwards(3).len() == 1
        && is_name_part(words.backwards(3))
        && (1..words.count() - 3).all(|step| is_name(words.get(step)));
    is_spool_file.then(|| Fields {
        kind: EntryKind::File,
        name: words.span(0),
        size: Some(size),
        ..Fields::default()
    })
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
        let fields = match read(line.as_bytes(), &context) {
            Parsed::Entry(fields) => fields,
            Parsed::Half => first_half(line.as_bytes()).unwrap(),
            other => return format!("{other:?}"),
        };
        let (owner, name) = (text(fields.owner), text(fields.name));
        format!("{:?} {owner}|{name}", fields.size)
    }

    #[test]
    fn jobs_are_known_anywhere() {
        let table = [
            ("JOBNAME  JOBID    OWNER    STATUS CLASS", "Head"),
            (
                "         ID  STEPNAME PROCSTEP C DDNAME   BYTE-COUNT",
                "Head",
            ),
            (
                "IBMUSER1  JOB01906  OUTPUT    3 Spool Files",
                "None |JOB01906",
            ),
            (
                "IBMUSER   TSU01830 ME  OUTPUT TSU  ABEND=522 3 spool files",
                "None ME|TSU01830",
            ),
            ("USER1B   J0001907 USER1    ACTIVE A", "None USER1|J0001907"),
            ("USER1A   JOB01906 USER1    OUTPUT A\n--------", "Noise"),
            ("USER1B   JOB1907  USER1    ACTIVE A", "Unknown"),
            ("USER1B   JOB01907 USER1    SLEEPING A", "Unknown"),
        ];
        for (line, meant) in table {
            assert_eq!(summary(line, false), meant, "{line}");
            assert_eq!(summary(line, true), meant, "{line}");
        }
    }

    #[test]
    fn spool_files_are_known_in_listings_of_jobs_only() {
        let table = [
            (
                "         001 JES2              A JESMSGLG       978",
                "Some(978) |001",
            ),
            (
                "         004 STEP1    COMPILE  A SYSPRINT       209",
                "Some(209) |004",
            ),
            ("         005          A SYSUT2 0", "Some(0) |005"),
            ("--------", "Noise"),
            ("5 spool files", "Noise"),
            ("1 Spool File", "Noise"),
            ("         005          A SYSUT2 N/A", "Unknown"),
            ("         005 STEP1 AB SYSUT2 1", "Unknown"),
            ("001 x DATA 99", "Unknown"),
            ("12 X DATA 99", "Unknown"),
            ("1 2 3 4 5 6", "Unknown"),
            ("001 2 3 4 5 6", "Unknown"),
            ("SAVE04", "Unknown"),
            ("", "Unknown"),
        ];
        for (line, meant) in table {
            assert_eq!(summary(line, false), "Unknown", "{line}");
            assert_eq!(summary(line, true), meant, "{line}");
        }
        let of_jobs = Context::default().certain();
        for line in ["001 JES2 A JESMSGLG 978", "005 A SYSUT2 0"] {
            assert!(matches!(read(line.as_bytes(), &of_jobs), Parsed::Unknown));
        }
    }

    #[test]
    fn what_stands_below_the_job_that_is_listed() {
        let table = [
            ("--------", true, false),
            ("  ID  STEPNAME PROCSTEP C DDNAME   BYTE-COUNT", true, true),
            ("JOB\n ID  STEPNAME PROCSTEP", true, true),
            ("JOBNAME  JOBID    OWNER    STATUS CLASS", false, false),
            ("", false, false),
        ];
        for (line, second, inside) in table {
            assert_eq!(is_second_half(line.as_bytes()), second, "{line}");
            assert_eq!(is_of_spool_files(line.as_bytes()), inside, "{line}");
        }
    }
}
