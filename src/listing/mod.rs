//! Directory listings: the lines of LIST, MLSD and MLST as typed entries.
//!
//! RFC 959 never said what LIST sends, so every server speaks a dialect of its own. A [`Parser`]
//! finds out which one from the lines themselves, keeps to it, and turns each line into a
//! [`Line`]: an [`Entry`], a line that says nothing about a file, or one that nobody knows.
//!
//! Nothing here does I/O or reads a clock. The time of day and the server's offset from UTC are
//! parameters, because `ls` writes local times and leaves out the year of recent ones.
//!
//! An entry holds only what its line says. A size, a time or an owner that the line does not
//! name is `None`, and names are the server's bytes.
//!
//! # Examples
//! ```
//! use std::time::SystemTime;
//!
//! use bytes::Bytes;
//! use tokio_ftp::listing::{Line, Parser};
//!
//! let mut parser = Parser::new(SystemTime::now());
//! let line = Bytes::from("-rw-r--r--   1 ftp      ftp          1234 Jan 22  2024 notes.txt");
//! if let Line::Entry(entry) = parser.parse(line) {
//!     assert!(entry.is_file());
//!     assert_eq!(entry.name(), "notes.txt");
//!     assert_eq!(entry.size(), Some(1234));
//!     assert_eq!(entry.permissions(), Some(0o644));
//! }
//! ```

mod builder;
mod calendar;
mod charset;
mod columns;
mod custom;
mod date;
mod dialect;
mod east_asian;
mod entry;
mod marks;
mod modified;
mod month;
mod named_date;
mod numeric_date;
mod owners;
mod parser;
mod permissions;
mod stamp;
mod system;

// The dialects, one a file. A new one is added here and in `dialect.rs`.
mod connect_enterprise;
mod dos;
mod eplf;
mod jes;
mod mlsx;
mod mvs;
mod netpresenz;
mod netware;
mod nonstop;
mod octal_mode;
mod os2;
mod os400;
mod os9;
mod unix;
mod vm;
mod vms;
mod vshell;
mod vxworks;
mod word;

pub use builder::EntryBuilder;
pub use custom::CustomDialect;
pub use dialect::Dialect;
pub use entry::{Entry, EntryKind};
pub use modified::{Modified, Precision};
pub use numeric_date::DateOrder;
pub use parser::{Line, Parser, parse_mlst};
