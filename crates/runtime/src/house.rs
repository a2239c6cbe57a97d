//! What exists once per program: folders, the journal's store, the sandbox.

use crate::audit;
use crate::brought::BroughtTools;
use crate::config::{Config, SessionOptions};
use crate::error::StartError;
use crate::flow::Standing;
use crate::grants::GrantStore;
use crate::law::Law;
use crate::secrets;
use crate::session::Session;
use crate::settings_file;
use crate::toolbox::{self, ToolCard, Toolbox};
use crate::trust::TrustStore;
use crate::vendors;
use crate::whereabouts::Whereabouts;
use boxagnts_egress::{Blocked, Vault, Web};
use boxagnts_model::Price;
use boxagnts_providers::Providers;
use boxagnts_record::approval::{self, ApprovalState};
use boxagnts_record::{Event, SessionSummary, Stamp as _, Store, StoreError};
use boxagnts_sandbox::{Compiler, Sandbox, Wall};
use boxagnts_settings::Settings;
use boxagnts_store::{SealedStore, SystemStamp};
use boxagnts_tools::patience::QuestionLimits;
use boxagnts_tools::{Answer, Question};
use boxagnts_types::{SessionId, WorkspaceId};
use boxagnts_workspace::{Environment, Folders, Hidden, OwnFolders, Root};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use ulid::Ulid;

/// The longest list that is answered at once.
pub(crate) const LONGEST_LIST: usize = 100_000;

/// Where a workspace has its tools.
const TOOLS_OF_A_WORKSPACE: &str = ".boxagnts/tools";

/// The house: everything that sessions share.
pub struct Runtime {
    pub(crate) own: OwnFolders,
    pub(crate) root: Arc<Root>,
    pub(crate) maps: Vec<MappedRoot>,
    pub(crate) workspace: WorkspaceId,
    pub(crate) law: Law,
    pub(crate) grants: Arc<GrantStore>,
    pub(crate) trust: TrustStore,
    pub(crate) whereabouts: Whereabouts,
    pub(crate) store: Arc<dyn Store>,
    /// The same, as whoever looks at its log needs it.
    pub(crate) sealed: Arc<SealedStore>,
    pub(crate) stamp: Arc<SystemStamp>,
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) toolbox: Toolbox,
    /// The tools of the workspace, as they were last looked at.
    pub(crate) brought: watch::Sender<Arc<BroughtTools>>,
    /// The way out for tools; nothing of it is there before the first request.
    pub(crate) web: Arc<Web>,
    pub(crate) vault: Arc<Vault>,
    /// How long a question to the person stands.
    pub(crate) questions_stand_for: Duration,
    /// How often the person is asked at most.
    pub(crate) question_limits: QuestionLimits,
    pub(crate) providers: Providers,
    pub(crate) prices: BTreeMap<String, Price>,
    pub(crate) flow: Standing,
    pub(crate) holder: String,
    /// What the settings were when they were read.
    pub(crate) settings_digest: String,
}

/// A mapped folder, open.
pub(crate) struct MappedRoot {
    pub(crate) name: String,
    pub(crate) root: Arc<Root>,
    pub(crate) writable: bool,
}

impl Runtime {
    /// Builds the house: finds the folders, opens the workspace and its journal. No guest is loaded and no thread of
    /// the sandbox started before the first call.
    pub fn open(config: Config) -> Result<Self, StartError> {
        let own = Folders::find(&Environment::of_process())?.prepare()?;
        let file = own.config.path().join(boxagnts_settings::FILE);
        let settings_digest = settings_file::digest_of_file(&file);
        let settings = Settings::read(&file)?;
        let flow = Standing::of(&settings)?;
        let law = Law::read(&settings)?;
        let hidden = own.hidden()?;
        let root = Root::open(&config.workspace, hidden.clone()).map_err(StartError::Workspace)?;
        refuse_protected(&root).map_err(StartError::Protected)?;
        let maps = open_maps(&config, &hidden, &root)?;
        let workspace = identity(&root);
        let stamp = Arc::new(SystemStamp::new());
        let whereabouts = Whereabouts::find(&own.data, &root, workspace, settings.record.location.value, &stamp)?;
        let sealed = audit::sealed(&whereabouts, &own.state, workspace);
        let store = Arc::clone(&sealed) as _;
        let grants = Arc::new(GrantStore::new(&own.data, workspace, Arc::clone(&stamp))?);
        let trust = TrustStore::new(&own.data)?;
        let sandbox = sandbox(&own);
        let toolbox = Toolbox::open(&settings)?;
        let (providers, prices) = (vendors::of_process(), vendors::prices(&settings));
        let vault = secrets::vault(&own, &providers.secrets())?;
        let blocked = Blocked::new(settings.network.block.value.iter().map(|block| (block.address, block.bits)));
        let web = Arc::new(Web::new().with_vault(Arc::clone(&vault)).with_blocked(blocked));
        let (root, holder) = (Arc::new(root), config.holder + &stamp.mark_of_process());
        Ok(Self {
            own,
            root,
            maps,
            workspace,
            law,
            grants,
            trust,
            whereabouts,
            store,
            sealed,
            stamp,
            sandbox,
            toolbox,
            brought: watch::Sender::new(Arc::default()),
            web,
            vault,
            questions_stand_for: settings.approvals.expire_after.value,
            question_limits: QuestionLimits {
                of_call: settings.approvals.per_call.value,
                of_turn: settings.approvals.per_turn.value,
            },
            providers,
            prices,
            flow,
            holder,
            settings_digest,
        })
    }

    /// The tools of this program, sorted by name. Needs no workspace.
    pub fn tools() -> Result<Vec<ToolCard>, StartError> {
        // Without a home nobody has settings.
        let settings = match Folders::find(&Environment::of_process()) {
            Ok(folders) => Settings::read(&folders.config.join(boxagnts_settings::FILE))?,
            Err(_) => Settings::default(),
        };
        toolbox::cards(&settings)
    }

    /// The same with those of a trusted workspace, and why some of these are left out. Opens the workspace only if there
    /// are any.
    #[expect(clippy::disallowed_methods, reason = "a look whether the workspace has to be opened at all")]
    pub async fn tools_in(config: Config) -> Result<(Vec<ToolCard>, Vec<String>), StartError> {
        let mut cards = Self::tools()?;
        if !config.workspace.join(TOOLS_OF_A_WORKSPACE).is_dir() {
            return Ok((cards, Vec::new()));
        }
        let brought = Self::open(config)?.look_at_tools().await?;
        cards.extend_from_slice(brought.cards());
        cards.sort_by(|a, b| a.name.cmp(&b.name));
        Ok((cards, brought.left_out.clone()))
    }

    /// Whether the kernel stands behind the checks of this program. A face says it once where it does not.
    pub fn wall(&self) -> &Wall {
        self.sandbox.wall()
    }

    /// Starts a session and holds it.
    pub async fn start(&self, options: SessionOptions) -> Result<Session, StartError> {
        Session::start(self, options).await
    }

    /// The newest sessions of this workspace, at most `limit`.
    pub async fn sessions(&self, limit: usize) -> Result<Vec<SessionSummary>, StoreError> {
        self.store.sessions(None, limit.min(LONGEST_LIST)).await
    }

    /// The questions of a session that wait for an answer, whichever process asked them.
    pub async fn questions(&self, session: SessionId) -> Result<Vec<Question>, StoreError> {
        let approvals = self.store.snapshot(session).await?.approvals;
        let open = approvals.iter().filter(|approval| approval.state == ApprovalState::Asked);
        Ok(open.filter_map(Question::from_record).collect())
    }

    /// Answers a question of a session, if nobody was faster. The process that runs the session hears of it at once; if
    /// none does, the answer counts when the session goes on.
    pub async fn answer(&self, session: SessionId, question: &Question, answer: Answer) -> Result<(), StoreError> {
        let (call, fingerprint) = (question.call, question.fingerprint.clone());
        let (answer, by) = (answer.as_str().to_owned(), self.holder.clone());
        self.store.answer(approval::Answer { session, call, fingerprint, answer, by }).await
    }

    /// What happened in a session after an event, oldest first.
    pub async fn events(&self, session: SessionId, after: u64) -> Result<Vec<Event>, StoreError> {
        self.store.read(session, after, LONGEST_LIST).await
    }
}

/// Components of others are compiled by this same program as a child; one that cannot find itself compiles none.
#[expect(clippy::disallowed_methods, reason = "the program finds itself, to be its own child")]
fn sandbox(own: &OwnFolders) -> Arc<Sandbox> {
    // On Linux this name is the running program itself, also when a newer one was installed over it.
    let running = Path::new("/proc/self/exe");
    let program = if cfg!(target_os = "linux") { Ok(running.to_owned()) } else { std::env::current_exe() };
    let program = program.unwrap_or_else(|_| PathBuf::from("boxagnts"));
    let compiler = Compiler { program, arguments: vec!["compile-component".into()] };
    Sandbox::with_compiler(Some(own.cache.path().to_owned()), compiler)
}

/// One folder under two names would let a rule about the one be evaded by the other, so no two of them overlap.
fn open_maps(config: &Config, hidden: &Hidden, workspace: &Root) -> Result<Vec<MappedRoot>, StartError> {
    let mut maps: Vec<MappedRoot> = Vec::new();
    for map in &config.maps {
        if maps.iter().any(|other| other.name == map.name) {
            return Err(StartError::MapTwice(map.name.clone()));
        }
        let root = Root::open(&map.folder, hidden.clone())
            .map_err(|source| StartError::Map { folder: map.folder.clone(), source })?;
        refuse_protected(&root).map_err(StartError::Protected)?;
        let others = maps.iter().map(|other| &*other.root).chain([workspace]);
        let overlapping = |other: &&Root| root.lies_in(other) || other.lies_in(&root);
        if let Some(other) = others.into_iter().find(overlapping) {
            return Err(StartError::Overlap(root.path().to_owned(), other.path().to_owned()));
        }
        maps.push(MappedRoot { name: map.name.clone(), root: Arc::new(root), writable: map.writable });
    }
    Ok(maps)
}

/// The inside of a repository's `.git` is protected by its name, which a guest would not see if the folder itself were
/// its world.
fn refuse_protected(root: &Root) -> Result<(), PathBuf> {
    let inside_git = root.path().components().any(|part| part.as_os_str().eq_ignore_ascii_case(".git"));
    if inside_git { Err(root.path().to_owned()) } else { Ok(()) }
}

/// A workspace is known by its path and its inode: a folder that is copied or made anew under an old name is another
/// one, and a cloned repository cannot bring a journal along.
fn identity(root: &Root) -> WorkspaceId {
    let mut digest = Sha256::new();
    digest.update(root.path().as_os_str().as_bytes());
    digest.update([0]);
    digest.update(root.id().inode.to_le_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.finalize()[..16]);
    WorkspaceId::from_ulid(Ulid::from_bytes(bytes))
}
