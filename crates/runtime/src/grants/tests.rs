use super::file::GrantFile;
use super::*;

const HOUR: i64 = 3_600_000_000;

fn time(hours: i64) -> Time {
    Time::from_micros(hours * HOUR)
}

fn grant(number: u128, expires: Option<i64>) -> Grant {
    Grant {
        id: GrantId(Ulid::from(number)),
        capability: "fs.write:out".parse().unwrap(),
        tool: None,
        scope: GrantScope::Always,
        created: time(100),
        expires: expires.map(time),
        by: "local".to_owned(),
    }
}

fn file(grants: &[Grant]) -> GrantFile {
    let mut file = GrantFile::default();
    for grant in grants {
        file.add(grant.clone(), WorkspaceId::from_ulid(Ulid::from(1))).unwrap();
    }
    file
}

fn ids(grants: &[Grant]) -> Vec<u128> {
    grants.iter().map(|grant| grant.id.0.into()).collect()
}

/// X06: a grant that was seen as expired never counts again, whatever the clock says later.
#[test]
fn x06_an_expired_grant_stays_expired_when_the_clock_is_set_back() {
    let mut file = file(&[grant(1, None), grant(2, Some(110)), grant(3, Some(120))]);
    file.settle(time(101));
    assert_eq!(ids(&file.live(time(101))), [1, 2, 3]);
    assert!(!file.is_settled(time(111)));
    file.settle(time(111));
    assert_eq!(ids(&file.live(time(111))), [1, 3]);
    assert_eq!(ids(&file.live(time(105))), [1], "while the clock is behind, nobody can say what has ended");
    let kept = GrantFile::from_json(&file.to_json()).unwrap();
    assert_eq!(kept, file);
    assert_eq!(ids(&kept.live(time(112))), [1, 3], "the clock is right again");
    assert!(kept.is_ahead_of(time(105)) && !kept.is_ahead_of(time(111)));
}

#[test]
fn a_clock_that_was_wrong_once_is_forgotten_with_the_last_grant_that_ends() {
    let mut file = file(&[grant(1, None), grant(2, Some(200_000))]);
    file.settle(time(100_000));
    assert!(file.is_ahead_of(time(100)));
    file.remove(GrantId(Ulid::from(2_u128))).unwrap();
    assert!(!file.is_ahead_of(time(100)));
    file.settle(time(100));
    assert_eq!(file.latest(), time(100));
}

#[test]
fn what_is_written_is_what_is_read_and_anything_else_is_broken() {
    let session = SessionId::from_ulid(Ulid::from(7_u128));
    let of_session = Grant {
        scope: GrantScope::Session(session),
        tool: Some("weather".parse().unwrap()),
        capability: "network:https://api.example.com/v1/**".parse().unwrap(),
        ..grant(3, Some(500))
    };
    let of_workspace = Grant { scope: GrantScope::Workspace, ..grant(4, None) };
    let file = file(&[grant(1, Some(120)), of_session, of_workspace]);
    let text = String::from_utf8(file.to_json()).unwrap();
    assert_eq!(GrantFile::from_json(text.as_bytes()).unwrap(), file);
    for (from, to) in [
        ("\"v\": 1", "\"v\": 2"),
        ("\"v\": 1", "\"v\": 1, \"w\": 1"),
        ("fs.write:", "fs.wirte:"),
        ("\"always\"", "\"forever\""),
        ("\"always\"", "\"session\""),
        ("\"by\"", "\"approved\": true, \"by\""),
        ("{", ""),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        assert!(GrantFile::from_json(changed.as_bytes()).is_err(), "{from} {to}");
    }
}

#[test]
fn an_end_is_a_span_or_a_time() {
    let span = |seconds| Ok(Expiry::In(Duration::from_secs(seconds)));
    for (text, wanted) in [("90s", span(90)), ("10m", span(600)), ("2h", span(7200)), ("7d", span(604_800))] {
        assert_eq!(text.parse(), wanted);
    }
    let time = Time::from_micros(1_769_882_400_000_000);
    for text in ["2026-01-31T18:00:00Z", "2026-01-31T19:00:00+01:00"] {
        assert_eq!(text.parse(), Ok(Expiry::At(time)), "{text}");
    }
    for text in [
        "",
        "0s",
        "10",
        "-1h",
        "1.5h",
        "h",
        "10w",
        "99999999999999999999d",
        "184467440737095516d",
        "2026-01-31",
        "soon",
    ] {
        assert!(text.parse::<Expiry>().is_err(), "{text}");
    }
}

struct Stage {
    data: PrivateFolder,
    _around: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let around = tempfile::tempdir().unwrap();
        Self { data: PrivateFolder::prepare(&around.path().join("data")).unwrap(), _around: around }
    }

    fn store(&self, workspace: u128) -> GrantStore {
        let workspace = WorkspaceId::from_ulid(Ulid::from(workspace));
        GrantStore::new(&self.data, workspace, Arc::new(SystemStamp::new())).unwrap()
    }
}

fn new(scope: GrantScope, expiry: Option<Expiry>) -> NewGrant {
    NewGrant { capability: "fs.write:out".parse().unwrap(), tool: None, scope, expiry }
}

#[test]
fn a_grant_reaches_as_far_as_it_says_and_no_further() {
    let stage = Stage::new();
    let (here, there) = (stage.store(1), stage.store(2));
    let session = SessionId::from_ulid(Ulid::from(9_u128));
    let always = here.add(new(GrantScope::Always, None)).unwrap();
    let workspace = here.add(new(GrantScope::Workspace, None)).unwrap();
    let of_session = here.add(new(GrantScope::Session(session), None)).unwrap();
    assert_eq!(here.live(None).unwrap(), [always.clone(), workspace.clone()]);
    assert_eq!(here.live(Some(session)).unwrap().len(), 3);
    assert_eq!(there.live(Some(SessionId::from_ulid(Ulid::from(8_u128)))).unwrap(), std::slice::from_ref(&always));
    assert_eq!(here.list().unwrap(), [always.clone(), workspace.clone(), of_session.clone()]);
    assert_eq!(there.list().unwrap(), std::slice::from_ref(&always));
    for grant in [of_session, workspace, always] {
        assert_eq!(there.revoke(grant.id).unwrap(), grant);
        assert!(matches!(here.revoke(grant.id), Err(GrantError::Unknown(_))));
    }
    assert!(here.list().unwrap().is_empty());
}

#[test]
fn writers_wait_for_each_other_and_no_grant_is_lost() {
    let stage = Stage::new();
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                let store = stage.store(1);
                for _ in 0..5 {
                    store.add(new(GrantScope::Always, None)).unwrap();
                }
            });
        }
    });
    assert_eq!(stage.store(1).live(None).unwrap().len(), 20);
}

#[test]
fn a_grant_that_has_ended_is_not_given() {
    let store = Stage::new();
    let store = store.store(1);
    let past = Some(Expiry::At(Time::from_micros(1)));
    assert!(matches!(store.add(new(GrantScope::Always, past)), Err(GrantError::Past(_))));
    let ends = store.add(new(GrantScope::Always, Some(Expiry::In(Duration::from_hours(1))))).unwrap();
    assert!(ends.created < ends.expires.unwrap());
}

#[test]
fn a_broken_file_of_grants_grants_nothing_and_says_so() {
    let stage = Stage::new();
    let store = stage.store(1);
    store.add(new(GrantScope::Always, None)).unwrap();
    store.folder.replace_file("always.json", b"{").unwrap();
    let error = store.rules(None).unwrap_err();
    assert!(
        error.to_string().starts_with("nothing is allowed") && error.to_string().contains("always.json"),
        "{error}"
    );
    assert!(store.add(new(GrantScope::Always, None)).is_err(), "what could not be read is not written over");
}
