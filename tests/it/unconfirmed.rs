//! Transfers whose last reply is lost.

use futures::TryStreamExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufWriter},
    time::Instant,
};
use tokio_ftp::{
    Download, Error, FtpStream, Phase, TransferOptions, Upload,
    tls::{TlsEof, TlsVersions},
};

use crate::{
    support::{
        code, quiet,
        script::{session, session_with},
    },
    tls::{SECURED, explicit},
};

/// How a control connection goes, and how it falls silent.
const ENDS: [&str; 3] = ["S! close", "S! reset", "S~ 226 do\nS! close"];
const SILENCE: &str = "S! deaf";

const IMAGE: &str = "C: TYPE I\nS: 200 ok\nPASSIVE\n";
const TEXT: &str = "C: TYPE A\nS: 200 ok\nPASSIVE\n";
const FROM_5: &str = "C: REST 5\nS: 350 go on\n";

fn options() -> TransferOptions {
    TransferOptions::new()
}

/// The size that an error names which says that only the last reply is missing.
fn size_in(error: &Error, what: &str) -> Option<u64> {
    let Error::Unconfirmed { size, cause } = error else {
        panic!("{what}: {error:?}")
    };
    let is_timeout = matches!(**cause, Error::Timeout(Phase::FinalReply));
    assert!(is_timeout || matches!(**cause, Error::Io(_)), "{what}");
    assert_eq!(is_timeout, what.ends_with(SILENCE), "{what}");
    assert!(error.is_transient() && error.is_timeout() == is_timeout);
    *size
}

/// Uploads `abc`, and gives the error.
async fn up(ftp: &mut FtpStream, options: &TransferOptions) -> Error {
    let mut upload = Upload::open(ftp, "a", options).await.unwrap();
    upload.write_all(b"abc").await.unwrap();
    let error = upload.finish().await.unwrap_err();
    let again = upload.finish().await.unwrap_err();
    assert_eq!(again.to_string(), error.to_string());
    error
}

/// Downloads, and gives what came before the error.
async fn down(ftp: &mut FtpStream, options: &TransferOptions) -> (Vec<u8>, Error) {
    let mut download = Download::open(ftp, "a", options).await.unwrap();
    let mut file = Vec::new();
    let error = download.read_to_end(&mut file).await.unwrap_err();
    let again = download.finish().await.unwrap_err();
    assert_eq!(again.to_string(), error.to_string());
    (file, error.into())
}

#[tokio::test(start_paused = true)]
async fn upload_says_how_long_the_file_must_be() {
    for (start, options, size) in [
        (format!("{IMAGE}C: STOR a"), options(), Some(3)),
        (format!("{IMAGE}C: STOR a"), options().size(3), Some(3)),
        (
            format!("{IMAGE}{FROM_5}C: STOR a"),
            options().offset(5),
            Some(8),
        ),
        (format!("{IMAGE}C: APPE a"), options().append(true), None),
        (
            format!("{IMAGE}C: APPE a"),
            options().append(true).size(9),
            Some(9),
        ),
        // A text may have another length there.
        (format!("{TEXT}C: STOR a"), options().ascii(true), None),
        (
            format!("{TEXT}C: STOR a"),
            options().ascii(true).size(3),
            None,
        ),
    ] {
        for loss in ENDS.into_iter().chain([SILENCE]) {
            let what = format!("{start}\nS: 150 go\nD< abc\nD! ended\n{loss}");
            let (mut ftp, server) = session(&what).await;
            let error = up(&mut ftp, &options).await;
            assert_eq!(size_in(&error, &what), size, "{what}");
            drop(ftp);
            server.done().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn upload_under_a_name_that_was_not_told_has_no_size() {
    for (opened, size) in [("FILE: new.1", Some(3)), ("go", None)] {
        let what = format!("{IMAGE}C: STOU\nS: 150 {opened}\nD< abc\nD! ended\n{SILENCE}");
        let (mut ftp, server) = session(&what).await;
        let mut upload = ftp.stou().await.unwrap();
        upload.write_all(b"abc").await.unwrap();
        let error = upload.finish().await.unwrap_err();
        assert_eq!(size_in(&error, &what), size);
        drop(upload);
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn download_says_how_long_the_file_must_be() {
    let retr = format!("{IMAGE}C: RETR a\nS: 150");
    let rest = format!("{IMAGE}{FROM_5}C: RETR a\nS: 150");
    for (start, options, size) in [
        (format!("{retr} a (3 bytes)"), options(), 3),
        (format!("{retr} go"), options().size(3), 3),
        // A file that grew, and one that is shorter than what is asked for.
        (format!("{retr} a (2 bytes)"), options(), 3),
        (format!("{retr} a (3 bytes)"), options().length(4), 3),
        // The whole file's size, the rest's, the caller's.
        (format!("{rest} a (8 bytes)"), options().offset(5), 8),
        (format!("{rest} a (3 bytes)"), options().offset(5), 8),
        (format!("{rest} go"), options().offset(5).size(8), 8),
    ] {
        for end in ["D! close", "D! close\nS! wait 1", "S! wait 1\nD! close"] {
            for loss in ENDS.into_iter().chain([SILENCE]) {
                let what = format!("{start}\nD> abc\n{end}\n{loss}");
                let (mut ftp, server) = session(&what).await;
                let (file, error) = down(&mut ftp, &options).await;
                assert_eq!(size_in(&error, &what), Some(size), "{what}");
                assert_eq!(file, b"abc", "{what}");
                drop(ftp);
                server.done().await;
            }
        }
    }
}

/// In the clear both connections end in good order when a server dies, and the end of one of them
/// may be lost. Of a text there is nothing that could be asked.
#[tokio::test(start_paused = true)]
async fn download_whose_size_nobody_knows_is_unconfirmed_only_by_silence() {
    for (start, options, size) in [
        (IMAGE, options(), Some(3)),
        (TEXT, options().ascii(true), None),
    ] {
        let start = format!("{start}C: RETR a\nS: 150 go\nD> abc\nD! close");
        let what = format!("{start}\n{SILENCE}");
        let (mut ftp, server) = session(&what).await;
        let (file, error) = down(&mut ftp, &options).await;
        match size {
            Some(_) => assert_eq!(size_in(&error, &what), size),
            None => assert!(
                matches!(error, Error::Timeout(Phase::FinalReply)),
                "{error:?}"
            ),
        }
        assert_eq!(file, b"abc");
        drop(ftp);
        server.done().await;
        for pause in ["", "S! wait 1\n"] {
            for end in ENDS {
                let (mut ftp, server) = session(&format!("{start}\n{pause}{end}")).await;
                let (_, error) = down(&mut ftp, &options).await;
                assert!(matches!(error, Error::Io(_)), "{end}: {error:?}");
                drop(ftp);
                server.done().await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn listing_without_a_last_reply_may_be_cut() {
    let what = format!("{TEXT}C: NLST\nS: 150 go\nD> a\\r\\n\nD! close\n{SILENCE}");
    let (mut ftp, server) = session(&what).await;
    let mut names = ftp.nlst("").await.unwrap();
    assert_eq!(names.try_next().await.unwrap().unwrap(), *"a");
    let error = names.try_next().await.unwrap_err();
    assert!(
        matches!(error, Error::Timeout(Phase::FinalReply)),
        "{error:?}"
    );
    drop(names);
    drop(ftp);
    server.done().await;
}

/// A listing that is only asked for to be sure is no surer.
#[tokio::test(start_paused = true)]
async fn listing_that_confirms_another_may_be_cut_too() {
    let features = "C: FEAT\nS~ 211-Features\\r\\n MLST type*;\\r\\n211 End\\r\\n";
    let what = format!(
        "{TEXT}C: NLST\nS: 150 go\nD! close\nS: 226 done\n{features}
         PASSIVE\nC: MLSD\nS: 150 go\nD! close\n{SILENCE}"
    );
    let (mut ftp, server) = session(&what).await;
    let error = ftp.nlst("").await.map(drop).unwrap_err();
    assert!(
        matches!(error, Error::Timeout(Phase::FinalReply)),
        "{error:?}"
    );
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn raw_transfer_has_the_size_of_a_file_where_it_is_one() {
    for (kind, line, size) in [
        ("TYPE I", "STOR a", Some(3)),
        ("TYPE I", "APPE a", None),
        ("TYPE I", "STOU", None),
        ("TYPE A", "STOR a", None),
        ("TYPE I", "RETR a", Some(3)),
    ] {
        let (data, is_upload) = match line.get(..1) {
            Some("S" | "A") => ("D< abc\nD! ended", true),
            _ => ("D> abc\nD! close", false),
        };
        let what =
            format!("C: {kind}\nS: 200 ok\nPASSIVE\nC: {line}\nS: 150 go\n{data}\n{SILENCE}");
        let (mut ftp, server) = session(&what).await;
        ftp.command(kind).await.unwrap();
        let mut transfer = ftp.transfer(line, 0).await.unwrap();
        if is_upload {
            transfer.write_all(b"abc").await.unwrap();
        }
        let error = transfer.finish().await.unwrap_err();
        assert_eq!(size_in(&error, &what), size, "{what}");
        drop(transfer);
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn download_goes_on_when_the_control_connection_is_gone() {
    const HALF: &str = "C: RETR a\nS: 150 a (8 bytes)\nD> half\nS! close\n";
    for (pause, arrives) in [(14, true), (16, false)] {
        let what = format!("{IMAGE}{HALF}S! wait {pause}\nD> full\nD! close");
        let (mut ftp, server) = session(&what).await;
        let started = Instant::now();
        let (file, error) = down(&mut ftp, &options()).await;
        if arrives {
            assert_eq!(size_in(&error, &what), Some(8));
            assert_eq!(file, b"halffull");
        } else {
            assert!(matches!(error, Error::Io(_)), "{error:?}");
            assert_eq!(file, b"half");
            assert_eq!(started.elapsed().as_secs(), 15);
        }
        assert!(ftp.is_broken());
        drop(ftp);
        drop(server);
    }
    // All bytes, and no end.
    let what = format!("{IMAGE}{HALF}D> full\nS! wait 16");
    let (mut ftp, server) = session(&what).await;
    let (file, error) = down(&mut ftp, &options()).await;
    assert_eq!(size_in(&error, &what), Some(8));
    assert_eq!(file, b"halffull");
    assert!(ftp.is_broken());
    drop(ftp);
    drop(server);
    // All that was asked for, and then nobody who could be told that it is enough.
    let what = format!("{IMAGE}{HALF}D> full\nS! wait 1");
    let (mut ftp, server) = session(&what).await;
    let options = options().length(6);
    let mut download = Download::open(&mut ftp, "a", &options).await.unwrap();
    let mut file = Vec::new();
    download.read_to_end(&mut file).await.unwrap();
    assert_eq!(file, b"halffu");
    let error = download.finish().await.unwrap_err();
    assert!(matches!(error, Error::Broken(_)), "{error:?}");
    assert!(ftp.is_broken());
    drop(ftp);
    drop(server);
}

/// The last bytes of a file whose confirmation is lost are for whoever was given the others.
#[tokio::test(start_paused = true)]
async fn writer_of_an_unconfirmed_download_has_it_all() {
    let what = format!("{IMAGE}C: RETR a\nS: 150 a (3 bytes)\nD> abc\nD! close\n{SILENCE}");
    let (mut ftp, server) = session(&what).await;
    let mut writer = BufWriter::new(Vec::new());
    let error = ftp.download("a", &mut writer).await.unwrap_err();
    assert_eq!(size_in(&error, &what), Some(3));
    assert_eq!(writer.get_ref(), b"abc");
    drop(ftp);
    server.done().await;
}

/// The server has confirmed an upload that went behind what was there, and is gone before it says
/// how long the file is.
#[tokio::test(start_paused = true)]
async fn length_that_is_not_told_any_more_is_for_a_new_session() {
    let what = format!(
        "{IMAGE}{FROM_5}C: STOR a\nS: 150 go\nD< abc\nD! ended\nS: 226 ok\nC: SIZE a\nS! close"
    );
    let (mut ftp, server) = session(&what).await;
    let mut upload = ftp.stor_with("a", &options().offset(5)).await.unwrap();
    upload.write_all(b"abc").await.unwrap();
    let error = upload.finish().await.unwrap_err();
    assert_eq!(size_in(&error, &what), Some(8));
    drop(upload);
    drop(ftp);
    server.done().await;
}

/// Whatever the server says in place of the last reply, it has said something.
#[tokio::test(start_paused = true)]
async fn refusal_and_nonsense_stay_what_they_are() {
    for (words, want) in [
        ("S: 426 cut", 426),
        ("S: 450 busy", 450),
        ("S: 451 disk", 451),
        ("S: 550 gone", 550),
        ("S: 552 quota", 552),
        ("S: 421 bye", 421),
        ("S: 221 bye", 221),
        ("S: 227 (1,2,3,4,5,6)", 227),
        ("S: 200 ok", 200),
        ("S~ \\x00\\xff what?\\r\\n", 0),
        ("S~ HTTP/1.1 400 Bad Request\\r\\n", 0),
    ] {
        for end in ["", "\nS! close", "\nS! reset"] {
            let rest = format!("C: STOR a\nS: 150 go\nD< abc\nD! ended\n{words}{end}");
            let (mut ftp, server) = session(&[IMAGE, &rest].concat()).await;
            let error = up(&mut ftp, &options()).await;
            is_what_was_said(&error, want, words);
            drop(ftp);
            server.done().await;
            let rest = format!("C: RETR a\nS: 150 a (3 bytes)\nD> abc\nD! close\n{words}{end}");
            let (mut ftp, server) = session(&[IMAGE, &rest].concat()).await;
            let (_, error) = down(&mut ftp, &options()).await;
            is_what_was_said(&error, want, words);
            drop(ftp);
            server.done().await;
        }
    }
}

/// What the server says against a download counts at once, whatever of it is still to come.
#[tokio::test(start_paused = true)]
async fn words_in_the_middle_of_a_download_are_told_at_once() {
    for (words, want) in [
        ("S: 426 cut", 426),
        ("S: 421 bye", 421),
        ("S: 227 (1,2,3,4,5,6)", 227),
        ("S~ what?\\r\\n", 0),
    ] {
        let rest = format!("C: RETR a\nS: 150 a (8 bytes)\nD> half\n{words}\nS! wait 9");
        let (mut ftp, server) = session(&[IMAGE, &rest].concat()).await;
        let started = Instant::now();
        let (_, error) = down(&mut ftp, &options()).await;
        is_what_was_said(&error, want, words);
        assert_eq!(started.elapsed().as_millis(), 0, "{words}");
        drop(ftp);
        server.done().await;
    }
}

fn is_what_was_said(error: &Error, want: u16, words: &str) {
    assert_eq!(code(error), want, "{words}: {error:?}");
    let other = matches!(error, Error::Unconfirmed { .. } | Error::Io(_));
    assert!(!other, "{words}: {error:?}");
}

#[tokio::test(start_paused = true)]
async fn cut_and_short_data_stay_what_they_are() {
    for loss in ENDS.into_iter().chain([SILENCE]) {
        for (opened, data) in [
            ("a (3 bytes)", "D> abc\nD! reset"),
            ("a (4 bytes)", "D> abc\nD! close"),
            ("a (4 bytes)", "D> abc\nD! close\nS! wait 1"),
        ] {
            let what = format!("{IMAGE}C: RETR a\nS: 150 {opened}\n{data}\n{loss}");
            let (mut ftp, server) = session(&what).await;
            let (_, error) = down(&mut ftp, &options()).await;
            let is_other = matches!(error, Error::Io(_) | Error::Timeout(Phase::FinalReply));
            assert!(is_other, "{what}: {error:?}");
            drop(ftp);
            server.done().await;
        }
    }
    // Lost before the end of an upload: the part must not look like the whole.
    for loss in ENDS {
        let what = format!("{IMAGE}C: STOR a\nS: 150 go\nD< abc\n{loss}\nD! was reset");
        let (mut ftp, server) = session(&what).await;
        let mut upload = ftp.stor("a").await.unwrap();
        upload.write_all(b"abc").await.unwrap();
        quiet().await;
        let error = upload.finish().await.unwrap_err();
        assert!(matches!(error, Error::Io(_)), "{what}: {error:?}");
        drop(upload);
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn encrypted_data_tells_its_end_by_close_notify_or_by_its_size() {
    const RETR: &str = "C: RETR a\nS: 150";
    for (opened, end, eof, size) in [
        ("a (3 bytes)", "close", TlsEof::Verify, Some(3)),
        ("go", "close", TlsEof::Verify, Some(3)),
        ("a (3 bytes)", "cut", TlsEof::Verify, Some(3)),
        // Anybody may have cut these.
        ("go", "cut", TlsEof::Verify, None),
        ("go", "cut", TlsEof::TrustReply, None),
        ("a (4 bytes)", "cut", TlsEof::Verify, None),
    ] {
        for loss in ["S! close", "S! reset", "S! wait 1\nS! close", SILENCE] {
            for versions in [TlsVersions::Tls12, TlsVersions::Tls13] {
                let what =
                    format!("{SECURED}{IMAGE}{RETR} {opened}\nD! tls\nD> abc\nD! {end}\n{loss}");
                let options = explicit().tls_eof(eof).tls_versions(versions);
                let (mut ftp, server) = session_with(options, &what).await;
                let (_, error) = down(&mut ftp, &self::options()).await;
                match size {
                    Some(_) => assert_eq!(size_in(&error, &what), size, "{what}"),
                    None => assert!(
                        matches!(error, Error::Io(_) | Error::Tls(_)),
                        "{what}: {error:?}"
                    ),
                }
                drop(ftp);
                server.done().await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn encrypted_upload_is_unconfirmed_as_one_in_the_clear() {
    const STOR: &str = "C: STOR a\nS: 150 go\nD! tls\nD< abc\n";
    for end in ["D! ended", "D! heard"] {
        for loss in ["S! close", "S! reset", SILENCE] {
            for versions in [TlsVersions::Tls12, TlsVersions::Tls13] {
                let what = format!("{SECURED}{IMAGE}{STOR}{end}\n{loss}");
                let options = explicit().tls_versions(versions);
                let (mut ftp, server) = session_with(options, &what).await;
                let error = up(&mut ftp, &self::options()).await;
                assert_eq!(size_in(&error, &what), Some(3), "{what}");
                drop(ftp);
                server.done().await;
            }
        }
    }
}
