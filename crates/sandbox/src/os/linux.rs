//! Linux: Landlock, since 5.13, with the right to move files between folders since 5.19.
//!
//! Source: <https://docs.kernel.org/userspace-api/landlock.html>.

use crate::wall::{Reach, Rights, Wall};
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, PathBeneath, RestrictSelf, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus, make_bitflags,
};
use std::io;

/// The newest version whose rights are known here. What an older kernel does not know is left out.
const KNOWN: ABI = ABI::V7;

/// Before this one a file could not be moved to another folder at all, so that ordinary work would break.
const OLDEST: u32 = 2;

/// What this kernel offers. Nothing is restricted by asking.
pub(crate) fn wall() -> Wall {
    let asked = RestrictSelf::default().no_new_privs(false).apply();
    let why = match asked.map(|status| status.landlock) {
        Ok(LandlockStatus::Available { effective_abi, kernel_abi }) => {
            // The crate's versions are numbered as the kernel's are.
            let abi = kernel_abi.map_or(effective_abi as u32, i32::unsigned_abs);
            if OLDEST <= abi {
                return Wall::Landlock { abi };
            }
            "the kernel's Landlock is older than Linux 5.19 and cannot let files be moved between folders".to_owned()
        }
        Ok(LandlockStatus::NotEnabled) => "Landlock is switched off in this kernel (see its option lsm=)".to_owned(),
        Ok(LandlockStatus::NotImplemented) => "this kernel has no Landlock".to_owned(),
        Err(error) => error.to_string(),
    };
    Wall::Missing(why)
}

/// What a thread and those that it starts are to be held to.
pub(crate) struct Fence(RulesetCreated);

impl Fence {
    /// Holds to these folders, and to no connection, where the kernel can. The folders are the open ones, whatever
    /// their paths lead to meanwhile.
    pub(crate) fn around(reaches: &[Reach<'_>]) -> io::Result<Self> {
        let build = || {
            let handled = Ruleset::default().handle_access(AccessFs::from_all(KNOWN))?;
            let mut rules = handled.handle_access(AccessNet::from_all(KNOWN))?.create()?;
            for Reach { folder, rights } in reaches {
                rules = rules.add_rule(PathBeneath::new(folder, access(*rights)))?;
            }
            Ok(Self(rules))
        };
        build().map_err(failed)
    }

    /// Holds the thread that calls, for the rest of its life, and each that it starts from now on.
    pub(crate) fn bind_this_thread(self) -> io::Result<()> {
        match self.0.restrict_self().map_err(failed)?.ruleset {
            RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced => Ok(()),
            RulesetStatus::NotEnforced => Err(io::Error::other("the kernel does not hold the threads of guests back")),
        }
    }
}

/// Rights as the kernel names them. A right that is in no row is one that no guest needs.
fn access(rights: Rights) -> BitFlags<AccessFs> {
    let read = make_bitflags!(AccessFs::{ReadFile | ReadDir});
    // Links are never made, and moved like everything else.
    let write = make_bitflags!(AccessFs::{
        WriteFile | Truncate | MakeReg | MakeDir | MakeSym | RemoveFile | RemoveDir | Refer
    });
    match rights {
        Rights::Read => read,
        Rights::Write => read | write,
        Rights::Stage => make_bitflags!(AccessFs::{ReadFile | WriteFile | Truncate | MakeReg | RemoveFile}),
    }
}

fn failed(error: RulesetError) -> io::Error {
    io::Error::other(error)
}
