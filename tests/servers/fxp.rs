//! Files from server to server.

use tokio_ftp::{TransferOptions, fxp};

use crate::{
    cell::{Cell, content},
    dropped::lost_reply,
    farm::Kind,
    options::{Tls, Versions},
};

#[tokio::test]
async fn a_file_goes_from_each_server_to_each() {
    let bytes = content(1 << 20, 7);
    let binary = TransferOptions::new();
    for from in Kind::ALL {
        let from = Cell::new(from, Tls::None, Versions::Both);
        let source_server = from.start();
        source_server
            .put("file", &bytes)
            .expect("a file is put there");
        let mut source = from.login(&source_server).await;
        for to in Kind::ALL {
            let to = Cell::new(to, Tls::None, Versions::Both);
            let target_server = to.start();
            let mut target = to.login(&target_server).await;
            fxp(&mut source, "file", &mut target, "copy", &binary)
                .await
                .unwrap_or_else(|e| panic!("{from} to {to}: {e:?}\n{}", target_server.log()));
            assert_eq!(
                target_server.content("copy").expect("a file"),
                bytes,
                "{from} to {to}"
            );
            // A refusal on one side leaves both in step.
            let error = fxp(&mut source, "missing", &mut target, "nothing", &binary)
                .await
                .expect_err("there is no such file");
            assert!(error.is_not_found(), "{from} to {to}: {error:?}");
            let error = fxp(&mut source, "file", &mut target, "no/such/place", &binary)
                .await
                .expect_err("there is no such place");
            assert!(error.code().is_some(), "{from} to {to}: {error:?}");
            for (side, cell, server, session) in [
                ("source", from, &source_server, &mut source),
                ("target", to, &target_server, &mut target),
            ] {
                match session.pwd().await {
                    Ok(here) => assert_eq!(here, "/", "{from} to {to}: {side}"),
                    // The other side had left before this one was told to begin.
                    Err(error) if lost_reply(cell, &error) => *session = cell.login(server).await,
                    Err(error) => panic!("{from} to {to}: {side}: {error:?}\n{}", server.log()),
                }
            }
            assert_eq!(source.read("file").await.expect("a download"), bytes);
            target.upload("after", &bytes[..]).await.expect("an upload");
        }
    }
}
