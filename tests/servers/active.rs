//! Data connections that the server makes.

use std::net::{IpAddr, Ipv4Addr};

use futures::TryStreamExt;
use tokio_ftp::{DataMode, Error};

use crate::cell::{Cell, content};

#[tokio::test]
async fn every_server_in_every_mode_connects_back() {
    for cell in Cell::all() {
        let server = cell.start();
        let options = cell.options(&server).data_mode(DataMode::Active);
        let run = async {
            let mut ftp = options.connect(server.address()).await?;
            let bytes = content(300_000, 8);
            for length in [0, 1, bytes.len()] {
                let bytes = &bytes[..length];
                ftp.upload("active", bytes).await?;
                assert_eq!(ftp.read("active").await?, bytes, "{cell}");
            }
            let entries: Vec<_> = ftp.list("").await?.try_collect().await?;
            assert_eq!(entries.len(), 1, "{cell}: {entries:?}");
            let error = ftp
                .retr("nothing")
                .await
                .expect_err("there is no such file");
            assert!(error.is_not_found(), "{cell}: {error:?}");
            // To and fro on one session.
            ftp.set_data_mode(DataMode::Passive);
            assert_eq!(ftp.read("active").await?, bytes, "{cell}");
            ftp.set_data_mode(DataMode::Active);
            assert_eq!(ftp.read("active").await?, bytes, "{cell}");
            Ok::<(), Error>(())
        };
        run.await
            .unwrap_or_else(|error| panic!("{cell}: {error:?}\n{}", server.log()));
    }
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
