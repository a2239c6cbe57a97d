//! A tool in process, whose runs can be looked at.

use boxagnts_capability::{Effects, Subject};
use boxagnts_tools::tool::{PermissionLevel, Recoverable};
use boxagnts_tools::{Tool, ToolContext, ToolFailure, ToolOutput, ToolResult};
use boxagnts_types::{InputError, ToolName};
use futures::future::{self, BoxFuture, FutureExt as _};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};

/// A tool that does what a test wrote down. By default it touches nothing, takes any object and says `ok`.
pub struct FakeTool {
    name: ToolName,
    schema: Value,
    level: PermissionLevel,
    search: bool,
    subject: Subject,
    effects: Box<dyn Fn(&Value) -> Effects + Send + Sync>,
    body: Body,
    when_run: Box<dyn Fn() + Send + Sync>,
    runs: Mutex<Vec<Value>>,
}

enum Body {
    Answers(Box<dyn Fn(&Value) -> ToolResult + Send + Sync>),
    Runs(Box<dyn Fn(Value, ToolContext) -> BoxFuture<'static, ToolResult> + Send + Sync>),
    WaitsForCancel,
    IgnoresCancel,
}

impl FakeTool {
    /// A tool of that name, which must be a good one.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.parse().unwrap_or_else(|error| panic!("{error}")),
            schema: json!({"type": "object", "additionalProperties": true}),
            level: PermissionLevel::None,
            search: false,
            subject: Subject::BuiltIn,
            effects: Box::new(|_| Effects::Exact(Vec::new())),
            body: Body::Answers(Box::new(|_| Ok(ToolOutput::text("ok")))),
            when_run: Box::new(|| {}),
            runs: Mutex::default(),
        }
    }

    /// Answers by this function.
    #[must_use]
    pub fn answers(mut self, answer: impl Fn(&Value) -> ToolResult + Send + Sync + 'static) -> Self {
        self.body = Body::Answers(Box::new(answer));
        self
    }

    /// Takes as long as this future does, for example until another call is inside too.
    #[must_use]
    pub fn runs_as<F>(mut self, run: impl Fn(Value, ToolContext) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ToolResult> + Send + 'static,
    {
        self.body = Body::Runs(Box::new(move |input, context| run(input, context).boxed()));
        self
    }

    /// Runs until it is cancelled, and then ends by itself.
    #[must_use]
    pub fn waits_for_cancel(mut self) -> Self {
        self.body = Body::WaitsForCancel;
        self
    }

    /// Runs until it is dropped.
    #[must_use]
    pub fn ignores_cancel(mut self) -> Self {
        self.body = Body::IgnoresCancel;
        self
    }

    /// Does something when it begins to run, for example cancels the turn.
    #[must_use]
    pub fn when_run(mut self, what: impl Fn() + Send + Sync + 'static) -> Self {
        self.when_run = Box::new(what);
        self
    }

    /// Has these effects.
    #[must_use]
    pub fn effects(mut self, effects: impl Fn(&Value) -> Effects + Send + Sync + 'static) -> Self {
        self.effects = Box::new(effects);
        self
    }

    /// Takes inputs of this schema only.
    #[must_use]
    pub fn schema(mut self, schema: Value) -> Self {
        self.schema = schema;
        self
    }

    /// Is of this class.
    #[must_use]
    pub fn level(mut self, level: PermissionLevel) -> Self {
        self.level = level;
        self
    }

    /// Is offered to agents that may only search.
    #[must_use]
    pub fn searches(mut self) -> Self {
        self.search = true;
        self
    }

    /// Holds only what was granted to it by name.
    #[must_use]
    pub fn subject(mut self, subject: Subject) -> Self {
        self.subject = subject;
        self
    }

    /// Ready to be registered and to be looked at later.
    pub fn shared(self) -> Arc<Self> {
        Arc::new(self)
    }

    /// The inputs it really ran with, in order.
    pub fn runs(&self) -> Vec<Value> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Tool for FakeTool {
    fn name(&self) -> &ToolName {
        &self.name
    }

    fn description(&self) -> &'static str {
        "A tool of a test."
    }

    fn permission_level(&self) -> PermissionLevel {
        self.level
    }

    fn input_schema(&self) -> &Value {
        &self.schema
    }

    fn search(&self) -> bool {
        self.search
    }

    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn digest(&self) -> &'static str {
        "a tool of a test"
    }

    fn effects(&self, input: &Value) -> Result<Effects, InputError> {
        Ok((self.effects)(input))
    }

    fn execute(&self, input: Value, context: ToolContext) -> BoxFuture<'_, ToolResult> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner).push(input.clone());
        (self.when_run)();
        match &self.body {
            Body::Answers(answer) => future::ready(answer(&input)).boxed(),
            Body::Runs(run) => run(input, context),
            Body::IgnoresCancel => future::pending().boxed(),
            Body::WaitsForCancel => async move {
                context.cancel.cancelled().await;
                Err(ToolFailure::recoverable(Recoverable::Cancelled, "stopped"))
            }
            .boxed(),
        }
    }
}
