//! What checkpoints say about the records of a log.

use super::flaw::{BadRecord, Flaw, Problem, Remark};
use crate::chain::Chain;
use crate::checkpoint::{Checkpoint, PublicKey};
use crate::log::LogRow;
use boxagnts_types::{JournalId, WorkspaceId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Everything that was signed, by those who may sign.
pub(super) struct Signed {
    /// The folder that is looked at.
    workspace: WorkspaceId,
    keys: Vec<PublicKey>,
    /// Those that stand in the journal and are good.
    inside: Vec<Checkpoint>,
    /// The journals whose outside was looked at.
    entered: BTreeSet<JournalId>,
    /// For each record what was signed about it: usually one thing, more where somebody put an older state back.
    named: BTreeMap<u64, Vec<(JournalId, String)>>,
    /// The links in full, at the ends of checkpoints.
    ends: HashMap<(JournalId, u64), Vec<Chain>>,
    /// The last record that was signed of each journal, and the folder that it belonged to then.
    last: BTreeMap<JournalId, (u64, WorkspaceId)>,
    known: BTreeSet<String>,
    /// Journals with checkpoints inside and no file outside.
    alone: Vec<JournalId>,
    /// The ends of what is outside and not inside, by journal.
    only_outside: BTreeMap<JournalId, u64>,
    problems: Vec<Problem>,
    remarks: Vec<Remark>,
}

impl Signed {
    pub(super) fn new(workspace: WorkspaceId, keys: Vec<PublicKey>, inside: &[String]) -> Self {
        let mut signed = Self {
            workspace,
            keys,
            inside: Vec::new(),
            entered: BTreeSet::new(),
            named: BTreeMap::new(),
            ends: HashMap::new(),
            last: BTreeMap::new(),
            known: BTreeSet::new(),
            alone: Vec::new(),
            only_outside: BTreeMap::new(),
            problems: Vec::new(),
            remarks: Vec::new(),
        };
        for line in inside {
            let Some(checkpoint) = Checkpoint::read(line) else {
                signed.problems.push(Problem::Garbled);
                continue;
            };
            if signed.take(&checkpoint) {
                signed.inside.push(checkpoint);
            }
        }
        signed
    }

    /// Takes what a checkpoint says, if it was signed by somebody who may.
    fn take(&mut self, checkpoint: &Checkpoint) -> bool {
        let Checkpoint { journal, workspace, to, hash, key, signature, .. } = checkpoint;
        if !self.keys.contains(key) {
            self.problem(Problem::UnknownKey { to: *to, key: *key });
            return false;
        }
        if !checkpoint.is_signed() {
            self.problem(Problem::BadSignature { to: *to });
            return false;
        }
        if !self.known.insert(signature.clone()) {
            return true;
        }
        for (seq, link) in checkpoint.named() {
            let named = self.named.entry(seq).or_default();
            if !named.iter().any(|(known, said)| known == journal && said == link) {
                named.push((*journal, link.to_owned()));
            }
        }
        self.ends.entry((*journal, *to)).or_default().push(*hash);
        let last = self.last.entry(*journal).or_insert((*to, *workspace));
        if last.0 <= *to {
            *last = (*to, *workspace);
        }
        true
    }

    fn problem(&mut self, problem: Problem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Takes what is kept outside for a journal that the log comes to, and holds the two against each other.
    pub(super) fn enter(&mut self, journal: JournalId, outside: Option<Vec<String>>) {
        self.entered.insert(journal);
        let here: Vec<(u64, String)> = self.inside.iter().filter(|one| one.journal == journal).map(end_of).collect();
        let Some(lines) = outside else {
            match here[..] {
                [] => {}
                // The first record says that the log begins. Its checkpoint is made with it, before there is a file.
                [(1, _)] => self.remarks.push(Remark::NotYetOutside(1)),
                _ => self.alone.push(journal),
            }
            return;
        };
        let (mut there, mut torn) = (BTreeSet::new(), 0);
        for line in lines {
            match Checkpoint::read(&line) {
                Some(checkpoint) if checkpoint.journal == journal => {
                    if self.take(&checkpoint) {
                        there.insert(end_of(&checkpoint));
                    }
                }
                _ => torn += 1,
            }
        }
        if 0 < torn {
            self.remarks.push(Remark::Torn(torn));
        }
        if let Some((to, _)) = there.iter().find(|one| !here.contains(one)) {
            self.only_outside.insert(journal, *to);
        }
        self.compare(&here, &there);
    }

    /// What stands inside stands outside too; only the newest may be on its way when a program is at work or was killed.
    fn compare(&mut self, here: &[(u64, String)], there: &BTreeSet<(u64, String)>) {
        let reached = there.last().map_or(0, |(to, _)| *to);
        let lacking: Vec<u64> = here.iter().filter(|one| !there.contains(one)).map(|(to, _)| *to).collect();
        match lacking[..] {
            [] => {}
            [to] if reached < to => self.remarks.push(Remark::NotYetOutside(to)),
            [to, ..] => self.problems.push(Problem::OutsideLacks { to }),
        }
    }

    /// Whether somebody signed another record at this place. What was signed of an earlier journal in the lineage says
    /// nothing about what follows its adoption.
    pub(super) fn contradicts(&self, row: &LogRow, link: &str, ours: Option<JournalId>) -> bool {
        let applies = |journal: &JournalId| Some(*journal) == ours || !self.entered.contains(journal);
        let other = |(journal, said): &(JournalId, String)| applies(journal) && said != link;
        let ends_otherwise = |journal: JournalId| {
            self.ends.get(&(journal, row.seq)).is_some_and(|hashes| hashes.iter().any(|hash| *hash != row.hash))
        };
        self.named.get(&row.seq).is_some_and(|named| named.iter().any(other)) || ours.is_some_and(ends_otherwise)
    }

    /// Whether a checkpoint says anything about a record.
    pub(super) fn names(&self, seq: u64) -> bool {
        self.named.contains_key(&seq)
    }

    /// The last record that is covered because the walk came to this one.
    pub(super) fn covers(&self, row: &LogRow, ours: Option<JournalId>) -> u64 {
        let signed = |journal| self.ends.get(&(journal, row.seq)).is_some_and(|hashes| hashes.contains(&row.hash));
        if ours.is_some_and(signed) { row.seq } else { 0 }
    }

    /// The first record behind the end of the log that was signed.
    pub(super) fn beyond(&self, current: Option<JournalId>, seq: u64) -> Option<BadRecord> {
        let (to, _) = self.last.get(&current?)?;
        (seq < *to).then_some(BadRecord { seq: seq + 1, flaw: Flaw::Cut { to: *to } })
    }

    pub(super) fn end_of(&self, journal: JournalId) -> Option<(u64, WorkspaceId)> {
        self.last.get(&journal).copied()
    }

    pub(super) fn count(&self) -> u64 {
        self.known.len() as u64
    }

    /// What was found so far, with checkpoints of journals that the log never came to.
    pub(super) fn findings(&mut self, current: Option<JournalId>) -> (Vec<Problem>, Vec<Remark>) {
        for journal in std::mem::take(&mut self.alone) {
            // What is kept outside for the original of a copy may lie on another machine.
            let is_ours = |one: &Checkpoint| one.journal == journal && one.workspace == self.workspace;
            if Some(journal) == current || self.inside.iter().any(is_ours) {
                self.problems.push(Problem::OutsideGone);
            } else {
                self.remarks.push(Remark::Elsewhere(journal));
            }
        }
        // The journal is written first, so that nothing is outside alone; of an original its copy need not know.
        if let Some(to) = current.and_then(|journal| self.only_outside.get(&journal)) {
            self.problems.push(Problem::InsideLacks { to: *to });
        }
        let strangers: BTreeSet<JournalId> = self.inside.iter().map(|one| one.journal).collect();
        let strangers = strangers.difference(&self.entered).map(|journal| Problem::Stranger(*journal));
        let problems = std::mem::take(&mut self.problems).into_iter().chain(strangers).collect();
        (problems, std::mem::take(&mut self.remarks))
    }
}

fn end_of(checkpoint: &Checkpoint) -> (u64, String) {
    (checkpoint.to, checkpoint.signature.clone())
}
