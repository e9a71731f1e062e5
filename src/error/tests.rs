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
fn a_broken_session_is_worth_a_new_one() {
    let error = Error::Timeout(Phase::Settle).broken();
    assert!(error.is_broken() && error.is_transient() && error.is_timeout());
    assert!(error.broken().to_string().matches("broken").count() == 1);
}
