//! TLS under data connections: when it begins, and how it ends.

use tokio_ftp::tls::TlsEof;

use super::{
    calls::{abort_download, drop_download, nlst, read_0_bytes, upload, upload_nothing},
    row::{Fact, Row, fact, row},
    tls::{AGREED, begun, retr, retr_with},
};
use crate::tls::explicit;

pub(super) fn facts() -> Vec<Fact> {
    vec![
        fact(
            "ProFTPD TLS",
            "drops control when a download's socket is closed in mid-flow",
            [
                retr_with(
                    "an aborted download is held open",
                    "S: 150 go\nD! tls\nD> half\nC: ABOR\nD! ended\nS: 426 cut\n\
                     S: 226 aborted",
                    abort_download,
                    "aborted",
                ),
                retr_with(
                    "a dropped download is held open",
                    "S: 150 go\nD! tls\nD> half\nC: ABOR\nD! ended\nS: 426 cut\nS: 226 aborted\n\
                     C: NOOP\nS: 200 ok",
                    drop_download,
                    "half, done",
                ),
            ],
        )
        .elsewhere("abort.rs measures how long"),
        fact(
            "Pure-FTPd",
            "ends an aborted download with a second 150",
            [
                retr_with(
                    "150 behind ABOR",
                    "S: 150 go\nD! tls\nD> half\nC: ABOR\nD! close\n\
                     S: 150 0.02 seconds\nS: 226 done",
                    abort_download,
                    "aborted",
                ),
                retr_with(
                    "150 before ABOR",
                    "S: 150 go\nD! tls\nD> half\nS: 150 0.02 seconds\nC: ABOR\n\
                     D! close\nS: 226 done",
                    abort_download,
                    "aborted",
                )
                .breaks("half of the replies to an abort came late"),
            ],
        ),
        fact(
            "FileZilla, IIS",
            "no close_notify, or a late one",
            [
                retr(
                    "a cut, a size and 226",
                    "S: 150 a (4 bytes)\nD! tls\nD> full\nD! cut\nS: 226 done",
                    "full",
                )
                .or(&["! TLS failed: …"]),
                // Grown, and nobody knows by how much.
                retr(
                    "a cut, more than the size and 226",
                    "S: 150 a (4 bytes)\nD! tls\nD> fuller\nD! cut\nS: 226 done",
                    "! TLS failed: …",
                ),
                retr(
                    "a cut, no size and 226",
                    "S: 150 go\nD! tls\nD> full\nD! cut\nS: 226 done",
                    "! TLS failed: …",
                ),
                retr(
                    "a cut, no size and trust in 226",
                    "S: 150 go\nD! tls\nD> full\nD! cut\nS: 226 done",
                    "full",
                )
                .or(&["! TLS failed: …"])
                .options(explicit().tls_eof(TlsEof::TrustReply)),
                retr_with("an empty listing that is cut", "", nlst, "! TLS failed: …")
                    .transcript(
                        "C: TYPE A\nS: 200 ok\nPASSIVE\nC: NLST\nS: 150 go\nD! tls\n\
                 D! cut\nS: 226 done",
                    )
                    .opening(format!("S: 220 ready\n{AGREED}")),
                retr(
                    "226, and the end a while later",
                    "S: 150 go\nD! tls\nD> full\nS: 226 done\nS! wait 9\nD! close",
                    "full",
                ),
                stor(
                    "no end of an upload",
                    "S: 150 go\nD! tls\nD< abc\nD! heard\nS: 226 done",
                    "3 bytes",
                ),
                stor(
                    "an end of an upload that is cut",
                    "S: 150 go\nD! tls\nD< abc\nD! heard\nD! cut\nS: 226 done",
                    "3 bytes",
                ),
                stor(
                    "no end, and 226 late",
                    "S: 150 go\nD! tls\nD< abc\nD! heard\nS! wait 20\nS: 226 done",
                    "3 bytes",
                ),
            ],
        ),
        fact(
            "vsftpd strict_ssl_read_eof, ProFTPD",
            "425/426 when *we* omit close_notify",
            [
                stor(
                    "a close_notify behind an upload",
                    "S: 150 go\nD! tls\nD< abc\nD! ended\nS: 226 done",
                    "3 bytes",
                ),
                stor(
                    "a 426 all the same",
                    "S: 150 go\nD! tls\nD< abc\nD! ended\nS: 426 no close_notify",
                    "! STOR: 426 no close_notify",
                ),
                retr(
                    "a close_notify behind a download (ProFTPD waits for it)",
                    "S: 150 go\nD! tls\nD> abc\nD! fin\nD! ended\nS: 226 done",
                    "abc",
                ),
                retr_with(
                    "none behind an upload that is dropped",
                    "",
                    super::calls::drop_upload,
                    "done",
                )
                .transcript("S: 150 go\nD! tls\nD! was reset\nS: 426 cut\nC: NOOP\nS: 200 ok")
                .opening(format!("{}C: STOR a", begun()))
                .breaks("a reply that is only settled for came late"),
            ],
        ),
        fact(
            "ProFTPD, Pure-FTPd",
            "hang when the data handshake is made before the command",
            [
                retr(
                    "a handshake behind RETR",
                    "S! wait 1\nD! tls\nS: 150 go\nD> abc\nD! close\nS: 226 done",
                    "abc",
                ),
                retr(
                    "a handshake behind the 150",
                    "S: 150 go\nS! wait 1\nD! tls\nD> abc\nD! close\nS: 226 done",
                    "abc",
                ),
                stor(
                    "a handshake behind STOR",
                    "S! wait 1\nS: 150 go\nD! tls\nD< abc\nD! ended\nS: 226 done",
                    "3 bytes",
                ),
                retr(
                    "no handshake",
                    "S: 150 go\nS! wait 14\nS: 425 no TLS",
                    "! RETR: 425 no TLS",
                ),
                retr(
                    "a reset for a handshake",
                    "S: 150 go\nD! reset\nS! wait 1\nS: 425 no",
                    "! RETR: 425 no",
                )
                .or(&["! connection failed: connection reset"]),
            ],
        ),
    ]
}

/// Files of nothing: their handshake is made.
pub(super) fn empty() -> Vec<Row> {
    vec![
        retr(
            "an empty file over TLS",
            "S: 150 go\nD! tls\nD! close\nS: 226 done",
            "",
        ),
        retr_with(
            "an empty file over TLS, as the caller knows",
            "S: 150 go\nD! tls\nD! close\nS: 226 done",
            read_0_bytes,
            "",
        ),
        retr_with("an empty upload over TLS", "", upload_nothing, "0 bytes")
            .opening(format!("{}C: STOR a", begun()))
            .transcript("S: 150 go\nD! tls\nD! ended\nS: 226 done"),
    ]
}

fn stor(name: &'static str, rest: &str, want: &'static str) -> Row {
    row(name, rest, upload, want)
        .opening(format!("{}C: STOR a", begun()))
        .options(explicit())
}
