//! Who may speak to the server: browsers that showed a code, and programs that know the token of a file that only this
//! user reads.
//!
//! A code is shown to the person, good for a minute and once. For it a browser gets a token, which its page keeps, and a
//! cookie, which no script reads; each request needs both, since a cookie goes to every port of a host and a token could
//! be carried away by a page. Only digests are kept, and comparing takes the same time whatever is wrong.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use subtle::ConstantTimeEq as _;
use tokio::sync::watch;

/// How long a code is good for.
const CODE_LASTS: Duration = Duration::from_mins(1);
/// How many codes may wait at once; the oldest goes first.
const MOST_CODES: usize = 16;
/// How long a browser stays logged in.
pub(crate) const LOGIN_LASTS: Duration = Duration::from_hours(7 * 24);
/// How many browsers may be logged in; the oldest goes first.
const MOST_LOGINS: usize = 64;
/// Failures of one peer that are let pass in a while; further ones are told to wait.
const MOST_FAILURES: u32 = 20;
/// The while.
const FAILURES_FADE: Duration = Duration::from_mins(1);
/// How many peers are counted; beyond that all strangers count as one.
const MOST_PEERS: usize = 1024;

type Digest = [u8; 32];

/// Everybody who may speak to the server.
pub(crate) struct Logins {
    program: Digest,
    state: Mutex<State>,
    /// Changes with each logout, so that open connections look whether they still may.
    out: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    codes: Vec<(Digest, Instant)>,
    browsers: Vec<Browser>,
    failures: HashMap<IpAddr, (u32, Instant)>,
}

/// A browser that is logged in, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Browser {
    token: String,
    cookie: String,
    /// Seconds since 1970.
    expires: u64,
}

/// Who made a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Who {
    /// A page of ours; its login's token as a digest.
    Browser(String),
    /// A program of this user.
    Program,
}

/// What a browser gets for its code.
pub(crate) struct Fresh {
    pub(crate) token: String,
    pub(crate) cookie: String,
    pub(crate) expires: SystemTime,
}

/// Why a code is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It is none, or was used, or its minute is over.
    Unknown,
    /// There were too many failures from there.
    Wait(Duration),
}

impl Logins {
    /// Knows the program's token, and the browsers that were logged in before.
    pub(crate) fn new(program_token: &str, browsers: Vec<Browser>) -> Self {
        let state = State { browsers, ..State::default() };
        Self { program: digest(program_token), state: Mutex::new(state), out: watch::Sender::new(0) }
    }

    /// A fresh code.
    pub(crate) fn code(&self) -> Result<(String, SystemTime), getrandom::Error> {
        let code = random()?;
        let mut state = self.state();
        state.codes.retain(|(_, until)| Instant::now() < *until);
        if MOST_CODES <= state.codes.len() {
            state.codes.remove(0);
        }
        state.codes.push((digest(&code), Instant::now() + CODE_LASTS));
        Ok((code, SystemTime::now() + CODE_LASTS))
    }

    /// Logs a browser in for its code, which is used up.
    /// `left` looks whether another process of this user left that code for it.
    pub(crate) fn log_in(&self, peer: IpAddr, code: &str, left: impl Fn(&str) -> bool) -> Result<Fresh, Refused> {
        self.may_try(peer)?;
        let found = {
            let (given, mut state) = (digest(code), self.state());
            let at = state.codes.iter().position(|(known, until)| same(known, &given) && Instant::now() < *until);
            // Both under the lock: of two browsers with one code one is let in.
            at.map(|at| state.codes.remove(at)).is_some() || left(code)
        };
        // Without randomness nobody is let in.
        let (true, Ok(token), Ok(cookie)) = (found, random(), random()) else {
            self.failed(peer);
            return Err(Refused::Unknown);
        };
        let expires = SystemTime::now() + LOGIN_LASTS;
        let browser = Browser { token: hex(&token), cookie: hex(&cookie), expires: seconds(expires) };
        let mut state = self.state();
        state.browsers.retain(|browser| seconds(SystemTime::now()) < browser.expires);
        if MOST_LOGINS <= state.browsers.len() {
            state.browsers.remove(0);
        }
        state.browsers.push(browser);
        Ok(Fresh { token, cookie, expires })
    }

    /// Who shows this token and this cookie. Whoever is known is let in, however many strangers failed from there.
    pub(crate) fn who(&self, peer: IpAddr, token: &str, cookie: Option<&str>) -> Result<Who, Refused> {
        if same(&digest(token), &self.program) {
            return Ok(Who::Program);
        }
        let (token, now) = (hex(token), seconds(SystemTime::now()));
        let cookie = hex(cookie.unwrap_or_default());
        let known = self.state().browsers.iter().any(|browser| {
            let both =
                browser.token.as_bytes().ct_eq(token.as_bytes()) & browser.cookie.as_bytes().ct_eq(cookie.as_bytes());
            bool::from(both) && now < browser.expires
        });
        if known {
            return Ok(Who::Browser(token));
        }
        self.may_try(peer)?;
        self.failed(peer);
        Err(Refused::Unknown)
    }

    /// Whether whoever was let in still may.
    pub(crate) fn still(&self, who: &Who) -> bool {
        match who {
            Who::Program => true,
            Who::Browser(token) => {
                let now = seconds(SystemTime::now());
                self.state().browsers.iter().any(|browser| browser.token == *token && now < browser.expires)
            }
        }
    }

    /// Ends a login. Its open connections end with it.
    pub(crate) fn log_out(&self, who: &Who) {
        if let Who::Browser(token) = who {
            self.state().browsers.retain(|browser| browser.token != *token);
        }
        self.out.send_modify(|count| *count += 1);
    }

    /// Tells when somebody was logged out.
    pub(crate) fn outs(&self) -> watch::Receiver<u64> {
        self.out.subscribe()
    }

    /// The browsers that are logged in, to be kept.
    pub(crate) fn browsers(&self) -> Vec<Browser> {
        self.state().browsers.clone()
    }

    fn may_try(&self, peer: IpAddr) -> Result<(), Refused> {
        let state = self.state();
        match state.failures.get(&state.counted_as(peer)) {
            Some((MOST_FAILURES.., until)) if Instant::now() < *until => {
                Err(Refused::Wait(until.saturating_duration_since(Instant::now())))
            }
            _ => Ok(()),
        }
    }

    fn failed(&self, peer: IpAddr) {
        let (mut state, now) = (self.state(), Instant::now());
        state.failures.retain(|_, (_, until)| now < *until);
        let peer = state.counted_as(peer);
        let (count, until) = state.failures.entry(peer).or_insert((0, now + FAILURES_FADE));
        *count = count.saturating_add(1);
        *until = now + FAILURES_FADE;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn counted_as(&self, peer: IpAddr) -> IpAddr {
        let known = self.failures.contains_key(&peer) || self.failures.len() < MOST_PEERS;
        if known { peer } else { IpAddr::from([0, 0, 0, 0]) }
    }
}

/// 256 bits that nobody guesses, as text.
pub(crate) fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn digest(text: &str) -> Digest {
    Sha256::digest(text.as_bytes()).into()
}

fn hex(text: &str) -> String {
    digest(text).iter().fold(String::with_capacity(64), |hex, byte| hex + &format!("{byte:02x}"))
}

fn same(a: &Digest, b: &Digest) -> bool {
    a.ct_eq(b).into()
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn logins() -> Logins {
        Logins::new("the token of the file", Vec::new())
    }

    #[test]
    fn h03_a_code_logs_in_once() {
        let logins = logins();
        let (code, _) = logins.code().unwrap();
        let fresh = logins.log_in(PEER, &code, |_| false).ok().unwrap();
        assert!(logins.log_in(PEER, &code, |_| false).is_err(), "the code is used up");
        assert!(matches!(logins.who(PEER, &fresh.token, Some(&fresh.cookie)), Ok(Who::Browser(_))));
    }

    #[test]
    fn a_token_without_its_cookie_and_a_cookie_without_its_token_are_nothing() {
        let logins = logins();
        let log_in = || logins.log_in(PEER, &logins.code().unwrap().0, |_| false).ok().unwrap();
        let (one, other) = (log_in(), log_in());
        for (token, cookie) in [(&*one.token, None), (&one.token, Some(&*other.cookie)), ("", Some(&*one.cookie))] {
            assert_eq!(logins.who(PEER, token, cookie), Err(Refused::Unknown));
        }
        assert!(logins.who(PEER, &one.token, Some(&one.cookie)).is_ok(), "twin");
    }

    #[test]
    fn a_program_needs_its_token_alone() {
        assert_eq!(logins().who(PEER, "the token of the file", None), Ok(Who::Program));
        assert_eq!(logins().who(PEER, "another token", None), Err(Refused::Unknown));
    }

    #[test]
    fn h11_whoever_is_logged_out_is_a_stranger_at_once() {
        let logins = logins();
        let fresh = logins.log_in(PEER, &logins.code().unwrap().0, |_| false).ok().unwrap();
        let who = logins.who(PEER, &fresh.token, Some(&fresh.cookie)).unwrap();
        let mut outs = logins.outs();
        assert!(logins.still(&who));
        logins.log_out(&who);
        assert!(!logins.still(&who) && outs.has_changed().unwrap());
        outs.mark_unchanged();
        assert_eq!(logins.who(PEER, &fresh.token, Some(&fresh.cookie)), Err(Refused::Unknown));
    }

    #[test]
    fn h04_who_fails_again_and_again_has_to_wait_and_who_is_known_has_not() {
        let logins = logins();
        let fresh = logins.log_in(PEER, &logins.code().unwrap().0, |_| false).ok().unwrap();
        for _ in 0..MOST_FAILURES {
            assert!(matches!(logins.log_in(PEER, "a guess", |_| false), Err(Refused::Unknown)));
        }
        let (code, _) = logins.code().unwrap();
        assert!(matches!(logins.log_in(PEER, &code, |_| false), Err(Refused::Wait(_))), "the right one as well");
        assert!(matches!(logins.who(PEER, "a guess", None), Err(Refused::Wait(_))));
        assert!(logins.who(PEER, &fresh.token, Some(&fresh.cookie)).is_ok());
        let elsewhere = IpAddr::from([127, 0, 0, 2]);
        assert!(logins.log_in(elsewhere, &code, |_| false).is_ok(), "another peer did not fail");
    }

    #[test]
    fn what_is_kept_lets_a_browser_in_again_and_names_no_token() {
        let before = logins();
        let fresh = before.log_in(PEER, &before.code().unwrap().0, |_| false).ok().unwrap();
        let kept = serde_json::to_string(&before.browsers()).unwrap();
        assert!(!kept.contains(&fresh.token) && !kept.contains(&fresh.cookie));
        let after = Logins::new("another", serde_json::from_str(&kept).unwrap());
        assert!(after.who(PEER, &fresh.token, Some(&fresh.cookie)).is_ok());
    }
}
