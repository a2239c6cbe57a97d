//! The wall of the kernel behind our own checks, and what stands on its other side. A keeper of earlier states is asked on
//! a guest's thread, so that it can do there what a check of ours that is wrong would do.

use crate::bench::Bench;
use boxagnts_capability::{Layer, Mode, Rule, Rulebook, Subject, Verdict};
use boxagnts_egress::{Resolver, Web};
use boxagnts_sandbox::{BeforeImages, EarlierState, EffectsPlan, Wall, World};
use boxagnts_types::{CallId, GuestPath};
use boxagnts_workspace::{Hidden, PrivateFolder, Root};
use futures::future::BoxFuture;
use serde_json::json;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Reads these paths of the host when it is asked to keep something, whatever anybody granted.
struct Intruder {
    paths: Vec<PathBuf>,
    read: Mutex<Vec<Result<String, io::ErrorKind>>>,
}

impl Intruder {
    fn to(paths: impl IntoIterator<Item = PathBuf>) -> Arc<Self> {
        Arc::new(Self { paths: paths.into_iter().collect(), read: Mutex::default() })
    }

    fn read(&self) -> Vec<Result<String, io::ErrorKind>> {
        std::mem::take(&mut *self.read.lock().unwrap())
    }
}

impl BeforeImages for Intruder {
    fn keep(&self, _: CallId, _: &GuestPath, _: EarlierState<'_>) -> io::Result<()> {
        let read = self.paths.iter().map(|path| fs::read_to_string(path).map_err(|error| error.kind()));
        self.read.lock().unwrap().extend(read);
        Ok(())
    }
}

/// What an intruder gets where the wall stands; without one there is nothing to see.
fn stopped(bench: &Bench, without: &str) -> Result<String, io::ErrorKind> {
    match bench.sandbox.wall() {
        Wall::Landlock { .. } => Err(io::ErrorKind::PermissionDenied),
        Wall::Missing(_) => Ok(without.to_owned()),
    }
}

fn write(path: &str) -> serde_json::Value {
    json!([{ "op": "write", "path": path, "data": "x" }])
}

#[tokio::test]
async fn a02_what_no_check_of_ours_stops_the_kernel_does() {
    let bench = Bench::new();
    let intruder = Intruder::to([bench.outside("canary"), bench.inside("sub/file")]);
    let bench = bench.in_world(|_, world| world.with_before_images(intruder.clone()));
    bench.probe(write("/workspace/new")).await;
    assert_eq!(intruder.read(), [stopped(&bench, "canary"), Ok("file".to_owned())]);
    // With a yes at the end, the change is made by another thread of the same kind.
    assert_eq!(fs::read(bench.inside("new")).unwrap(), b"x");
    bench.assert_nothing_escaped();
}

/// Two sessions of one workspace, each with a folder for passing files; where changes are prepared is common to both.
struct Two {
    bench: Bench,
    around: PathBuf,
}

impl Two {
    fn new() -> Self {
        let bench = Bench::new();
        let around = bench.inside("..").canonicalize().unwrap();
        for name in ["tmp-a", "tmp-b"] {
            fs::create_dir(around.join(name)).unwrap();
        }
        Self { bench, around }
    }

    /// The guests of one of them.
    fn session(self, tmp: &str, intruder: &Arc<Intruder>) -> Self {
        let Self { bench, around } = self;
        let bench = bench.in_world(|_, world| in_session(world, &around, tmp, intruder));
        Self { bench, around }
    }
}

fn in_session(world: World, around: &Path, tmp: &str, intruder: &Arc<Intruder>) -> World {
    let own = Arc::new(Root::open(&around.join(tmp), Hidden::by_name_only()).unwrap());
    let stage = PrivateFolder::prepare(&around.join("stage")).unwrap();
    let world = world.with_own_folder(GuestPath::parse("/tmp").unwrap(), own).unwrap();
    world.with_stage(stage).with_before_images(Arc::clone(intruder) as _)
}

#[tokio::test]
async fn a12_a_session_reads_nothing_of_anothers_tmp() {
    let two = Two::new();
    let secret = two.around.join("tmp-a/secret");
    let intruder = Intruder::to([secret.clone()]);
    let first = two.session("tmp-a", &intruder);
    let kept =
        json!([{ "op": "write", "path": "/tmp/secret", "data": "of A" }, { "op": "read", "path": "/tmp/secret" }]);
    assert_eq!(first.bench.probe(kept).await[1]["ok"]["text"], "of A", "twin: it is there for its own session");
    assert_eq!(fs::read(&secret).unwrap(), b"of A");
    intruder.read();

    let second = first.session("tmp-b", &intruder);
    let answers = second
        .bench
        .probe(json!([
            { "op": "read", "path": "/tmp/secret" },
            { "op": "list", "path": "/tmp" },
            { "op": "raw_open", "base": "/tmp", "path": "../tmp-a/secret", "access": ["read"] },
            { "op": "read", "path": "/tmp/../tmp-a/secret" },
            { "op": "write", "path": "/workspace/new", "data": "x" },
        ]))
        .await;
    assert_eq!((&answers[0]["error"], &answers[1]["ok"]), (&json!("NotFound"), &json!([])));
    assert!(answers[2]["error"].is_string() && answers[3]["error"].is_string(), "{answers:?}");
    // Not even without a check of ours.
    assert_eq!(intruder.read(), [stopped(&second.bench, "of A")]);
}

#[tokio::test]
async fn a12_what_a_session_prepares_has_no_name_that_another_could_find() {
    let two = Two::new();
    let nobody = Intruder::to([]);
    let seen = Arc::new(Mutex::new(None));
    let mut two = two.session("tmp-a", &nobody);
    two.bench.authority = boxagnts_capability::Authority::new(Rulebook::defaults(Mode::Ask));
    two.bench.person = crate::bench::Person::answers([true]);
    let (stage, looked) = (two.around.join("stage"), Arc::clone(&seen));
    *two.bench.person.meanwhile.lock().unwrap() = Some(Box::new(move || {
        *looked.lock().unwrap() = Some(fs::read_dir(stage).unwrap().count());
    }));
    two.bench.probe(write("/workspace/new")).await;
    assert_eq!(*seen.lock().unwrap(), Some(0), "while the question stood the change was prepared and had no name");
    assert_eq!(fs::read(two.bench.inside("new")).unwrap(), b"x", "it was prepared, and made after the yes");
}

/// Looks names up where the guests' threads cannot: in a file beside the workspace.
struct Book(PathBuf);

impl Resolver for Book {
    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        let read = fs::read_to_string(&self.0).map(|text| vec![text.trim().parse().unwrap()]);
        Box::pin(async move { read })
    }
}

#[tokio::test]
async fn names_are_looked_up_on_the_other_side_of_the_wall() {
    let allow = Rule {
        verdict: Verdict::Allow,
        capability: "network:*".parse().unwrap(),
        layer: Layer::CommandLine,
        subject: Subject::BuiltIn,
    };
    let mut bench = Bench::with(Rulebook::defaults(Mode::Bypass).with(allow));
    fs::write(bench.outside("hosts"), "10.1.2.3").unwrap();
    bench.effects = Some(EffectsPlan::Capabilities(vec!["network:*".parse().unwrap()]));
    let web = Web::new().with_resolver(Arc::new(Book(bench.outside("hosts"))));
    let bench = bench.in_world(|_, world| world.with_web(Arc::new(web)));
    bench.call("requests", json!({ "requests": [{ "authority": "good.test" }] })).await.unwrap();
    // The address was read, and judged: it is a private one.
    let refused: Vec<String> = bench.ledger.entries().into_iter().map(|entry| entry.rule).collect();
    assert!(refused.iter().any(|rule| rule.contains("bounds of the network")), "{refused:?}");
}
