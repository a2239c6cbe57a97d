//! Builds the house from configuration and offers one handle: start, submit, approve, subscribe, stop.
//!
//! Wiring and adapters live here, decisions do not: what may happen is decided in `capability`, how a call goes in
//! `tools`, what comes next in `agent`. Faces know this room alone, so what they need of the others is re-exported.
//!
//! Start with [`house`] (what exists once per program), then [`session`] (one conversation). [`whereabouts`] says which
//! journal a workspace has, [`audit`] what its log says.

pub mod audit;
pub mod before;
pub mod config;
pub mod desk;
pub mod doctor;
pub mod error;
pub mod explain;
pub mod files;
pub mod grants;
pub mod hall;
pub mod house;
pub mod overview;
pub mod post;
pub mod secrets;
pub mod session;
pub mod settings_file;
pub mod trust;
pub mod whereabouts;

mod brought;
mod casting;
mod flow;
mod labels;
mod law;
mod limits;
mod outside;
mod scratch;
mod scrubbed;
mod toolbox;
mod trail;
mod vendors;
mod witness;

pub use audit::{Logged, ReceiptFilter};
pub use boxagnts_agent::TurnReport;
pub use boxagnts_capability::{Capability, Effect, Explanation, Mode, Stage, Step, Verdict};
pub use boxagnts_providers::VendorCard;
pub use boxagnts_record::audit::{BadRecord, Flaw, Problem, Remark, Verdict as AuditVerdict};
pub use boxagnts_record::event::{DecisionLine, Earlier, Origin};
pub use boxagnts_record::{Body, Event, Fact, PublicKey, Receipt, SessionSummary, StoreError, Touched};
pub use boxagnts_sandbox::{CompileLimits, Metering, Wall, compile_as_child};
pub use boxagnts_settings::SettingsError;
pub use boxagnts_settings::policy::Examined;
pub use boxagnts_tools::{Access, Answer, Answered, PermissionLevel, Question};
pub use boxagnts_types::show::{visible, visible_line};
pub use boxagnts_types::stream::{Decided, StopReason, StreamEvent};
pub use boxagnts_types::{CallId, Content, Label, Outcome, Privacy, Secret, SessionId, Time, ToolName, Usage};
pub use config::{Config, FolderMap, Resume, SessionOptions};
pub use doctor::{Check, CheckState};
pub use error::StartError;
pub use explain::{Opening, Why, WhyRequest};
pub use files::{Changed, ChangedKind, Listed, ListedKind, Listing, LookError};
pub use grants::{Expiry, Grant, GrantError, GrantId, GrantScope, NewGrant};
pub use hall::Subscription;
pub use house::Runtime;
pub use overview::Standing;
pub use post::{Note, Post, PostError};
pub use secrets::{SecretCard, Secrets, SecretsError, covered};
pub use session::Session;
pub use settings_file::{SettingValue, SettingsFile, SettingsFileError};
pub use toolbox::ToolCard;
pub use trust::{Brought, TrustError, TrustState};
pub use whereabouts::{AdoptError, Found, FoundKind};
