use super::*;

#[test]
fn an_error_survives_the_way_through_io() {
    let error = Error::Truncated {
        received: 3,
        expected: 5,
    };
    let io = io::Error::from(error);
    assert_eq!(io.kind(), io::ErrorKind::UnexpectedEof);
    assert_eq!(io.to_string(), "truncated: 3 of 5 bytes arrived");
    assert!(matches!(
        Error::from(io),
        Error::Truncated {
            received: 3,
            expected: 5
        }
    ));
}

#[test]
fn only_a_loss_leaves_a_transfer_unconfirmed() {
    let lost = io::Error::from(io::ErrorKind::ConnectionReset);
    for (cause, kind) in [
        (Error::Timeout(Phase::FinalReply), io::ErrorKind::TimedOut),
        (Error::from(lost), io::ErrorKind::ConnectionReset),
    ] {
        for error in [cause.clone(), cause.broken()] {
            let error = error.unconfirmed(Some(5));
            assert!(error.is_transient() && !error.is_broken() && error.code().is_none());
            assert_eq!(error.is_timeout(), cause.is_timeout());
            assert!(
                error.to_string().ends_with(&format!(": {cause}")),
                "{error}"
            );
            let io = io::Error::from(error);
            assert_eq!(io.kind(), kind);
            assert!(matches!(
                Error::from(io),
                Error::Unconfirmed { size: Some(5), .. }
            ));
        }
    }
    let words = ProtocolError::TooLarge {
        what: "a reply",
        limit: 3,
    };
    for error in [Error::from(words), Error::Unreadable] {
        for error in [error.clone(), error.broken()] {
            let before = error.to_string();
            assert_eq!(error.unconfirmed(Some(5)).to_string(), before);
        }
    }
}

#[test]
fn a_broken_session_is_worth_a_new_one() {
    let error = Error::Timeout(Phase::Settle).broken();
    assert!(error.is_broken() && error.is_transient() && error.is_timeout());
    assert!(error.broken().to_string().matches("broken").count() == 1);
}
