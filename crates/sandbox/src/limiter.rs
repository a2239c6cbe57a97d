//! Counts memory and tables of one call, all together.
//!
//! The engine's own limits are per memory: a guest with four memories would get four times as much.

use crate::limits::{LimitHit, Limits};
use wasmtime::{Error, ResourceLimiter, Result};

/// The account of one store.
pub(crate) struct Limiter {
    memory: Sum,
    elements: Sum,
    instances: usize,
    memories: usize,
    tables: usize,
    /// The last thing that was refused; tells a crash for lack of memory from any other.
    pub(crate) refused: Option<LimitHit>,
}

/// A total with a bound, and the step that was granted last, in case the system cannot give it.
struct Sum {
    used: usize,
    most: usize,
    last: usize,
}

impl Limiter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            memory: Sum::new(usize::try_from(limits.memory).unwrap_or(usize::MAX)),
            elements: Sum::new(limits.table_elements),
            instances: limits.instances,
            memories: limits.memories,
            tables: limits.tables,
            refused: None,
        }
    }

    /// What the engine's refusal to instantiate means. It counts instances, memories and tables itself and answers
    /// with a text.
    pub(crate) fn too_many(&self, text: &str) -> Option<LimitHit> {
        let what = text.strip_prefix("resource limit exceeded: ")?;
        match what.split(' ').next()? {
            "instance" => Some(LimitHit::Instances(self.instances)),
            "memory" => Some(LimitHit::Memories(self.memories)),
            "table" => Some(LimitHit::Tables(self.tables)),
            _ => None,
        }
    }
}

impl Sum {
    fn new(most: usize) -> Self {
        Self { used: 0, most, last: 0 }
    }

    fn grow(&mut self, current: usize, desired: usize) -> bool {
        let step = desired.saturating_sub(current);
        let granted = self.used.checked_add(step).is_some_and(|total| total <= self.most);
        if granted {
            self.used += step;
            self.last = step;
        }
        granted
    }

    fn failed(&mut self) {
        self.used = self.used.saturating_sub(std::mem::take(&mut self.last));
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        // The memory's own maximum fails the growth later, without telling us.
        let granted = maximum.is_none_or(|maximum| desired <= maximum) && self.memory.grow(current, desired);
        if !granted {
            self.refused = Some(LimitHit::Memory(self.memory.most as u64));
        }
        Ok(granted)
    }

    fn memory_grow_failed(&mut self, _: Error) -> Result<()> {
        self.memory.failed();
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        let granted = maximum.is_none_or(|maximum| desired <= maximum) && self.elements.grow(current, desired);
        if !granted {
            self.refused = Some(LimitHit::TableElements(self.elements.most));
        }
        Ok(granted)
    }

    fn table_grow_failed(&mut self, _: Error) -> Result<()> {
        self.elements.failed();
        Ok(())
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn memories(&self) -> usize {
        self.memories
    }

    fn tables(&self) -> usize {
        self.tables
    }
}
