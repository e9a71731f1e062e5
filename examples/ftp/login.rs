//! Who logs in.

use std::io::{IsTerminal, stdin};

use crate::{
    Result, arguments::Options, failure::Failure, netrc::Netrc, place::Place, screen::Screen, text,
};

pub(crate) struct Login {
    pub(crate) user: Vec<u8>,
    pub(crate) password: Vec<u8>,
    pub(crate) account: Option<Vec<u8>>,
    /// What to look at when it is refused.
    pub(crate) doubt: String,
}

const ANONYMOUS: &[u8] = b"anonymous";
const ANONYMOUS_PASSWORD: &[u8] = b"anonymous@";

impl Login {
    /// The login for a place; asks for the password where it must and can.
    pub(crate) fn find(place: &Place, options: &Options, screen: &Screen) -> Result<Self> {
        let asked = options.user.as_deref().map(text::bytes);
        let in_url = asked.is_none().then_some(place.password.as_ref()).flatten();
        if let (Some(user), Some(password)) = (&place.user, in_url) {
            screen.note(
                "warning: other users of this machine can see a password on the command line; \
                 leave it out and it is asked for, or put it in ~/.netrc",
            );
            return Ok(Self {
                user: user.clone(),
                password: password.clone(),
                account: None,
                doubt: "are user and password in the URL right?".to_owned(),
            });
        }
        let user = asked.or_else(|| place.user.clone());
        let netrc = Netrc::load(options.netrc.as_ref())?;
        let entry = netrc.find(&place.host, user.as_deref());
        let user = user
            .or_else(|| entry?.login.clone())
            .unwrap_or_else(|| ANONYMOUS.to_vec());
        let (password, doubt) = match entry.and_then(|entry| entry.password.clone()) {
            Some(password) => {
                let (user, file) = (text::plain(&user), netrc.path.display());
                let doubt = format!("user {user}, password from {file}: are both right?");
                (password, doubt)
            }
            None if user == ANONYMOUS || user == b"ftp" => {
                let doubt = "the server takes no anonymous users; --user NAME logs in as another";
                (ANONYMOUS_PASSWORD.to_vec(), doubt.to_owned())
            }
            None => {
                let password = ask(&user, &place.host)?;
                let doubt = format!("user {}: is the password right?", text::plain(&user));
                (password, doubt)
            }
        };
        Ok(Self {
            user,
            password,
            account: entry.and_then(|entry| entry.account.clone()),
            doubt,
        })
    }
}

fn ask(user: &[u8], host: &str) -> Result<Vec<u8>> {
    let user = text::plain(user);
    if !stdin().is_terminal() {
        return Err(
            Failure::usage(format!("no password for {user} at {host}")).hint(format!(
                "add to ~/.netrc: machine {host} login {user} password …"
            )),
        );
    }
    rpassword::prompt_password(format!("Password of {user} at {host}: "))
        .map(String::into_bytes)
        .map_err(|error| Failure::local("the terminal".as_ref(), &error))
}
