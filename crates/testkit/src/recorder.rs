//! Hears everything and keeps it.

use boxagnts_tools::Listener;
use boxagnts_types::StreamEvent;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A listener that remembers.
#[derive(Default)]
pub struct Recorder {
    events: Mutex<Vec<StreamEvent>>,
    on_event: Mutex<Option<Reaction>>,
}

type Reaction = Box<dyn FnMut(&StreamEvent) + Send>;

impl Recorder {
    /// One that has heard nothing.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// What it heard, in order.
    pub fn events(&self) -> Vec<StreamEvent> {
        lock(&self.events).clone()
    }

    /// Does something at each event, for example cancels a turn when a call has started.
    pub fn react(&self, reaction: impl FnMut(&StreamEvent) + Send + 'static) {
        *lock(&self.on_event) = Some(Box::new(reaction));
    }
}

impl Listener for Recorder {
    fn hear(&self, event: StreamEvent) {
        if let Some(reaction) = lock(&self.on_event).as_mut() {
            reaction(&event);
        }
        lock(&self.events).push(event);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
