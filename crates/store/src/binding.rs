//! Which workspace a journal belongs to, so that one that came from elsewhere is noticed before anything is added to it.
//!
//! Path and inode of the workspace are compared, and the inode of the database itself, which a copy or a backup cannot
//! have. Devices are not: their numbers change when a machine is started anew. Inodes are used again once a folder is
//! gone, so the times when the file and the workspace were made are compared too, where the disk tells them.

use crate::database::{self, FILE, broken, unreadable};
use crate::folder::Folder;
use crate::os;
use crate::receipts;
use boxagnts_record::store::Stray;
use boxagnts_record::{Stamp, StoreError};
use boxagnts_types::WorkspaceId;
use rusqlite::{Connection, Error, OpenFlags, OptionalExtension as _, Row, params};
use std::path::{Path, PathBuf};

/// The workspace that a journal is opened for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Its path, resolved.
    pub path: PathBuf,
    /// Its inode.
    pub inode: u64,
    /// When it was made, in nanoseconds since 1970; none where the system does not tell.
    pub birth: Option<i64>,
    /// Its id.
    pub workspace: WorkspaceId,
    /// Where its journal lies.
    pub place: Place,
}

/// Where a journal lies, which says who could have put it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a folder of ours: whoever could write there has the user's rights already.
    Apart,
    /// Inside of the workspace, where a clone or an archive may bring one along. One that nobody has bound is a
    /// stranger's, and so is one whose workspace was made at another time, which nobody can foresee.
    Within,
}

/// How a journal stands to the workspace that it was opened for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It belongs to this workspace, or will with its first change.
    Home,
    /// The workspace had another path, given here. Read-only until [`crate::SqliteStore::adopt_moved`].
    Moved(PathBuf),
    /// The journal or its workspace is a copy, or was restored. The path is what it was bound to, where anybody said.
    /// Read-only until [`crate::SqliteStore::adopt_copy`].
    Copied(Option<PathBuf>),
}

impl Standing {
    /// Why nothing may be written.
    pub(crate) fn stray(&self) -> Option<StoreError> {
        let said = |path: &Path| path.display().to_string();
        match self {
            Self::Home => None,
            Self::Moved(from) => Some(StoreError::Stray(Stray::Moved(said(from)))),
            Self::Copied(from) => Some(StoreError::Stray(Stray::Copied(from.as_deref().map(said)))),
        }
    }
}

/// The row of the table `binding`.
struct Bound {
    path: PathBuf,
    inode: u64,
    birth: Option<i64>,
    file: Identity,
    workspace: WorkspaceId,
}

/// What the system knows a file or folder by.
struct Identity {
    inode: u64,
    /// When it was made, in nanoseconds since 1970, where the disk tells.
    birth: Option<i64>,
}

impl Identity {
    /// Of the database in a folder.
    fn of_file(folder: &Folder) -> Self {
        Self { inode: folder.inode(FILE), birth: folder.birth(FILE) }
    }

    fn may_be(&self, inode: u64, birth: Option<i64>) -> bool {
        self.inode == inode && self.birth.zip(birth).is_none_or(|(then, now)| then == now)
    }

    fn may_be_that_of(&self, folder: &Folder) -> bool {
        let now = Self::of_file(folder);
        self.may_be(now.inode, now.birth)
    }
}

impl Bound {
    /// Whether it may be the same folder, going by its inode.
    fn may_be(&self, wanted: &Binding) -> bool {
        Identity { inode: self.inode, birth: self.birth }.may_be(wanted.inode, wanted.birth)
    }

    /// Whether it is the same folder as far as anybody can tell.
    fn is(&self, wanted: &Binding) -> bool {
        match wanted.place {
            // Whoever makes a folder anew at its old place goes on there, even where it gets its old inode.
            Place::Apart => self.inode == wanted.inode && (self.path == wanted.path || self.may_be(wanted)),
            Place::Within => self.inode == wanted.inode && self.birth == wanted.birth,
        }
    }
}

/// How the journal in a folder stands to a workspace. Nothing is written.
pub(crate) fn standing(connection: &Connection, folder: &Folder, wanted: &Binding) -> Result<Standing, StoreError> {
    let Some(bound) = bound(connection)? else {
        if wanted.place == Place::Within && !is_untouched(connection)? {
            return Ok(Standing::Copied(None));
        }
        // Nobody said whose it is: one of the first format, or one that somebody wants to pass off as ours. Only the
        // sessions in it tell, which carry an id that is made of path and inode.
        let sql = "SELECT EXISTS (SELECT * FROM sessions WHERE workspace <> ?1)";
        let foreign = connection.query_row(sql, [wanted.workspace.to_string()], |row| row.get(0));
        let foreign: bool = foreign.map_err(broken("reading whose journal it is"))?;
        return Ok(if foreign { Standing::Copied(None) } else { Standing::Home });
    };
    Ok(if !bound.file.may_be_that_of(folder) || !bound.is(wanted) {
        Standing::Copied(Some(bound.path))
    } else if bound.path != wanted.path {
        Standing::Moved(bound.path)
    } else {
        Standing::Home
    })
}

/// Whether nothing was ever added to the tables that we lay out, as in the moment before a journal of ours is bound.
fn is_untouched(connection: &Connection) -> Result<bool, StoreError> {
    let broken = broken("reading whose journal it is");
    let layout = |connection: &Connection| -> Result<Vec<(String, Option<String>)>, Error> {
        let sql = "SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY name";
        connection.prepare(sql)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    let fresh = || {
        let fresh = Connection::open_in_memory()?;
        fresh.execute_batch(&database::SCHEMA.concat())?;
        Ok::<_, Error>(layout(&fresh)? == layout(connection)?)
    };
    // The tables are looked at before anything in them, which a view or a trigger could act in the place of.
    if !fresh().map_err(&broken)? {
        return Ok(false);
    }
    let rows = "SELECT EXISTS (SELECT * FROM sessions) + EXISTS (SELECT * FROM events) + EXISTS (SELECT * FROM letters)
                + EXISTS (SELECT * FROM adoptions) + EXISTS (SELECT * FROM receipts) + EXISTS (SELECT * FROM lists)
                + EXISTS (SELECT * FROM checkpoints) + EXISTS (SELECT * FROM journal_id)";
    let used: u32 = connection.query_row(rows, [], |row| row.get(0)).map_err(&broken)?;
    Ok(used == 0)
}

/// The same before the first change, which binds a journal that nobody has bound.
pub(crate) fn settle(connection: &Connection, folder: &Folder, wanted: &Binding) -> Result<Standing, StoreError> {
    let standing = standing(connection, folder, wanted)?;
    if standing == Standing::Home && bound(connection)?.is_none() {
        let file = Identity::of_file(folder);
        write(connection, "INSERT OR IGNORE", wanted, &file).map_err(broken("binding the journal"))?;
        // Somebody else may have been faster, with another workspace.
        return self::standing(connection, folder, wanted);
    }
    Ok(standing)
}

/// Takes a journal along to the path that its workspace has now.
pub(crate) fn adopt_moved(folder: &Folder, wanted: &Binding) -> Result<(), StoreError> {
    adopt(folder, wanted, |connection, standing| {
        if matches!(standing, Standing::Moved(_)) {
            write(connection, "INSERT OR REPLACE", wanted, &Identity::of_file(folder))
                .map_err(broken("adopting the journal"))?;
        }
        Ok(())
    })
}

/// Makes a copy a journal of its own. What could happen twice, here and where it came from, ends here; its sessions are
/// sealed.
pub(crate) fn adopt_copy(folder: &Folder, wanted: &Binding, stamp: &dyn Stamp) -> Result<(), StoreError> {
    adopt(folder, wanted, |connection, standing| {
        let Standing::Copied(_) = standing else { return Ok(()) };
        let old = bound(connection)?;
        let change = || -> Result<(), Error> {
            let sql = "INSERT INTO adoptions (time, path, workspace) VALUES (?1, ?2, ?3)";
            let path = old.as_ref().map(|old| old.path.as_os_str().as_encoded_bytes()).unwrap_or_default();
            let workspace = old.as_ref().map(|old| old.workspace.to_string()).unwrap_or_default();
            connection.execute(sql, params![stamp.now().to_string(), path, workspace])?;
            connection.execute_batch(
                "UPDATE sessions SET sealed = 1;
                 UPDATE leases SET holder = NULL, expires = NULL, time_to_live = NULL;
                 UPDATE timers SET at = NULL;
                 UPDATE approvals SET state = 'withdrawn' WHERE state IN ('asked', 'answered');
                 UPDATE effects SET state = 'unknown' WHERE state = 'intended';
                 DELETE FROM letters WHERE recipient NOT LIKE 'workspace:%';",
            )?;
            write(connection, "INSERT OR REPLACE", wanted, &Identity::of_file(folder))
        };
        change().map_err(broken("adopting the journal"))?;
        receipts::adopt(connection, stamp, wanted.workspace)
    })
}

/// Looks at the standing and changes it in one transaction that survives the loss of power.
fn adopt(
    folder: &Folder,
    wanted: &Binding,
    change: impl FnOnce(&Connection, Standing) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let Some(connection) = database::find(folder)? else { return Ok(()) };
    let broken = broken("adopting the journal");
    connection.execute_batch("PRAGMA synchronous = FULL; BEGIN IMMEDIATE").map_err(&broken)?;
    // An error drops the connection, and what it has changed with it.
    change(&connection, standing(&connection, folder, wanted)?)?;
    connection.execute_batch("COMMIT").map_err(broken)
}

fn write(connection: &Connection, insert: &str, wanted: &Binding, file: &Identity) -> Result<(), Error> {
    for column in ["birth", "file_birth"] {
        let sql = "SELECT EXISTS (SELECT * FROM pragma_table_info('binding') WHERE name = ?1)";
        if !connection.query_row(sql, [column], |row| row.get::<_, bool>(0))? {
            // The first journals of this format were laid out without it.
            connection.execute_batch(&format!("ALTER TABLE binding ADD COLUMN {column} INTEGER"))?;
        }
    }
    let sql = format!(
        "{insert} INTO binding (one, path, inode, file, workspace, birth, file_birth) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)"
    );
    let (path, workspace) = (wanted.path.as_os_str().as_encoded_bytes(), wanted.workspace.to_string());
    // Numbers of SQLite are signed; the bits are what counts.
    let (inode, database) = (wanted.inode.cast_signed(), file.inode.cast_signed());
    let values = params![path, inode, database, workspace, wanted.birth, file.birth];
    connection.execute(&sql, values).map(drop)
}

fn bound(connection: &Connection) -> Result<Option<Bound>, StoreError> {
    let read = |row: &Row<'_>| {
        let number = |column| row.get(column).map(i64::cast_unsigned);
        let workspace: String = row.get("workspace")?;
        let workspace = workspace.parse().map_err(|error| unreadable(0, error))?;
        let path = os::path_of(row.get("path")?);
        let birth = |column| match row.get(column) {
            // The first journals of this format were laid out without it.
            Err(Error::InvalidColumnName(_)) => Ok(None),
            birth => birth,
        };
        let file = Identity { inode: number("file")?, birth: birth("file_birth")? };
        Ok(Bound { path, inode: number("inode")?, birth: birth("birth")?, file, workspace })
    };
    let found = connection.query_row("SELECT * FROM binding", [], read).optional();
    found.map_err(broken("reading whose journal it is"))
}

/// A journal that may be the one of a workspace that came from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Where it lies.
    pub folder: PathBuf,
    /// How it stands to the workspace: moved when the inode is the same, copied when the path is.
    pub standing: Standing,
}

/// Looks through the journals beside each other in a folder for those that were bound to a workspace that seems to be
/// this one, which went to another path since, or that had this path. A folder that still lies where it lay has not been
/// moved; another one may have got its inode. Nothing is changed; a journal that cannot be read is passed over.
pub fn candidates(journals: &Path, wanted: &Binding) -> Result<Vec<Candidate>, StoreError> {
    let mut found = Vec::new();
    for folder in Folder::new(journals).folders()? {
        let known = Folder::new(&folder).resolved().and_then(|folder| {
            let connection = database::open(&folder, OpenFlags::empty())?;
            let ours = database::state(&connection)? == database::State::Ours;
            Ok(if ours { bound(&connection)?.zip(Some(standing(&connection, &folder, wanted)?)) } else { None })
        });
        if let Ok(Some((bound, standing))) = known
            && standing != Standing::Home
            && (bound.path == wanted.path
                || (bound.may_be(wanted) && Folder::new(&bound.path).own_inode() != bound.inode))
        {
            found.push(Candidate { folder, standing });
        }
    }
    Ok(found)
}

/// Gives a journal that was found the folder that is its workspace's now, at once and whole. It is not adopted by that:
/// whoever opens it there finds it as it was found. Refused where another journal stands already.
pub fn relocate(from: &Path, to: &Path) -> Result<(), StoreError> {
    Folder::new(from).exists()?;
    Folder::new(to).exists()?;
    Folder::new(from).move_to(to)
}
