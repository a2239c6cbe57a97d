//! The wall, met by code that does not ask anybody: what a check of ours that is wrong would do.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "the tests reach past every check of ours")]

use super::*;
use boxagnts_types::GuestPath;
use boxagnts_workspace::{Hidden, PrivateFolder, Root};
use std::fs;
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A world with a workspace, a folder that may only be read, a stage, and a neighbour that is in none of them.
struct Place {
    around: TempDir,
    world: World,
}

impl Place {
    fn new() -> Self {
        let around = tempfile::tempdir().unwrap();
        for name in ["workspace", "workspace/sub", "fixed", "outside"] {
            fs::create_dir_all(around.path().join(name)).unwrap();
            fs::write(around.path().join(name).join("file"), name).unwrap();
        }
        let root = |name: &str| Arc::new(Root::open(&around.path().join(name), Hidden::by_name_only()).unwrap());
        let stage = PrivateFolder::prepare(&around.path().join("stage")).unwrap();
        let path = |text: &str| GuestPath::parse(text).unwrap();
        let world = World::empty().with_folder(GuestPath::workspace(), root("workspace"), true).unwrap();
        let world = world.with_folder(path("/folders/fixed"), root("fixed"), false).unwrap().with_stage(stage);
        Self { around, world }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.around.path().join(name)
    }

    /// Does something on a thread of guests, both on one that waits and on one that blocks, and compares.
    fn on_threads<T>(&self, wall: Wall, work: impl Fn(&Path) -> T + Clone + Send + 'static) -> T
    where
        T: PartialEq + std::fmt::Debug + Send + 'static,
    {
        // A crew of its own for each wall.
        *self.world.crew().0.lock().unwrap() = None;
        let crew = Threads::behind(wall).crew(&self.world).unwrap();
        let (first, second, around) = (work.clone(), work, self.around.path().to_owned());
        let other = around.clone();
        let house = Builder::new_current_thread().build().unwrap();
        house.block_on(async {
            let waits = crew.spawn(async move { first(&around) }).await.unwrap();
            let blocks = crew.blocking(move || second(&other)).await.unwrap();
            assert_eq!(waits, blocks);
            blocks
        })
    }
}

/// What a thread was told: the content of a file, or the kind of the error.
type Told = Result<String, ErrorKind>;

const DENIED: Told = Err(ErrorKind::PermissionDenied);

fn told<T>(result: io::Result<T>) -> Told {
    result.map(|_| "done".to_owned()).map_err(|error| error.kind())
}

fn read(path: &Path) -> Told {
    fs::read_to_string(path).map_err(|error| error.kind())
}

fn done() -> Told {
    Ok("done".to_owned())
}

/// This system's wall; a machine without one has nothing here to look at, and the next test says so.
fn standing() -> Option<Wall> {
    Some(Wall::of_this_system()).filter(Wall::stands)
}

fn missing() -> Wall {
    Wall::Missing("a test wants it so".to_owned())
}

#[test]
fn a_wall_that_stands_has_a_version_and_one_that_is_missing_a_reason() {
    match Wall::of_this_system() {
        Wall::Landlock { abi } => assert!(2 <= abi, "{abi}"),
        Wall::Missing(why) => assert!(!why.is_empty()),
    }
}

#[test]
fn a02_a_path_that_no_check_of_ours_saw_is_stopped_by_the_kernel() {
    let Some(wall) = standing() else { return };
    let look = |around: &Path| {
        let outside = around.join("outside/file");
        let around_it = around.join("workspace/../outside/file");
        [read(&outside), read(&around_it), told(fs::read_dir(around))]
    };
    let change = |around: &Path| told(fs::write(around.join("outside/file"), "changed"));
    let place = Place::new();
    assert_eq!(place.on_threads(wall.clone(), look), [DENIED, DENIED, DENIED]);
    assert_eq!(place.on_threads(wall, change), DENIED);
    assert_eq!(read(&place.at("outside/file")), Ok("outside".to_owned()), "it is as it was");
    // Control: the same threads without the wall.
    let outside = Ok("outside".to_owned());
    assert_eq!(place.on_threads(missing(), look), [outside.clone(), outside, done()]);
    assert_eq!(place.on_threads(missing(), change), done());
    assert_eq!(read(&place.at("outside/file")), Ok("changed".to_owned()));
}

#[test]
fn inside_its_folders_a_guests_thread_does_what_the_world_allows() {
    let Some(wall) = standing() else { return };
    let place = Place::new();
    let worked = place.on_threads(wall.clone(), |around| {
        let at = |name: &str| around.join("workspace").join(name);
        let steps = [
            told(fs::write(at("new"), "new")),
            told(fs::OpenOptions::new().write(true).truncate(true).open(at("new"))),
            told(fs::create_dir(at("folder"))),
            told(fs::rename(at("new"), at("folder/moved"))),
            told(fs::remove_file(at("folder/moved"))),
            told(fs::remove_dir(at("folder"))),
            told(fs::read_dir(at("sub"))),
        ];
        steps.to_vec()
    });
    assert_eq!(worked, vec![done(); 7]);
    let fixed = place.on_threads(wall.clone(), |around| {
        let file = around.join("fixed/file");
        [read(&file), told(fs::write(&file, "changed")), told(fs::remove_file(&file))]
    });
    assert_eq!(fixed, [Ok("fixed".to_owned()), DENIED, DENIED], "a folder that is mapped read-only");
    let stage = Arc::clone(place.world.stage().unwrap());
    let staged = place.on_threads(wall, move |_| told(stage.unnamed_file().map_err(io::Error::other)));
    assert_eq!(staged, done());
}

#[test]
fn a_guests_thread_opens_no_connection() {
    let Some(wall) = standing() else { return };
    let place = Place::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    let reach = move |_: &Path| told(TcpStream::connect(address));
    match wall {
        // Connections are a right since the fourth version.
        Wall::Landlock { abi: 4.. } => assert_eq!(place.on_threads(wall, reach), DENIED),
        _ => return,
    }
    assert!(listener.accept().is_err(), "nobody called");
    assert_eq!(place.on_threads(missing(), reach), done(), "control");
}

#[test]
fn each_world_has_threads_of_its_own() {
    let (one, other) = (Place::new(), Place::new());
    let threads = Threads::behind(Wall::of_this_system());
    let (first, again) = (threads.crew(&one.world).unwrap(), threads.crew(&one.world).unwrap());
    assert!(Arc::ptr_eq(&first, &again), "one crew for all calls of a world");
    assert!(!Arc::ptr_eq(&first, &threads.crew(&other.world).unwrap()));
}

#[test]
fn without_a_wall_guests_run_all_the_same() {
    let place = Place::new();
    let inside = place.on_threads(missing(), |around| read(&around.join("workspace/sub/file")));
    assert_eq!(inside, Ok("workspace/sub".to_owned()));
}
