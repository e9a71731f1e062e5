//! What servers, networks and callers do wrong: a row each, played as it is, with what the server
//! sends cut in two at every byte, and with every line of its replies late.

mod active;
mod bad_will;
mod calls;
mod data;
mod dialects;
mod ends;
mod entries;
mod listings;
mod play;
mod ports;
mod replies;
mod row;
mod sessions;
mod tls;
mod tls_data;
mod values;

use std::{collections::HashSet, io::Write};

use self::{play::Count, row::Fact};

/// A part of what there is to tell.
struct Chapter {
    name: &'static str,
    /// How many facts and rows it must have, so that none is lost.
    facts: usize,
    rows: usize,
    told: fn() -> Vec<Fact>,
}

const REPLIES: Chapter = Chapter {
    name: "replies",
    facts: 18,
    rows: 108,
    told: || [replies::facts(), sessions::facts(), values::facts()].concat(),
};

const DATA: Chapter = Chapter {
    name: "data connection",
    facts: 16,
    rows: 156,
    told: || [ports::facts(), data::facts(), ends::facts()].concat(),
};

const ACTIVE: Chapter = Chapter {
    name: "data connection, active",
    facts: 6,
    rows: 29,
    told: active::facts,
};

const TLS: Chapter = Chapter {
    name: "TLS",
    facts: 12,
    rows: 60,
    told: || [tls::facts(), tls_data::facts()].concat(),
};

const LISTINGS: Chapter = Chapter {
    name: "listings",
    facts: 14,
    rows: 100,
    told: || [listings::facts(), entries::facts(), dialects::facts()].concat(),
};

const BAD_WILL: Chapter = Chapter {
    name: "bad will",
    facts: 6,
    rows: 46,
    told: bad_will::facts,
};

/// Plays a chapter, all of it.
async fn chapter(chapter: &Chapter) {
    let facts = (chapter.told)();
    assert_eq!(play::play(&facts).await, Count::of(&facts, 2));
}

#[tokio::test(start_paused = true)]
async fn replies() {
    chapter(&REPLIES).await;
}

#[tokio::test(start_paused = true)]
async fn data_connection() {
    chapter(&DATA).await;
}

#[tokio::test]
async fn active_data_connection() {
    let facts = (ACTIVE.told)();
    assert_eq!(active::play(&facts).await, Count::of(&facts, 1));
}

#[tokio::test(start_paused = true)]
async fn tls() {
    chapter(&TLS).await;
}

#[tokio::test(start_paused = true)]
async fn listings() {
    chapter(&LISTINGS).await;
}

#[tokio::test(start_paused = true)]
async fn bad_will() {
    chapter(&BAD_WILL).await;
}

/// Each fact has its rows, or says why not.
#[test]
fn nothing_is_left_out() {
    let mut all = Count::default();
    let mut report = String::new();
    for chapter in [REPLIES, DATA, ACTIVE, TLS, LISTINGS, BAD_WILL] {
        let facts = (chapter.told)();
        let holds = if chapter.name == ACTIVE.name { 1 } else { 2 };
        let count = Count::of(&facts, holds);
        let mut names = HashSet::new();
        for fact in &facts {
            let Fact { server, does, .. } = fact;
            assert!(
                !fact.rows.is_empty() || !fact.elsewhere.is_empty(),
                "{server}: {does}: no row, and no reason"
            );
            for row in &fact.rows {
                assert!(names.insert(row.name), "{}: told twice", row.name);
                if let Some(reason) = row.whole {
                    report += &format!("faults: not cut nor late: {}: {reason}\n", row.name);
                }
            }
        }
        let found = (facts.len(), count.rows);
        assert_eq!(found, (chapter.facts, chapter.rows), "{}", chapter.name);
        report += &format!("faults: {}: {} facts, {count}\n", chapter.name, facts.len());
        all.add(count);
    }
    report += &format!("faults: {all}\n");
    // Past the harness, which keeps to itself what is printed.
    std::io::stderr().write_all(report.as_bytes()).unwrap();
}
