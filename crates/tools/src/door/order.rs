//! Which calls of one message wait for which.

use super::{Door, Understood};
use boxagnts_capability::Effects;
use boxagnts_types::{CallRequest, ToolName};

/// What matters of a call when it is compared with another.
struct Reach {
    effects: Effects,
    /// Its tool, when that keeps something from call to call.
    keeps: Option<ToolName>,
}

impl Reach {
    fn may_run_beside(&self, other: &Self) -> bool {
        let shares_a_state = self.keeps.is_some() && self.keeps == other.keeps;
        !shares_a_state && self.effects.may_run_beside(&other.effects)
    }
}

impl Door {
    /// For each call of one message the earlier ones, by their places, that must have ended before it starts: those
    /// which one of the two could notice ([`Effects::may_run_beside`]), and those of a tool that keeps a state.
    ///
    /// A call that cannot be understood has no effect: it waits for none, and none waits for it.
    pub fn order(&self, calls: &[CallRequest]) -> Vec<Vec<usize>> {
        if calls.len() < 2 {
            return calls.iter().map(|_| Vec::new()).collect();
        }
        let reaches: Vec<Option<Reach>> = calls.iter().map(|call| self.reach(call)).collect();
        let waits_for = |(place, reach): (usize, &Option<Reach>)| {
            let disturbs = |earlier: &usize| match (&reaches[*earlier], reach) {
                (Some(earlier), Some(reach)) => !earlier.may_run_beside(reach),
                _ => false,
            };
            (0..place).filter(disturbs).collect()
        };
        reaches.iter().enumerate().map(waits_for).collect()
    }

    fn reach(&self, call: &CallRequest) -> Option<Reach> {
        let Understood { tool, effects, .. } = self.understand(call).ok()?;
        let keeps = self.states().contains_key(tool.name()).then(|| tool.name().clone());
        Some(Reach { effects, keeps })
    }
}
