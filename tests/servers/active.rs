//! Data connections that the server makes.

use std::net::{IpAddr, Ipv4Addr};

use futures::TryStreamExt;
use tokio_ftp::{DataMode, Error};

use crate::{
    cell::{Cell, content},
    farm::{Kind, Server},
    options::{Tls, Versions},
    quirks::Quirk,
};

#[tokio::test]
async fn every_server_in_every_mode_connects_back() {
    for cell in Cell::all() {
        to_and_fro(cell.active(), &cell.start()).await;
    }
}

/// Passive mode over IPv6 is in the short suite.
#[tokio::test]
async fn every_server_connects_back_over_ipv6() {
    for kind in Kind::ALL {
        for tls in [Tls::None, Tls::Explicit] {
            let cell = Cell::new(kind, tls, Versions::Both).ipv6().active();
            let server = cell.start();
            if kind.has(Quirk::NoExtendedPort) {
                passive_only(cell, &server).await;
            } else {
                to_and_fro(cell, &server).await;
            }
        }
    }
}

/// Active mode is refused, in the server's words, and passive mode works on.
async fn passive_only(cell: Cell, server: &Server) {
    let mut ftp = cell.login(server).await;
    let error = ftp.read("file").await.expect_err("there is no EPRT");
    assert!(matches!(error, Error::Permanent(_)), "{cell}: {error:?}");
    assert_eq!(error.code().map(u16::from), Some(500), "{cell}: {error:?}");
    ftp.set_data_mode(DataMode::Passive);
    let bytes = content(300_000, 8);
    ftp.upload("file", &bytes[..]).await.expect("an upload");
    assert_eq!(ftp.read("file").await.expect("a download"), bytes, "{cell}");
}

/// The same transfers in active mode, and in passive mode, on one session.
async fn to_and_fro(cell: Cell, server: &Server) {
    let options = cell.options(server);
    let run = async {
        let mut ftp = cell.connect(server, &options).await?;
        let bytes = content(300_000, 8);
        for mode in [DataMode::Active, DataMode::Passive, DataMode::Active] {
            ftp.set_data_mode(mode);
            for length in [0, 1, bytes.len()] {
                let bytes = &bytes[..length];
                ftp.upload("file", bytes).await?;
                assert_eq!(ftp.read("file").await?, bytes, "{cell}");
            }
            let entries: Vec<_> = ftp.list("").await?.try_collect().await?;
            assert_eq!(entries.len(), 1, "{cell}: {entries:?}");
            // libunftp says so only after its 150.
            let error = ftp
                .read("nothing")
                .await
                .expect_err("there is no such file");
            assert!(error.is_not_found(), "{cell}: {error:?}");
        }
        Ok::<(), Error>(())
    };
    run.await
        .unwrap_or_else(|error| panic!("{cell}: {error:?}\n{}", server.log()));
}

#[tokio::test]
async fn the_advertised_address_and_the_range_are_used() {
    let cell = Cell::all()[0];
    let server = cell.start();
    let mut ftp = cell
        .options(&server)
        .data_mode(DataMode::Active)
        .active_ports(40_000..=41_000)
        .advertise(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 1)))
        .connect(server.address())
        .await
        .expect("a login");
    ftp.upload("active", &b"bytes"[..])
        .await
        .expect("an upload");
    let log = server.log();
    let port = log.split("PORT 127,0,0,1,").nth(1).expect("a PORT command");
    let high: u32 = port
        .split(',')
        .next()
        .expect("a number")
        .parse()
        .expect("a number");
    assert!((40_000 / 256..=41_000 / 256).contains(&high), "{port}");
}
