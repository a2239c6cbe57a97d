//! What can be wrong with a log, in words for a person.

use crate::checkpoint::PublicKey;
use boxagnts_types::JournalId;

/// A record that is not what was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {seq} {flaw}")]
pub struct BadRecord {
    /// Its number in the log.
    pub seq: u64,
    /// What is wrong with it.
    pub flaw: Flaw,
}

/// What is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Another one comes in its place.
    #[error("is missing; the next one that is there is record {next}")]
    Missing {
        /// The number of that one.
        next: u64,
    },
    /// The log ends before it.
    #[error("is missing: the log was cut, and a checkpoint signs it up to record {to}")]
    Cut {
        /// The last record that was signed.
        to: u64,
    },
    /// Its bytes do not have the hash that stands beside them.
    #[error("was edited: its bytes do not have the hash that stands beside them")]
    Edited,
    /// It is no receipt.
    #[error("is no record that this program writes")]
    Unreadable,
    /// It stands at another record's place.
    #[error("was moved here: it says that it is record {claims}")]
    Misplaced {
        /// The number that it has.
        claims: u64,
    },
    /// It and its neighbour do not belong together.
    #[error("was changed: it and the record beside it do not follow on each other")]
    Unlinked,
    /// A checkpoint signs another record at this place.
    #[error("was rewritten: a checkpoint signs another record at this place")]
    NotSigned,
    /// A log begins in another way, and once.
    #[error("is not how a log begins")]
    Beginning,
    /// It names another journal.
    #[error("belongs to another journal, {0}")]
    Foreign(JournalId),
    /// The list of paths that it names is not there, or is another one.
    #[error("names a list of paths that is missing or was changed")]
    List,
}

impl Flaw {
    /// A word for programs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "missing",
            Self::Cut { .. } => "cut",
            Self::Edited => "edited",
            Self::Unreadable => "unreadable",
            Self::Misplaced { .. } => "moved",
            Self::Unlinked => "changed",
            Self::NotSigned => "rewritten",
            Self::Beginning => "beginning",
            Self::Foreign(_) => "foreign",
            Self::List => "list",
        }
    }
}

/// Something that is wrong and no record's own fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Somebody else's signature.
    #[error("the checkpoint at record {to} is signed by the key {key}, which is not known here")]
    UnknownKey {
        /// The record that it ends at.
        to: u64,
        /// The key that it names.
        key: PublicKey,
    },
    /// It was made or changed by somebody without the key.
    #[error("the checkpoint at record {to} has a signature that does not fit it")]
    BadSignature {
        /// The record that it ends at.
        to: u64,
    },
    /// A line among the checkpoints of the journal is none.
    #[error("the journal holds a checkpoint that cannot be read")]
    Garbled,
    /// A checkpoint of a journal that the log does not know.
    #[error("the journal holds a checkpoint of another journal, {0}")]
    Stranger(JournalId),
    /// The file outside is gone.
    #[error(
        "the checkpoints that are kept outside of the journal are gone; without them nobody can say whether the end was cut"
    )]
    OutsideGone,
    /// The file outside lacks what it must have.
    #[error("the checkpoint at record {to} is missing outside of the journal")]
    OutsideLacks {
        /// The record that it ends at.
        to: u64,
    },
    /// The journal lacks what it had when the file outside was written.
    #[error("the checkpoint at record {to} was taken out of the journal; it is kept outside")]
    InsideLacks {
        /// The record that it ends at.
        to: u64,
    },
    /// Records that a checkpoint must cover have none.
    #[error("no checkpoint covers the records {from} to {to}, and one should")]
    Uncovered {
        /// The first of them.
        from: u64,
        /// The last of them.
        to: u64,
    },
    /// An earlier state of this folder's journal was put in the place of a later one, and adopted.
    #[error(
        "journal {journal} of this folder was signed up to record {to}, and the copy that was adopted ends at record {last}"
    )]
    AdoptedShort {
        /// The journal.
        journal: JournalId,
        /// The last record that was copied.
        last: u64,
        /// The last record that was signed.
        to: u64,
    },
    /// The folder had another journal.
    #[error("journal {journal} of this folder was signed up to record {to} and is not here")]
    Gone {
        /// The journal.
        journal: JournalId,
        /// The last record that was signed.
        to: u64,
    },
}

/// Something that is no fault and should be known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Remark {
    /// Records that no checkpoint covers yet.
    #[error("{0} records after the last checkpoint are not covered: a program is at work, or was killed")]
    Uncovered(u64),
    /// The newest checkpoint is not outside yet.
    #[error("the checkpoint at record {0} is not kept outside of the journal yet")]
    NotYetOutside(u64),
    /// A line outside that a loss of power left by halves.
    #[error("{0} lines of the checkpoints outside cannot be read; what they said stands in others")]
    Torn(u64),
    /// What is kept outside for an original lies where that is.
    #[error("the checkpoints outside of journal {0}, from which this one was copied, are not on this machine")]
    Elsewhere(JournalId),
    /// The original of a copy went on.
    #[error("this journal was copied from {journal} at record {last}; that one went on to record {to} elsewhere")]
    WentOn {
        /// The original.
        journal: JournalId,
        /// The last record that was copied.
        last: u64,
        /// The last record that was signed there.
        to: u64,
    },
}
