//! The way of one call: a place, a thread, a deadline, and an answer in time whatever the thread does.

use crate::deadline::Deadline;
use crate::ending::{Ending, Stop};
use crate::fuel::Metering;
use crate::gate::{Finish, Gate};
use crate::limits::{LimitHit, Limits};
use crate::sandbox::Sandbox;
use crate::state::{CallParts, CallState};
use crate::threads::Crew;
use crate::world::World;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wasmtime::component::ResourceTableError;
use wasmtime::{Engine, Error, Store, Trap, UpdateDeadline};
use wasmtime_wasi::I32Exit;

/// How long a call that was told to end may take to do so before it is given up.
const GRACE: Duration = Duration::from_millis(500);

/// What bounds a call from outside.
#[derive(Clone)]
pub(crate) struct Frame {
    cancel: CancellationToken,
    gate: Arc<Gate>,
    deadline: Deadline,
    wall_clock: Duration,
    metering: Metering,
    /// Its threads are the call's, and of its places a call takes one before it takes one of the engine's.
    world: Arc<World>,
}

impl Frame {
    pub(crate) fn new(parts: &CallParts, limits: &Limits) -> Self {
        Self {
            cancel: parts.cancel.clone(),
            gate: Arc::clone(&parts.gate),
            deadline: parts.deadline.clone(),
            wall_clock: limits.wall_clock,
            metering: Metering::of(limits),
            world: Arc::clone(&parts.world),
        }
    }

    fn out_of_time(&self) -> Stop {
        Stop::Limit(LimitHit::WallClock(self.wall_clock))
    }
}

/// Runs `work` on a guest's thread. The answer comes at the deadline, or a moment after a cancel, even if the thread
/// hangs in the system. Dropping the future ends the call.
pub(crate) async fn run<T: Send + 'static>(sandbox: &Sandbox, frame: Frame, work: impl Work<T>) -> Result<T, Ending> {
    let open = sandbox.open(frame.metering)?;
    let place = tokio::select! {
        biased;
        () = frame.cancel.cancelled() => return Err(Stop::Cancelled.into()),
        // The semaphore is never closed; if it were, nobody could run.
        place = place(frame.world.places(), &sandbox.places) => place.map_err(|_| Stop::Cancelled)?,
    };
    let crew = sandbox.threads.crew(&frame.world)?;
    let finish = Finish { gate: Arc::clone(&frame.gate), stuck: Arc::clone(sandbox.threads.counter()) };
    let running = open.house.ticker.run();
    frame.deadline.start(frame.wall_clock);
    let (engine, of_guest) = (open.house.engine.clone(), frame.clone());
    let task = crew.spawn(async move {
        // Dropped in the opposite order: the store with the work, then the mark that the call has finished.
        let _held = (finish, running, place);
        tokio::select! {
            biased;
            () = of_guest.cancel.cancelled() => Err(Stop::Cancelled.into()),
            () = of_guest.deadline.passed() => Err(of_guest.out_of_time().into()),
            result = work.start(engine) => result,
        }
    });
    wait(sandbox, &crew, frame, task).await
}

/// A place of the session and then one of the engine: a crowd of one session waits for the former, so that nobody else
/// has to wait behind it for the latter.
async fn place(
    of_session: &Arc<Semaphore>,
    of_engine: &Arc<Semaphore>,
) -> Result<(OwnedSemaphorePermit, OwnedSemaphorePermit), AcquireError> {
    let own = Arc::clone(of_session).acquire_owned().await?;
    Ok((own, Arc::clone(of_engine).acquire_owned().await?))
}

/// Does something of a call after its guest has ended, on a thread of guests, which may block.
pub(crate) async fn blocking<T: Send + 'static>(
    sandbox: &Sandbox,
    world: &World,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Ending> {
    let crew = sandbox.threads.crew(world)?;
    crew.blocking(work).await.map_err(|_| Ending::HostFault)
}

/// Waits on the caller's threads.
async fn wait<T>(
    sandbox: &Sandbox,
    crew: &Crew,
    frame: Frame,
    task: JoinHandle<Result<T, Ending>>,
) -> Result<T, Ending> {
    let mut task = EndOnDrop { task, gate: Arc::clone(&frame.gate) };
    let late = async {
        let why = tokio::select! {
            () = frame.deadline.passed() => frame.out_of_time(),
            () = frame.cancel.cancelled() => Stop::Cancelled,
        };
        sleep(GRACE).await;
        why
    };
    tokio::select! {
        biased;
        joined = &mut task.task => match joined {
            Ok(result) => result,
            Err(error) if error.is_panic() => Err(Ending::HostFault),
            Err(_) => Err(Stop::Cancelled.into()),
        },
        why = late => {
            sandbox.threads.abandon(crew, &frame.gate);
            Err(why.into())
        }
    }
}

/// A call whose answer nobody waits for any more has no effects any more.
struct EndOnDrop<T> {
    task: JoinHandle<T>,
    gate: Arc<Gate>,
}

impl<T> Drop for EndOnDrop<T> {
    fn drop(&mut self) {
        self.gate.shut();
        self.task.abort();
    }
}

/// What is to be done on the guest's thread.
pub(crate) trait Work<T>: Send + 'static {
    /// Begins it.
    fn start(self, engine: Engine) -> impl Future<Output = Result<T, Ending>> + Send;
}

impl<T, F, R> Work<T> for F
where
    F: FnOnce(Engine) -> R + Send + 'static,
    R: Future<Output = Result<T, Ending>> + Send,
{
    fn start(self, engine: Engine) -> impl Future<Output = Result<T, Ending>> + Send {
        self(engine)
    }
}

/// A store whose guest is counted and can be stopped.
pub(crate) fn store(
    engine: &Engine,
    state: CallState,
    frame: Frame,
    limits: &Limits,
) -> Result<Store<CallState>, Ending> {
    let mut store = Store::new(engine, state);
    if let Some(fuel) = limits.fuel {
        // An engine that does not count refuses; the call then does not run uncounted.
        store.set_fuel(fuel).map_err(|_| Ending::HostFault)?;
    }
    store.data_mut().table.set_max_capacity(limits.resources);
    store.limiter(|state| &mut state.limiter);
    // A guest may point at the same bytes many times in one list, so what it hands over has a bound of its own.
    let handed_over = limits.stored_output.saturating_add(SLACK);
    store.set_hostcall_fuel(usize::try_from(handed_over).unwrap_or(usize::MAX));
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |_| {
        if frame.gate.is_shut() {
            return Err(Stop::Ended.into());
        }
        if frame.cancel.is_cancelled() {
            return Err(Stop::Cancelled.into());
        }
        if frame.deadline.is_over() {
            return Err(frame.out_of_time().into());
        }
        // The runtime's own yield lets its timers run, which the engine's would starve.
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())))
    });
    Ok(store)
}

/// Room for what surrounds an output: names, kinds, lengths.
const SLACK: u64 = 64 * 1024;

/// What a trap means. The engine's own words are kept for what we do not know.
pub(crate) fn ending(store: &Store<CallState>, limits: &Limits, error: &Error) -> Ending {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return (*stop).into();
    }
    match limit(store, limits, error) {
        Some(hit) => Stop::Limit(hit).into(),
        None => Ending::Crashed(crash(error)),
    }
}

fn limit(store: &Store<CallState>, limits: &Limits, error: &Error) -> Option<LimitHit> {
    let text = error.root_cause().to_string();
    match error.downcast_ref::<ResourceTableError>() {
        Some(ResourceTableError::Full) => return Some(LimitHit::Resources(limits.resources)),
        Some(_) => return None,
        None => {}
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => return Some(LimitHit::Stack),
        Some(Trap::OutOfFuel) => return limits.fuel.map(LimitHit::Fuel),
        _ => {}
    }
    if text.contains("fuel allocated for hostcalls") {
        return Some(LimitHit::Output(limits.stored_output));
    }
    // A guest that was refused memory gives up by trapping; one that leaves its program has decided to.
    let gave_up = error.downcast_ref::<I32Exit>().is_none();
    let limiter = &store.data().limiter;
    limiter.too_many(&text).or(limiter.refused.filter(|_| gave_up))
}

fn crash(error: &Error) -> String {
    if let Some(I32Exit(code)) = error.downcast_ref::<I32Exit>() {
        return format!("it left its program with code {code} instead of returning a result");
    }
    error.root_cause().to_string()
}
