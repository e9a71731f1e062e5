//! Data connections: where they go.

use tokio_ftp::ConnectOptions;

use super::{
    calls::{read, read_and_read_again, read_twice},
    row::{Fact, Row, fact, row},
};

pub(super) fn facts() -> Vec<Fact> {
    vec![
        fact(
            "any",
            "EPSV 500/502/522, EPSV answered 227, (!!!1234!), EPSV port unreachable",
            epsv(),
        ),
        fact(
            "any",
            "PASV without parentheses, with spaces, 227 =h,h,h,h,p,p, octets \
             > 255, port 0",
            [
                pasv("no parentheses", "192,0,2,10,7,209"),
                pasv("spaces", "(192, 0, 2, 10, 7, 209)"),
                pasv("an equals sign", "=192,0,2,10,7,209"),
                pasv("words behind", "(192,0,2,10,7,209) as you like"),
                no_pasv("an octet of 666", "(1,2,3,4,5,666)"),
                no_pasv("a host of 256", "(256,2,3,4,5,6)"),
                no_pasv("port 0", "(1,2,3,4,0,0)"),
                no_pasv("five numbers", "(1,2,3,4,5)"),
                no_pasv("no numbers", "(,,,,,)"),
                no_pasv("no numbers at all", "Entering Passive Mode"),
            ],
        ),
        fact(
            "any",
            "PASV names 0.0.0.0, a private or a foreign address",
            [
                pasv("0.0.0.0", "(0,0,0,0,7,209)"),
                pasv("a private address", "(10,1,2,3,7,209)"),
                pasv("the client's own host", "(127,0,0,1,7,209)"),
                pasv("a foreign address", "(198,51,100,7,7,209)"),
            ],
        ),
        fact(
            "DrFTPD",
            "needs PRET before PASV",
            [
                row(
                    "PRET once PASV was refused",
                    "C: TYPE I\nS: 200 ok\nC: PASV\nS: 500 needs PRET\n\
                     C: FEAT\nS~ 211-Features\\r\\n PRET\\r\\n211 End\\r\\n\n\
                     C: PRET RETR a\nS: 200 ok\nD! open 2001\nC: PASV\nS: 227 (192,0,2,10,7,209)\n\
                     C: RETR a\nS: 150 go\nD> abc\nD! close\nS: 226 done",
                    read,
                    "abc",
                )
                .options(by_pasv()),
                row(
                    "PRET that is refused",
                    "C: FEAT\nS~ 211-Features\\r\\n PRET\\r\\n211 End\\r\\n\n\
                     C: TYPE I\nS: 200 ok\nC: PRET RETR a\nS: 550 no such file",
                    |ftp| {
                        Box::pin(async move {
                            ftp.features().await?;
                            read(ftp).await
                        })
                    },
                    "! PRET: 550 no such file",
                ),
                row(
                    "no PRET where there is none",
                    "C: TYPE I\nS: 200 ok\nC: PASV\nS: 500 no\n\
                     C: FEAT\nS~ 211-Features\\r\\n MDTM\\r\\n211 End\\r\\n",
                    read,
                    "! PASV: 500 no",
                )
                .options(by_pasv()),
            ],
        ),
    ]
}

const BY_PASV: &str = "C: PASV\nD! open 2001\nS: 227 (192,0,2,10,7,209)\n\
                       C: RETR a\nS: 150 go\nD> abc\nD! close\nS: 226 done\n";

pub(super) fn by_pasv() -> ConnectOptions {
    ConnectOptions::new().epsv(false)
}

fn epsv() -> Vec<Row> {
    let falls_back = |name, answer: &str| {
        let transcript = format!("C: TYPE I\nS: 200 ok\nC: EPSV\nS: {answer}\n{BY_PASV}{BY_PASV}");
        row(name, transcript, read_twice, "abc, abc").dials("192.0.2.10:2001")
    };
    let works = |name, answer: &str| {
        let transcript = format!(
            "C: TYPE I\nS: 200 ok\nD! open 2000\nC: EPSV\nS: {answer}\n\
             C: RETR a\nS: 150 go\nD> abc\nD! close\nS: 226 done"
        );
        row(name, transcript, read, "abc").dials("192.0.2.10:2000")
    };
    vec![
        falls_back("500 to EPSV", "500 what?"),
        falls_back("501 to EPSV", "501 what?"),
        falls_back("502 to EPSV", "502 not here"),
        falls_back("522 to EPSV", "522 not that protocol (1)"),
        falls_back("no port in a 229", "229 no port"),
        falls_back("port 0 in a 229", "229 (|||0|)"),
        falls_back("port 70000 in a 229", "229 (|||70000|)"),
        falls_back("half a 227 to EPSV", "227 =192,0,2,10,7,"),
        falls_back("an extended port that is closed", "229 (|||2222|)"),
        works("a 229 with other marks", "229 (!!!2000!)"),
        works("a 229 without parentheses", "229 ok |||2000|"),
        works(
            "a 227 to EPSV",
            "227 Entering Passive Mode (10,0,0,1,7,208)",
        ),
        row(
            "a port that nobody answers at",
            format!(
                "C: TYPE I\nS: 200 ok\nD! dark 2000\nC: EPSV\nS: 229 (|||2000|)\n\
                 {BY_PASV}{BY_PASV}"
            ),
            read_twice,
            "abc, abc",
        )
        .takes(15),
        row(
            "425 to EPSV, and nothing is remembered",
            "C: TYPE I\nS: 200 ok\nC: EPSV\nS: 425 busy\n\
             PASSIVE\nC: RETR a\nS: 150 go\nD> abc\nD! close\nS: 226 done",
            read_and_read_again,
            "! EPSV: 425 busy, abc",
        )
        .breaks("the second download is a command behind the reply that did not come"),
    ]
}

fn pasv(name: &'static str, text: &str) -> Row {
    let transcript = format!(
        "C: TYPE I\nS: 200 ok\nD! open 2001\nC: PASV\nS: 227 {text}\n\
         C: RETR a\nS: 150 go\nD> abc\nD! close\nS: 226 done"
    );
    row(name, transcript, read, "abc")
        .options(by_pasv())
        .dials("192.0.2.10:2001")
}

fn no_pasv(name: &'static str, text: &str) -> Row {
    let transcript = format!("C: TYPE I\nS: 200 ok\nC: PASV\nS: 227 {text}");
    row(
        name,
        transcript,
        read,
        "! protocol error: not understood: PASV: 227 …",
    )
    .options(by_pasv())
}
