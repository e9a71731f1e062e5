//! Listings: what a line says of its entry, exactly.

use futures::TryStreamExt;
use tokio_ftp::{Entries, FtpStream, ListOptions, listing::DateOrder};

use super::{
    calls::{entries, list, list_owners, list_times, mlsd, mlst, time},
    listings::{listed, mlsx},
    row::{Fact, Row, Seen, fact, row},
};
use crate::support::listings::transfer;

pub(super) fn facts() -> Vec<Fact> {
    vec![
        fact(
            "any",
            "ACL or SELinux mark, devices, sockets, owners with blanks, sizes > 4 GiB, names with \
             leading or trailing blanks or ->",
            [
                listed(
                    "an ACL",
                    &["-rw-r--r--+ 1 o g 12 Jan  2  2024 a"],
                    list_owners,
                    "file \"a\" 12 644 o:g",
                ),
                listed(
                    "an SELinux mark",
                    &["-rw-r--r--. 1 o g 12 Jan  2  2024 a"],
                    list_owners,
                    "file \"a\" 12 644 o:g",
                ),
                listed(
                    "a character device",
                    &["crw-rw---- 1 o g 4,  64 Jan  2  2024 tty"],
                    list_owners,
                    "char \"tty\" 660 o:g",
                ),
                listed(
                    "a block device",
                    &["brw-rw---- 1 o g 8,   0 Jan  2  2024 sda"],
                    list_owners,
                    "block \"sda\" 660 o:g",
                ),
                listed(
                    "a socket",
                    &["srwxrwxrwx 1 o g 0 Jan  2  2024 s"],
                    list_owners,
                    "socket \"s\" 0 777 o:g",
                ),
                listed(
                    "a pipe",
                    &["prw-rw---- 1 o g 0 Jan  2  2024 p"],
                    list_owners,
                    "fifo \"p\" 0 660 o:g",
                ),
                listed(
                    "a group with a blank",
                    &["-rw-r--r-- 1 max Domain Users 12 Jan  2  2024 a"],
                    list_owners,
                    "file \"a\" 12 644 max:Domain Users",
                ),
                listed(
                    "both with a blank",
                    &["-rw-r--r-- 1 Max M   Domain Users 12 Jan  2  2024 a"],
                    list_owners,
                    "file \"a\" 12 644 Max M:Domain Users",
                ),
                listed(
                    "5 GiB",
                    &["-rw-r--r-- 1 o g 5368709120 Jan  2  2024 a"],
                    list,
                    "file \"a\" 5368709120",
                ),
                listed(
                    "a blank before",
                    &["-rw-r--r-- 1 o g 12 Jan  2  2024  a"],
                    list,
                    "file \" a\" 12",
                ),
                listed(
                    "a blank behind",
                    &["-rw-r--r-- 1 o g 12 Jan  2  2024 a "],
                    list,
                    "file \"a \" 12",
                ),
                listed(
                    "blanks inside",
                    &["-rw-r--r-- 1 o g 12 Jan  2  2024 a  b"],
                    list,
                    "file \"a  b\" 12",
                ),
                listed(
                    "an arrow",
                    &["-rw-r--r-- 1 o g 12 Jan  2  2024 a -> b"],
                    list,
                    "file \"a -> b\" 12",
                ),
                listed(
                    "a link",
                    &["lrwxrwxrwx 1 o g 4 Jan  2  2024 a -> /b c"],
                    list,
                    "link \"a\" -> /b c 4",
                ),
                mlsx(
                    "blanks in MLSD",
                    &["type=file;size=5368709120;  a ; b "],
                    mlsd,
                    "file \" a ; b \" 5368709120",
                ),
            ],
        ),
        fact(
            "any",
            "ISO dates, day-first dates, localized month names, no year",
            [
                dated("a year", "Jan  2  2010", "1262390400 to the day"),
                dated("no year", "Jan  2 12:34", "recent to the minute"),
                dated("long-iso", "2010-01-02 12:34", "1262435640 to the minute"),
                dated(
                    "full-iso",
                    "2010-01-02 12:34:56.250000000 +0100",
                    "1262432096.25 to the finer",
                ),
                dated("iso", "01-02 12:34", "recent to the minute"),
                dated("iso with a year", "2010-01-02 ", "1262390400 to the day"),
                dated(
                    "seconds and a year",
                    "Jan  2 12:34:56 2010",
                    "1262435696 to the second",
                ),
                dated("day first", "2 Jan 2010", "1262390400 to the day"),
                dated(
                    "day first with a period",
                    "22. Jan 2010",
                    "1264118400 to the day",
                ),
                dated("German", "22. M\u{e4}r 2010", "1269216000 to the day"),
                dated(
                    "French in Latin-1",
                    "d\\xe9c. 22 2010",
                    "1292976000 to the day",
                ),
                dated(
                    "Russian",
                    "22 \u{43c}\u{430}\u{44f} 2010",
                    "1274486400 to the day",
                ),
                dated(
                    "Japanese",
                    "2010\u{5e74} 6\u{6708}  3\u{65e5}",
                    "1275523200 to the day",
                ),
                dated("no such day", "Feb 30  2010", "never"),
                mlsx(
                    "MLSD to the second",
                    &["type=file;modify=20100102123456; a"],
                    mlsd_times,
                    "1262435696 to the second",
                ),
                listed(
                    "the order that a caller knows",
                    &["05-06-24  12:34PM       12 a"],
                    |ftp| {
                        Box::pin(async move {
                            let first = list_times(ftp).await?;
                            let options = ListOptions::new().date_order(DateOrder::DayFirst);
                            let listing = Entries::open(ftp, "", &options).await?;
                            Ok(format!("{first}, {}", entries(listing).await?))
                        })
                    },
                    "1714998840 to the minute, file \"a\" 12",
                )
                .then(&transfer("LIST", &["05-06-24  12:34PM       12 a"])),
            ],
        ),
        fact(
            "NcFTPd",
            "MLSD without last ;",
            [
                mlsx(
                    "no last ;",
                    &["type=OS.unix=slink:/srv/a;perm=el /b c"],
                    mlsd,
                    "link \"/b c\" -> /srv/a",
                ),
                mlsx("one fact and no ;", &["type=dir d"], mlsd, "dir \"d\""),
            ],
        ),
        fact(
            "any",
            "type=OS.unix=slink:/target, OS.unix=symlink, capital fact names",
            [
                mlsx(
                    "slink",
                    &["type=OS.unix=slink:/srv/a b;size=3; l"],
                    mlsd,
                    "link \"l\" -> /srv/a b 3",
                ),
                mlsx(
                    "capitals",
                    &["TYPE=OS.UNIX=SLINK:../x=y;SIZE=3; l"],
                    mlsd,
                    "link \"l\" -> ../x=y 3",
                ),
                mlsx(
                    "symlink",
                    &["Type=OS.unix=symlink;Size=3; l"],
                    mlsd,
                    "link \"l\" 3",
                ),
                mlsx(
                    "capital facts",
                    &["Type=Dir;Modify=20240102030405; d"],
                    mlsd,
                    "dir \"d\"",
                ),
                row(
                    "MLST of a link",
                    "C: MLST a\n\
                     S~ 250-Listing\\r\\n Type=OS.unix=slink:/t; /a\\r\\n250 \
                     End\\r\\n",
                    mlst,
                    "link \"/a\" -> /t",
                ),
                row(
                    "MLST that says nothing",
                    "C: MLST a\nS: 250 nothing",
                    mlst,
                    "! protocol error: not understood: MLST: 250 nothing",
                ),
            ],
        ),
    ]
}

fn mlsd_times(ftp: &mut FtpStream) -> Seen<'_> {
    Box::pin(async move {
        let entries: Vec<_> = ftp.mlsd("").await?.try_collect().await?;
        let times: Vec<_> = entries.iter().map(time).collect();
        Ok(times.join(", "))
    })
}

fn dated(name: &'static str, date: &str, want: &'static str) -> Row {
    listed(
        name,
        &[&format!("-rw-r--r-- 1 o g 12 {date} a")],
        list_times,
        want,
    )
}
