//! Paths below a root: what they reach, and what they never reach. The oracle is the disk.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests prepare the world and look at it")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use boxagnts_workspace::{Access, FileError, Follow, Hidden, Kind, PrivateError, ReadOpen, Root, RootError};
use rustix::fs::{CWD, FileType, Mode, RenameFlags, mknodat, renameat_with};
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tempfile::TempDir;

/// A root `inside` with a neighbour `outside` that holds a canary.
struct World {
    around: TempDir,
}

impl World {
    fn new() -> Self {
        let around = tempfile::tempdir().unwrap();
        fs::create_dir_all(around.path().join("inside/sub")).unwrap();
        fs::create_dir(around.path().join("outside")).unwrap();
        fs::write(around.path().join("outside/canary"), "canary").unwrap();
        fs::write(around.path().join("inside/sub/file"), "file").unwrap();
        Self { around }
    }

    fn inside(&self, name: &str) -> PathBuf {
        self.around.path().join("inside").join(name)
    }

    fn outside(&self, name: &str) -> PathBuf {
        self.around.path().join("outside").join(name)
    }

    fn root(&self) -> Root {
        Root::open(&self.inside(""), Hidden::by_name_only()).unwrap()
    }
}

fn content(opened: ReadOpen<'_>) -> Result<String, FileError> {
    let opened = match opened {
        ReadOpen::Direct(opened) => opened,
        ReadOpen::Elsewhere(place) => place.open(Access::READ)?,
    };
    let mut text = String::new();
    opened.file().read_to_string(&mut text).unwrap();
    Ok(text)
}

fn read(root: &Root, path: &str) -> Result<String, FileError> {
    root.open_read(path).and_then(content)
}

#[test]
fn a_plain_path_is_opened_in_one_step() {
    let world = World::new();
    let root = world.root();
    assert!(matches!(root.open_read("sub/file").unwrap(), ReadOpen::Direct(_)));
    assert_eq!(read(&root, "sub/file").unwrap(), "file");
    assert!(read(&root, "sub/none").unwrap_err().is_absent());
}

#[test]
fn a_link_inside_tells_its_true_path_before_it_is_opened() {
    let world = World::new();
    symlink("sub", world.inside("door")).unwrap();
    symlink("../door/file", world.inside("sub/again")).unwrap();
    let root = world.root();
    for path in ["door/file", "sub/again", "door/again"] {
        match root.open_read(path).unwrap() {
            ReadOpen::Elsewhere(place) => assert_eq!(place.true_path(), "sub/file", "{path}"),
            ReadOpen::Direct(_) => panic!("{path} went through a link unseen"),
        }
        assert_eq!(read(&root, path).unwrap(), "file", "{path}");
    }
}

#[test]
fn a02_a_link_never_leads_out() {
    let world = World::new();
    symlink("/", world.inside("absolute")).unwrap();
    symlink("../outside", world.inside("relative")).unwrap();
    symlink("../../outside/canary", world.inside("sub/deep")).unwrap();
    symlink("relative", world.inside("twice")).unwrap();
    let root = world.root();
    for path in ["absolute/etc/passwd", "relative/canary", "sub/deep", "twice/canary"] {
        assert!(matches!(root.open_read(path), Err(FileError::Escapes)), "{path}");
        assert!(matches!(root.pin(path, Follow::Yes), Err(FileError::Escapes)), "{path}");
    }
    // A link at the end is a thing of its own when it is not followed; around a middle one there is no way.
    assert_eq!(root.pin("relative", Follow::No).unwrap().kind(), Some(Kind::Link));
    assert!(matches!(root.pin("relative/new", Follow::No), Err(FileError::Escapes)));
    assert_eq!(fs::read_dir(world.outside("")).unwrap().count(), 1);
    // Control: the same text, checked only as text, does lead out.
    fs::write(world.inside("relative/planted"), "x").unwrap();
    assert!(world.outside("planted").exists());
}

#[test]
fn a_link_that_dangles_pins_the_place_where_it_would_create() {
    let world = World::new();
    symlink("sub/later", world.inside("dangling")).unwrap();
    let root = world.root();
    let place = root.pin("dangling", Follow::Yes).unwrap();
    assert_eq!((place.true_path(), place.kind()), ("sub/later", None));
    place.create(Access::WRITE).unwrap();
    assert!(world.inside("sub/later").exists());
}

#[test]
fn circles_of_links_end() {
    let world = World::new();
    symlink("b", world.inside("a")).unwrap();
    symlink("a", world.inside("b")).unwrap();
    assert!(matches!(world.root().open_read("a"), Err(FileError::TooManyLinks)));
}

#[test]
fn a_file_in_the_middle_of_a_path_is_no_folder() {
    let world = World::new();
    symlink("sub", world.inside("door")).unwrap();
    let root = world.root();
    for path in ["sub/file/x", "door/file/x"] {
        let error = root.open_read(path).unwrap_err();
        let FileError::System(error) = error else { panic!("{path}: {error}") };
        assert_eq!(error.kind(), std::io::ErrorKind::NotADirectory, "{path}");
    }
}

#[test]
fn what_is_no_file_is_never_opened_and_never_blocks() {
    let world = World::new();
    mknodat(CWD, world.inside("fifo"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(world.inside("socket")).unwrap();
    symlink("fifo", world.inside("door")).unwrap();
    let root = world.root();
    for path in ["fifo", "socket", "door"] {
        assert!(matches!(read(&root, path), Err(FileError::Special)), "{path}");
        let place = root.pin(path, Follow::Yes).unwrap();
        assert!(matches!(place.open(Access::WRITE), Err(FileError::Special)), "{path}");
    }
    // A FIFO that takes the place of a file between looking and opening is noticed at the open file.
    let place = root.pin("sub/file", Follow::No).unwrap();
    fs::remove_file(world.inside("sub/file")).unwrap();
    mknodat(CWD, world.inside("sub/file"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    assert!(matches!(place.open(Access::BOTH), Err(FileError::Special)));
}

#[test]
fn a_file_with_a_second_name_is_read_but_not_written() {
    let world = World::new();
    fs::hard_link(world.outside("canary"), world.inside("second")).unwrap();
    let root = world.root();
    assert_eq!(read(&root, "second").unwrap(), "canary");
    let place = root.pin("second", Follow::Yes).unwrap();
    assert!(matches!(place.open(Access::WRITE), Err(FileError::HardLinked)));
    // Twin: with one name it is written.
    assert!(root.pin("sub/file", Follow::Yes).unwrap().open(Access::WRITE).is_ok());
}

#[test]
fn our_own_name_does_not_exist() {
    let world = World::new();
    fs::create_dir(world.inside(".boxagnts")).unwrap();
    fs::write(world.inside(".boxagnts/config.toml"), "secret").unwrap();
    symlink(".boxagnts/config.toml", world.inside("door")).unwrap();
    let root = world.root();
    for path in [".boxagnts", ".boxagnts/config.toml", ".boxagnts/new", "sub/.boxagnts", "door"] {
        assert!(root.open_read(path).unwrap_err().is_absent(), "{path}");
        assert!(root.pin(path, Follow::Yes).unwrap_err().is_absent(), "{path}");
    }
    assert_eq!(names(&root, ""), ["door", "sub"]);
    assert!(matches!(Root::open(&world.inside(".boxagnts"), Hidden::by_name_only()), Err(RootError::Own(_))));
}

#[test]
fn our_own_folders_do_not_exist_even_in_a_home_and_under_another_name() {
    let world = World::new();
    fs::create_dir_all(world.inside("config/own")).unwrap();
    fs::write(world.inside("config/own/key"), "secret").unwrap();
    fs::write(world.inside("config/other"), "plain").unwrap();
    symlink("config/own", world.inside("door")).unwrap();
    let hidden = Hidden::folders([world.inside("config/own").as_path()]).unwrap();
    let root = Root::open(&world.inside(""), hidden.clone()).unwrap();
    for path in ["config/own", "config/own/key", "config/own/new", "door/key"] {
        assert!(root.open_read(path).unwrap_err().is_absent(), "{path}");
        assert!(root.pin(path, Follow::Yes).unwrap_err().is_absent(), "{path}");
    }
    assert_eq!(read(&root, "config/other").unwrap(), "plain");
    assert_eq!(names(&root, "config"), ["other"]);
    let (around, free) = (root.pin("config", Follow::No).unwrap(), root.pin("free", Follow::No).unwrap());
    assert!(matches!(around.rename(&free), Err(FileError::HoldsHidden)));
    // Moved by somebody else meanwhile: it is the same folder, not the same name.
    fs::rename(world.inside("config/own"), world.inside("moved")).unwrap();
    assert!(root.open_read("moved/key").unwrap_err().is_absent());
    assert!(matches!(Root::open(&world.inside("moved"), hidden), Err(RootError::Own(_))));
    // Control: a root that knows of nothing to hide shows it.
    assert_eq!(read(&world.root(), "moved/key").unwrap(), "secret");
}

#[test]
fn names_that_are_not_utf8_are_listed_escaped() {
    use std::os::unix::ffi::OsStrExt as _;
    let world = World::new();
    fs::write(world.inside("").join(std::ffi::OsStr::from_bytes(b"caf\xe9")), "x").unwrap();
    let listed = match world.root().open_read("").unwrap() {
        ReadOpen::Direct(opened) => opened.list(100).unwrap(),
        ReadOpen::Elsewhere(_) => panic!("the root is no link"),
    };
    assert!(listed.iter().any(|entry| entry.name == Err("caf\\xe9".to_owned())), "{listed:?}");
}

#[test]
fn a_folder_longer_than_the_bound_is_an_error_and_no_part_of_a_listing() {
    let world = World::new();
    for number in 0..5 {
        fs::write(world.inside(&format!("sub/{number}")), "x").unwrap();
    }
    let root = world.root();
    let ReadOpen::Direct(folder) = root.open_read("sub").unwrap() else { panic!("no link there") };
    assert!(matches!(folder.list(5), Err(FileError::TooManyNames(5))));
    assert_eq!(folder.list(6).unwrap().len(), 6);
}

#[test]
fn what_cannot_be_a_root_says_why() {
    let world = World::new();
    let open = |path: &Path| Root::open(path, Hidden::by_name_only()).map(|_| ());
    assert!(matches!(open(&world.inside("none")), Err(RootError::Absent(_))));
    assert!(matches!(open(&world.inside("sub/file")), Err(RootError::NotAFolder(_))));
    if !rustix::process::geteuid().is_root() {
        fs::set_permissions(world.inside("sub"), fs::Permissions::from_mode(0o000)).unwrap();
        assert!(matches!(open(&world.inside("sub")), Err(RootError::NoAccess(_))));
        fs::set_permissions(world.inside("sub"), fs::Permissions::from_mode(0o700)).unwrap();
    }
}

/// The moment between the look at a place and its use, held still.
#[test]
fn a_link_that_takes_a_files_place_is_not_followed() {
    let world = World::new();
    let root = world.root();
    let file = root.pin("sub/file", Follow::Yes).unwrap();
    let free = root.pin("sub/free", Follow::Yes).unwrap();
    fs::remove_file(world.inside("sub/file")).unwrap();
    symlink(world.outside("canary"), world.inside("sub/file")).unwrap();
    symlink(world.outside("made"), world.inside("sub/free")).unwrap();
    assert!(file.open(Access::READ).is_err() && file.open(Access::WRITE).is_err());
    assert!(free.create(Access::WRITE).is_err());
    assert_eq!(fs::read(world.outside("canary")).unwrap(), b"canary");
    assert!(!world.outside("made").exists());
    // The control: what nobody swapped is opened and made.
    root.pin("sub/other", Follow::Yes).unwrap().create(Access::WRITE).unwrap();
    root.pin("sub/other", Follow::Yes).unwrap().open(Access::READ).unwrap();
}

#[test]
fn a03_a_folder_swapped_with_a_link_out_lets_nothing_escape() {
    const WRITES: usize = 10_000;
    let world = World::new();
    fs::create_dir(world.inside("target")).unwrap();
    symlink("../outside", world.inside("link")).unwrap();
    let root = world.root();
    let (done, swaps) = (AtomicBool::new(false), AtomicUsize::new(0));
    let (a, b) = (world.inside("target"), world.inside("link"));
    let mut reached = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                renameat_with(CWD, &a, CWD, &b, RenameFlags::EXCHANGE).unwrap();
                swaps.fetch_add(1, Ordering::Relaxed);
            }
        });
        while swaps.load(Ordering::Relaxed) == 0 {
            std::thread::yield_now();
        }
        for number in 0..WRITES {
            let path = format!("target/{number}");
            if root.pin(&path, Follow::Yes).and_then(|place| place.create(Access::WRITE)).is_ok() {
                reached += 1;
            }
            let _ = read(&root, "target/canary").inspect(|text| panic!("read {text} outside"));
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(fs::read_dir(world.outside("")).unwrap().count(), 1, "after {swaps:?} swaps");
    assert!(0 < reached, "no write reached the folder, so the race was never run");
}

fn names(root: &Root, path: &str) -> Vec<String> {
    let ReadOpen::Direct(folder) = root.open_read(path).unwrap() else { panic!("{path} is a link") };
    let mut names: Vec<String> = folder.list(100).unwrap().into_iter().map(|entry| entry.name.unwrap()).collect();
    names.sort();
    names
}

#[test]
fn i07_a_link_in_place_of_our_folder_in_a_workspace_is_refused() {
    let world = World::new();
    let own = fs::canonicalize(world.inside("")).unwrap().join(".boxagnts");
    assert_eq!(world.root().own_folder().unwrap(), own, "where it would lie");
    assert!(!own.exists(), "looking makes nothing");
    fs::create_dir(&own).unwrap();
    assert_eq!(world.root().own_folder().unwrap(), own);
    fs::remove_dir(&own).unwrap();
    symlink(world.outside(""), &own).unwrap();
    assert!(matches!(world.root().own_folder(), Err(PrivateError::NotAFolder(_))));
    fs::remove_file(&own).unwrap();
    fs::write(&own, "").unwrap();
    assert!(matches!(world.root().own_folder(), Err(PrivateError::NotAFolder(_))));
}

#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_is_made_anew_was_made_later() {
    let world = World::new();
    let Some(first) = world.root().birth() else { return };
    assert_eq!(world.root().birth(), Some(first));
    let moved = world.around.path().join("moved");
    fs::rename(world.inside(""), &moved).unwrap();
    assert_eq!(Root::open(&moved, Hidden::by_name_only()).unwrap().birth(), Some(first));
    fs::create_dir(world.inside("")).unwrap();
    assert!(Some(first) < world.root().birth());
}
