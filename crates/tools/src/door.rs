//! The one way to a tool: parse, decide, ask, write the intent, run, record.

mod order;
mod question;

use crate::approvals::Approvals;
use crate::asking::{Account, Asking, STANDS_FOR};
use crate::bound::{TO_MODEL, bound};
use crate::context::{Progress, ToolContext};
use crate::fingerprint::fingerprint;
use crate::flow::label_of;
use crate::ledger::{Entry, Ledger};
use crate::patience::{Patience, QuestionLimits};
use crate::receipts;
use crate::registry::{Access, Registry};
use crate::tool::{Recoverable, Tool, ToolFailure, ToolOutput, ToolResult};
use crate::witness::{Blind, Witness};
use boxagnts_capability::{
    Authority, Capability, DecideRequest, Decision, Effect, Effects, Line, Permit, Refusal, Verdict, decide,
};
use boxagnts_record::event::DecisionLine;
use boxagnts_record::{Body, Durability, EffectClass, Journal, StoreError};
use boxagnts_types::scrub::{NothingSecret, Scrub};
use boxagnts_types::show::visible_line;
use boxagnts_types::{
    AgentName, CallId, CallInput, CallRequest, Content, Label, Outcome, StreamEvent, ToolAnswer, ToolName,
};
use futures::FutureExt as _;
use serde_json::Value;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How long a cancelled tool may take to end by itself before its future is dropped. The person is promised a second.
const CANCEL_GRACE: Duration = Duration::from_millis(500);

/// Hears what happens while calls run.
pub trait Listener: Send + Sync {
    /// One event. Must not block.
    fn hear(&self, event: StreamEvent);
}

/// The door of one session.
pub struct Door {
    registry: Registry,
    /// Which of the tools it lets in at all.
    access: Access,
    authority: Authority,
    approvals: Arc<dyn Approvals>,
    listener: Arc<dyn Listener>,
    scrub: Arc<dyn Scrub>,
    /// What each tool wants back at its next call.
    states: Mutex<HashMap<ToolName, Kept>>,
    /// Looks at the files that a question is about.
    witness: Arc<dyn Witness>,
    /// How long a question stands.
    stands_for: Duration,
    patience: Arc<Patience>,
}

/// A state between calls, labelled like the output that it came with.
struct Kept {
    state: Vec<u8>,
    label: Label,
}

/// The result of one call.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// What goes back to the model.
    pub answer: ToolAnswer,
    /// Set when the tool is broken and the turn should end; the text is for the person.
    pub broken: Option<String>,
    /// Whether an ask became a deny because nobody was there.
    pub unanswered: bool,
}

/// How far a call came, with all that is to be written down about it.
struct Ended {
    result: ToolResult,
    entries: Vec<Entry>,
    unanswered: bool,
    /// Its intent stands in the journal and is settled with its result.
    intended: bool,
    /// Of the result.
    label: Label,
}

impl Ended {
    fn before_start(failure: ToolFailure) -> Self {
        let label = Label::PUBLIC;
        Self { result: Err(failure), entries: Vec::new(), unanswered: false, intended: false, label }
    }

    fn denied(refusal: &Refusal, unanswered: bool) -> Self {
        let ledger = Ledger::new();
        ledger.refused(refusal);
        let failure = ToolFailure::recoverable(Recoverable::Denied, refusal.to_string());
        Self { result: Err(failure), entries: ledger.entries(), unanswered, intended: false, label: Label::PUBLIC }
    }
}

/// A request that names a tool and fits its schema.
struct Understood {
    tool: Arc<dyn Tool>,
    input: Value,
    effects: Effects,
}

impl Door {
    /// A door to these tools under this authority.
    pub fn new(
        registry: Registry,
        authority: Authority,
        approvals: Arc<dyn Approvals>,
        listener: Arc<dyn Listener>,
    ) -> Self {
        Self {
            registry,
            access: Access::Full,
            authority,
            approvals,
            listener,
            scrub: Arc::new(NothingSecret),
            states: Mutex::default(),
            witness: Arc::new(Blind),
            stands_for: STANDS_FOR,
            patience: Arc::default(),
        }
    }

    /// Lets questions be about the files as they are: an answer binds to them, and the person sees what would change.
    #[must_use]
    pub fn with_witness(mut self, witness: Arc<dyn Witness>) -> Self {
        self.witness = witness;
        self
    }

    /// Ends a question that nobody answered for so long.
    #[must_use]
    pub fn with_questions_standing_for(mut self, time: Duration) -> Self {
        self.stands_for = time;
        self
    }

    /// Asks the person no more often than this.
    #[must_use]
    pub fn with_question_limits(mut self, limits: QuestionLimits) -> Self {
        self.patience = Arc::new(Patience::new(limits));
        self
    }

    /// The same door, which lets in the tools of this access and no other, whoever calls them.
    #[must_use]
    pub fn with_access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// Which of the tools it lets in.
    pub fn access(&self) -> Access {
        self.access
    }

    /// The same door, which covers secrets in the results of calls.
    #[must_use]
    pub fn scrubbed(mut self, scrub: Arc<dyn Scrub>) -> Self {
        self.scrub = scrub;
        self
    }

    /// The tools behind it.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Takes one call from the model's raw request to its bounded answer. Everything on the way is written to
    /// `journal`; when that fails, no effect follows and the error is returned. `context` is the label of all that whoever
    /// asks has read.
    pub async fn call(
        &self,
        request: CallRequest,
        journal: &Journal,
        chain: &[AgentName],
        context: &Label,
        cancel: &CancellationToken,
    ) -> Result<Answered, StoreError> {
        let started = Instant::now();
        let journal = journal.at_call(request.id);
        let understood = self.understand(&request);
        let input = match &understood {
            Ok(understood) => understood.input.clone(),
            Err(_) => Value::String(request.input.clone()),
        };
        self.tell(StreamEvent::CallStarted { call: request.id, tool: request.tool.clone(), input });
        let ended = match understood {
            Ok(understood) => self.decide_and_run(&request, understood, &journal, (chain, context), cancel).await?,
            Err(failure) => Ended::before_start(failure),
        };
        self.finish(&request, &journal, ended, started).await
    }

    /// Answers a requested call that will not run, so that each requested call has exactly one result.
    pub async fn skip(&self, request: &CallRequest, journal: &Journal, why: &str) -> Result<Answered, StoreError> {
        let failure = ToolFailure::recoverable(Recoverable::Cancelled, format!("not started: {why}"));
        let journal = journal.at_call(request.id);
        self.finish(request, &journal, Ended::before_start(failure), Instant::now()).await
    }

    fn understand(&self, request: &CallRequest) -> Result<Understood, ToolFailure> {
        let rejected = |text: String| ToolFailure::recoverable(Recoverable::Rejected, text);
        let Some(tool) = self.registry.get(&request.tool) else {
            let names: Vec<&str> = self.registry.names().map(ToolName::as_str).collect();
            let asked = visible_line(&request.tool);
            return Err(rejected(format!("there is no tool {asked:?}; there are: {}", names.join(", "))));
        };
        if !self.access.offers(&**tool) {
            let text = format!("the tool {} is not offered under the access {}", tool.name(), self.access);
            return Err(ToolFailure::recoverable(Recoverable::Denied, text));
        }
        let input = CallInput::parse(&request.input).map_err(|error| rejected(error.to_string()))?.into_value();
        self.registry.check(&request.tool, &input).map_err(|error| rejected(error.to_string()))?;
        let effects = tool.effects(&input).map_err(|error| rejected(error.to_string()))?;
        Ok(Understood { tool: Arc::clone(tool), input, effects })
    }

    async fn decide_and_run(
        &self,
        request: &CallRequest,
        understood: Understood,
        journal: &Journal,
        (chain, context): (&[AgentName], &Label),
        cancel: &CancellationToken,
    ) -> Result<Ended, StoreError> {
        let Understood { tool, input, effects } = understood;
        let print = fingerprint(&*tool, &input, &effects, chain, journal);
        let class = if may_change(&effects) { EffectClass::Changes } else { EffectClass::Reads };
        let (tool_name, subject) = (tool.name(), tool.subject());
        let context = &self.with_state(tool_name, context);
        let wanted = DecideRequest { call: request.id, tool: tool_name, subject, chain, effects, context };
        let decision = decide(&self.authority, wanted);
        let before = match &decision {
            Decision::Ask { pending, .. } => Some(self.before(&*tool, &input, pending, &print).await),
            Decision::Allow { .. } | Decision::Deny { .. } => None,
        };
        // Question, answer and intent of one call name the same.
        let print = before.as_ref().map_or(print, |before| before.print.clone());
        let mut bodies = vec![decided(&request.tool, &decision, &print)];
        let asking = Arc::new(Asking {
            authority: self.authority.clone(),
            approvals: Arc::clone(&self.approvals),
            listener: Arc::clone(&self.listener),
            journal: journal.clone(),
            call: request.id,
            tool: tool.name().clone(),
            subject: tool.subject().clone(),
            input: input.clone(),
            print,
            cancel: cancel.clone(),
            stands_for: self.stands_for,
            patience: Arc::clone(&self.patience),
            account: Account::default(),
        });
        let permit = match decision {
            Decision::Allow { permit, .. } => permit,
            Decision::Deny { refusal, .. } => {
                journal.append(bodies, Durability::Crash).await?;
                return Ok(Ended::denied(&refusal, false));
            }
            Decision::Ask { pending, .. } => {
                journal.append(std::mem::take(&mut bodies), Durability::Crash).await?;
                match self.ask(&asking, pending, before.unwrap_or_default()).await? {
                    Ok(permit) => permit,
                    Err(refusal) => return Ok(Ended::denied(&refusal, asking.met_nobody())),
                }
            }
        };
        if cancel.is_cancelled() {
            journal.append(bodies, Durability::Crash).await?;
            let failure = ToolFailure::recoverable(Recoverable::Cancelled, "not started: the turn was stopped");
            return Ok(Ended::before_start(failure));
        }
        if class == EffectClass::Changes {
            bodies.push(Body::CallIntended { fingerprint: asking.print.clone() });
        }
        // What was decided and what is intended become true together, as safe as the class of the call wants it.
        let mut batch = journal.batch(bodies).intend(request.id, class);
        if class == EffectClass::Changes {
            batch = batch.receipts([receipts::of_intent(journal, &request.tool, &asking.print)]);
        }
        journal.write(batch).await?;
        let ended = self.execute(&*tool, input, permit, Arc::clone(&asking)).await;
        // What could not be written down ends the turn, like any other failure of the journal.
        asking.failure().map_or(Ok(ended), Err)
    }

    async fn execute(&self, tool: &dyn Tool, input: Value, permit: Permit, asking: Arc<Asking>) -> Ended {
        let (ledger, cancel) = (Ledger::new(), asking.cancel.clone());
        let (state, seen) = (self.kept(tool.name(), &permit), permit.seen().clone());
        let context = ToolContext {
            progress: self.progress(permit.call()),
            permit,
            cancel: cancel.clone(),
            asker: Arc::clone(&asking) as _,
            ledger: ledger.clone(),
            state,
        };
        let running = AssertUnwindSafe(async { tool.execute(input, context).await }).catch_unwind();
        let result = tokio::select! {
            biased;
            ended = running => ended.unwrap_or_else(|_| {
                Err(ToolFailure::Broken(format!("the tool {} failed inside this program", tool.name())))
            }),
            () = grace_after(&cancel) => Err(ToolFailure::recoverable(Recoverable::Cancelled, "stopped by the person")),
        };
        let entries = ledger.entries();
        let label = label_of(&seen, &entries);
        if let Ok(ToolOutput { state: Some(state), .. }) = &result {
            let kept = Kept { state: state.clone(), label: label.clone() };
            self.states().insert(tool.name().clone(), kept);
        }
        Ended { result, entries, unanswered: asking.met_nobody(), intended: true, label }
    }

    /// What a call may pass on before it reads anything: what the conversation has read, and what the tool kept.
    fn with_state(&self, tool: &ToolName, context: &Label) -> Label {
        let context = context.clone();
        match self.states().get(tool) {
            Some(kept) => context.join(&kept.label),
            None => context,
        }
    }

    /// What a tool kept, which this call has then seen.
    fn kept(&self, tool: &ToolName, permit: &Permit) -> Option<Vec<u8>> {
        let states = self.states();
        let kept = states.get(tool)?;
        permit.seen().saw(&kept.label);
        Some(kept.state.clone())
    }

    async fn finish(
        &self,
        request: &CallRequest,
        journal: &Journal,
        ended: Ended,
        started: Instant,
    ) -> Result<Answered, StoreError> {
        let Ended { result, entries, unanswered, intended, label } = ended;
        let mut broken = match &result {
            Err(ToolFailure::Broken(why)) => Some(format!("the tool {} is broken: {why}", visible_line(&request.tool))),
            _ => None,
        };
        self.scrub.texts(&mut broken);
        let (outcome, mut content, cut_before) = match result {
            Ok(output) => (Outcome::Done, output.content, output.truncated),
            Err(failure) => (failure.outcome(), vec![Content::text(failure.to_string())], false),
        };
        // Covered before it is cut, so that no half of a secret is left at the cut.
        self.scrub.contents(&mut content);
        let most = self.registry.get(&request.tool).map_or(TO_MODEL, |tool| tool.most_to_model());
        let (content, cut) = bound(content, most);
        let truncated = cut || cut_before;
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let mut bodies: Vec<Body> = entries.iter().map(receipt).collect();
        let tool = request.tool.clone();
        bodies.push(Body::CallFinished {
            tool: tool.clone(),
            outcome,
            content: content.clone(),
            truncated,
            micros,
            label: Some(label.clone()),
        });
        let receipts = receipts::of_account(journal, &request.tool, &entries, &label);
        let batch = journal.batch(bodies).receipts(receipts);
        journal.write(if intended { batch.done(request.id) } else { batch }).await?;
        for Entry { effect, decision, rule, count, .. } in entries {
            self.tell(StreamEvent::Effect { call: request.id, effect, decision, rule, count });
        }
        let (call, told) = (request.id, content.clone());
        self.tell(StreamEvent::CallFinished { call, tool, outcome, content: told, micros, label: label.clone() });
        let answer = ToolAnswer { call, model_id: request.model_id.clone(), outcome, content, label };
        Ok(Answered { answer, broken, unanswered })
    }

    fn progress(&self, call: CallId) -> Progress {
        let listener = Arc::clone(&self.listener);
        Progress::new(move |text, fraction| {
            listener.hear(StreamEvent::CallProgress { call, text: text.to_owned(), fraction });
        })
    }

    fn tell(&self, event: StreamEvent) {
        self.listener.hear(event);
    }

    fn states(&self) -> MutexGuard<'_, HashMap<ToolName, Kept>> {
        // The map is whole after every single operation, so a panic elsewhere leaves nothing half done.
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn grace_after(cancel: &CancellationToken) {
    cancel.cancelled().await;
    tokio::time::sleep(CANCEL_GRACE).await;
}

/// Whether a call could change anything: those intents are written down before, safe against power loss.
fn may_change(effects: &Effects) -> bool {
    match effects {
        Effects::Exact(effects) => !effects.iter().all(Effect::only_reads),
        Effects::Envelope(capabilities) => !capabilities.iter().all(Capability::only_reads),
    }
}

fn decided(tool: &str, decision: &Decision, print: &str) -> Body {
    let (verdict, lines) = match decision {
        Decision::Allow { lines, .. } => (Verdict::Allow, lines),
        Decision::Ask { lines, .. } => (Verdict::Ask, lines),
        Decision::Deny { lines, .. } => (Verdict::Deny, lines),
    };
    let lines = lines.iter().map(|Line { effect, verdict, rule }| DecisionLine {
        effect: effect.clone(),
        verdict: verdict.to_string(),
        rule: rule.clone(),
    });
    Body::CallDecided {
        tool: tool.to_owned(),
        verdict: verdict.to_string(),
        lines: lines.collect(),
        fingerprint: Some(print.to_owned()),
    }
}

fn receipt(entry: &Entry) -> Body {
    Body::Effect {
        effect: entry.effect.clone(),
        decision: entry.decision,
        rule: entry.rule.clone(),
        count: entry.count,
        bytes: entry.bytes,
    }
}
