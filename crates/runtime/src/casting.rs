//! Which model answers in a session, and in which mode. Both may change between turns; all else of a run stays.

use crate::config::SessionOptions;
use crate::error::StartError;
use crate::house::Runtime;
use crate::scrubbed::ScrubbedModel;
use boxagnts_agent::{Budget, Limits, Run, prompt};
use boxagnts_capability::{Authority, Mode};
use boxagnts_model::{Model, Price};
use boxagnts_record::{Journal, account};
use boxagnts_store::SystemStamp;
use boxagnts_tools::{Access, Door, Listener};
use boxagnts_types::{AgentName, RunId};
use std::sync::{Arc, Mutex, PoisonError};

/// Who plays in a session now.
pub(crate) struct Casting {
    access: Access,
    limits: Limits,
    budget: Budget,
    /// Millionths of a dollar that the session may cost; then only a model whose price is known may answer.
    most: Option<u64>,
    authority: Authority,
    door: Arc<Door>,
    journal: Journal,
    listener: Arc<dyn Listener>,
    stamp: Arc<SystemStamp>,
    now: Mutex<Now>,
}

/// What may change between turns.
struct Now {
    mode: Mode,
    run: Option<Arc<Run>>,
}

/// A model and what it costs, known before anything of a session is written.
pub(crate) struct Chosen {
    model: Box<dyn Model>,
    price: Option<Price>,
}

impl Chosen {
    /// The model of that name. With a limit on money its price must be known.
    pub(crate) fn find(house: &Runtime, name: &str, most: Option<u64>) -> Result<Self, StartError> {
        let model = house.reach().providers.open(name).map_err(StartError::Model)?;
        match (house.prices.get(name), most) {
            (None, Some(_)) => Err(StartError::NoPrice(name.to_owned())),
            (price, _) => Ok(Self { model, price: price.copied() }),
        }
    }
}

impl Casting {
    pub(crate) fn new(
        house: &Runtime,
        options: &SessionOptions,
        authority: Authority,
        door: &Arc<Door>,
        journal: &Journal,
        listener: Arc<dyn Listener>,
    ) -> Self {
        Self {
            access: door.access(),
            limits: limits(options),
            budget: budget(options),
            most: options.max_micro_dollars,
            authority,
            door: Arc::clone(door),
            journal: journal.clone(),
            listener,
            stamp: Arc::clone(&house.stamp),
            now: Mutex::new(Now { mode: options.mode, run: None }),
        }
    }

    /// Lets this model answer from the next turn on.
    pub(crate) fn give(&self, house: &Runtime, chosen: Chosen) {
        let Chosen { model, price } = chosen;
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        now.run = Some(Arc::new(Run {
            id: RunId::mint(&*self.stamp),
            parent: None,
            chain: vec![AgentName::main()],
            system: prompt::SYSTEM.into(),
            access: self.access,
            mode: now.mode.to_string(),
            limits: self.limits.clone(),
            budget: Some(self.budget.clone().priced(price)),
            max_label: house.flow.max_label(&*model),
            model: Arc::new(ScrubbedModel::new(model, house.reach().vault.scrubber())),
            door: Arc::clone(&self.door),
            journal: self.journal.clone(),
            listener: Arc::clone(&self.listener),
            mint: Arc::clone(&self.stamp) as _,
        }));
    }

    /// Another model, where one is named, and another mode, from the next turn on. The answers that were given for the
    /// session stay.
    pub(crate) fn change(&self, house: &Runtime, model: Option<&str>, mode: Option<Mode>) -> Result<(), StartError> {
        let chosen = model.map(|name| Chosen::find(house, name, self.most)).transpose()?;
        if let Some(mode) = mode {
            self.authority.set_mode(mode);
            let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
            now.mode = mode;
            now.run = now.run.take().map(|run| Arc::new(Run { mode: mode.to_string(), ..Run::clone(&run) }));
        }
        if let Some(chosen) = chosen {
            self.give(house, chosen);
        }
        Ok(())
    }

    /// Who answers; nobody in a session of single calls.
    pub(crate) fn run(&self) -> Option<Arc<Run>> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).run.clone()
    }

    /// How asks are treated.
    pub(crate) fn mode(&self) -> Mode {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).mode
    }

    /// `PROVIDER/MODEL`; empty where nobody answers.
    pub(crate) fn model(&self) -> String {
        self.run().map(|run| run.model.name().to_owned()).unwrap_or_default()
    }
}

/// What the session may use up over all its turns.
pub(crate) fn budget(options: &SessionOptions) -> Budget {
    let milliseconds = options.max_time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    let (tokens, micro_dollars) = (options.max_tokens, options.max_micro_dollars);
    Budget::of_session(account::Limits { tokens, micro_dollars, milliseconds, ..account::Limits::default() })
}

fn limits(options: &SessionOptions) -> Limits {
    let mut limits = Limits::default();
    if let Some(steps) = options.max_steps {
        limits.steps = steps;
    }
    limits
}
