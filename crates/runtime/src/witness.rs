//! Looks at the files that a question is about.
//!
//! What it sees goes into the digest that an answer binds to and onto the person's screen; no tool and no model gets it.

use boxagnts_tools::comparison::{MOST_FILE, Side};
use boxagnts_tools::{Sight, Witness};
use boxagnts_types::GuestPath;
use boxagnts_workspace::{Access, FileError, Follow, Kind, Opened, Pinned, Root, Stat};
use futures::future::BoxFuture;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

/// Of a longer file the length and the times stand for the content, in bytes.
const MOST_DIGESTED: u64 = 64 << 20;

/// The folders of one session.
pub(crate) struct Eyes(Arc<Vec<(GuestPath, Arc<Root>)>>);

impl Eyes {
    /// Eyes for these folders, each under its guest path.
    pub(crate) fn new(folders: Vec<(GuestPath, Arc<Root>)>) -> Self {
        Self(Arc::new(folders))
    }
}

impl Witness for Eyes {
    fn look<'a>(&'a self, path: &'a GuestPath) -> BoxFuture<'a, Sight> {
        let (folders, path) = (Arc::clone(&self.0), path.clone());
        Box::pin(async move {
            let looked = tokio::task::spawn_blocking(move || look(&folders, &path)).await;
            // What could not be looked at is never the same as what was seen.
            looked.unwrap_or_else(|_| Sight { mark: "not seen".to_owned(), side: None })
        })
    }
}

pub(crate) fn look(folders: &[(GuestPath, Arc<Root>)], path: &GuestPath) -> Sight {
    let found = folders.iter().find_map(|(at, root)| path.below(at).map(|below| (root, below)));
    let Some((root, below)) = found else { return Sight { mark: "no folder".to_owned(), side: None } };
    sight(root, below).unwrap_or_else(|error| {
        if error.is_absent() {
            Sight { mark: "absent".to_owned(), side: Some(Side::absent()) }
        } else {
            Sight { mark: format!("error: {error}"), side: None }
        }
    })
}

fn sight(root: &Root, below: &str) -> Result<Sight, FileError> {
    let place = root.pin(below, Follow::No)?;
    if place.kind() != Some(Kind::Link) {
        return at(&place, below);
    }
    // A link counts with where it leads and with what stands there.
    let target = place.read_link()?;
    let Sight { mark, side } = at(&root.pin(below, Follow::Yes)?, below)?;
    Ok(Sight { mark: format!("link to {target}, {mark}"), side })
}

fn at(place: &Pinned<'_>, below: &str) -> Result<Sight, FileError> {
    // A folder on the way that is swapped for a link leads elsewhere, so the true place is a part of the mark.
    let at = if place.true_path() == below { String::new() } else { format!(" at {}", place.true_path()) };
    Ok(match place.stat() {
        None => Sight { mark: format!("absent{at}"), side: Some(Side::absent()) },
        Some(Stat { kind: Kind::File, .. }) => file(&place.open(Access::READ)?, &at)?,
        Some(Stat { kind: Kind::Folder, id, .. }) => Sight { mark: format!("folder{at} {id:?}"), side: None },
        Some(_) => Sight { mark: format!("special{at}"), side: None },
    })
}

fn file(opened: &Opened, at: &str) -> Result<Sight, FileError> {
    let stat = opened.stat_now()?;
    if MOST_DIGESTED < stat.size {
        let Stat { id, size, modified, changed, .. } = stat;
        let mark = format!("file{at} {id:?} {size} {modified:?} {changed:?}");
        return Ok(Sight { mark, side: Some(Side::too_long(size)) });
    }
    let (mut hasher, mut kept, mut length) = (Sha256::new(), Vec::new(), 0u64);
    each_piece(opened, |piece| {
        hasher.update(piece);
        length += piece.len() as u64;
        if length <= MOST_FILE {
            kept.extend_from_slice(piece);
        }
    })
    .map_err(FileError::System)?;
    let mut mark = format!("file{at} ");
    for byte in hasher.finalize() {
        // Writing to a string cannot fail.
        let _ = write!(mark, "{byte:02x}");
    }
    let side = if length <= MOST_FILE { Side::of(kept) } else { Side::too_long(length) };
    Ok(Sight { mark, side: Some(side) })
}

fn each_piece(opened: &Opened, mut take: impl FnMut(&[u8])) -> io::Result<()> {
    let (mut piece, mut position) = (vec![0; 64 * 1024], 0);
    loop {
        match opened.file().read_at(&mut piece, position)? {
            0 => return Ok(()),
            read => {
                take(&piece[..read]);
                position += read as u64;
            }
        }
    }
}
