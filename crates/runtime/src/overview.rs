//! What a face shows of the house at a glance: where it stands, what can answer, which tools there are and what they
//! would be allowed.

use crate::config::SessionOptions;
use crate::error::StartError;
use crate::house::{LONGEST_LIST, Runtime};
use crate::law;
use crate::toolbox::{self, ToolCard};
use boxagnts_agent::prompt;
use boxagnts_capability::{Capability, Effect, Subject, Verdict};
use boxagnts_model::Price;
use boxagnts_providers::VendorCard;
use boxagnts_record::{Event, SessionSummary, StoreError};
use boxagnts_tools::Access;
use boxagnts_types::{SessionId, ToolName, Usage, WorkspaceId};
use std::path::Path;

/// How a capability that a tool asks for stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The capability.
    pub capability: Capability,
    /// What would be decided.
    pub verdict: Verdict,
    /// By which rule, safe to show.
    pub rule: String,
}

/// Sessions that are asked about are mostly among the newest.
const NEWEST: usize = 100;

impl Runtime {
    /// The workspace's folder on this machine.
    pub fn folder(&self) -> String {
        self.root.path().display().to_string()
    }

    /// The workspace's id.
    pub fn workspace_id(&self) -> WorkspaceId {
        self.workspace
    }

    /// The mapped folders: name, place on this machine, and whether tools may be granted writes there.
    pub fn mapped(&self) -> impl Iterator<Item = (String, &Path, bool)> {
        self.maps.iter().map(|map| (map.name.clone(), map.root.path(), map.writable))
    }

    /// Which tools the settings let agents be offered.
    pub fn access(&self) -> Access {
        self.law.access_at_most()
    }

    /// The models that are known by name, as `PROVIDER/MODEL`. A vendor may have more.
    pub fn models(&self) -> Vec<String> {
        boxagnts_providers::names().collect()
    }

    /// The vendors of models, and how each stands.
    pub fn vendors(&self) -> Vec<VendorCard> {
        self.reach().providers.cards()
    }

    /// What models of a vendor cost, as the settings say: the model, and dollars for a million tokens read and written.
    pub fn prices_of(&self, vendor: &str) -> impl Iterator<Item = (String, f64, f64)> {
        let prices = &self.toolbox.settings().prices;
        let of_vendor = prices.iter().filter(move |(model, _)| model.split('/').next() == Some(vendor));
        of_vendor.map(|(model, price)| (model.clone(), price.input.value, price.output.value))
    }

    /// Whether a model of that name can be asked, as far as can be told without asking it.
    pub fn check_model(&self, name: &str) -> Result<(), StartError> {
        self.reach().providers.open(name).map(drop).map_err(StartError::Model)
    }

    /// What a use of a model costs in millionths of a dollar, where its price is known.
    pub fn cost(&self, model: &str, usage: Usage) -> Option<u64> {
        self.prices.get(model).map(|price: &Price| price.of(usage))
    }

    /// What every request to a model holds before anybody says anything, in bytes: the system prompt and the tools.
    pub fn standing_context(&self) -> (u64, u64) {
        let tools = toolbox::cards(self.toolbox.settings()).unwrap_or_default();
        let size =
            |card: &ToolCard| card.name.as_str().len() + card.description.len() + card.input_schema.to_string().len();
        (prompt::SYSTEM.len() as u64, tools.iter().map(|card| size(card) as u64).sum())
    }

    /// All tools by name, each with whether it is part of the program, and why some of a workspace's are left out.
    pub async fn all_tools(&self) -> Result<(Vec<(ToolCard, bool)>, Vec<String>), StartError> {
        let brought = self.look_at_tools().await?;
        let ours = toolbox::cards(self.toolbox.settings())?.into_iter().map(|card| (card, true));
        let mut cards: Vec<(ToolCard, bool)> =
            ours.chain(brought.cards().iter().cloned().map(|card| (card, false))).collect();
        cards.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
        Ok((cards, brought.left_out.clone()))
    }

    /// How each capability that a tool asks for would stand in a session with these options.
    pub async fn standing(
        &self,
        tools: &[ToolName],
        options: &SessionOptions,
    ) -> Result<Vec<Vec<Standing>>, StartError> {
        let (cards, _) = self.all_tools().await?;
        let book = law::rulebook(self, options)?;
        let folders = self.maps.iter().map(|map| format!("/folders/{}", map.name));
        let roots: Vec<String> = ["/workspace", "/tmp"].map(str::to_owned).into_iter().chain(folders).collect();
        let of = |tool: &ToolName| {
            let Some((card, built_in)) = cards.iter().find(|(card, _)| card.name == *tool) else { return Vec::new() };
            let subject = if *built_in { Subject::BuiltIn } else { Subject::Tool(tool.clone()) };
            let asked = card.permissions.iter().filter_map(|text| text.parse::<Capability>().ok());
            asked
                .flat_map(|capability| probes(&capability, &roots))
                .map(|(capability, probe)| {
                    let (verdict, rule) = match probe {
                        Some(effect) => {
                            let explanation = book.explain(tool, &subject, &effect);
                            (explanation.verdict, explanation.rule)
                        }
                        None => book.stands(tool, &subject, &capability),
                    };
                    Standing { capability, verdict, rule }
                })
                .collect()
        };
        Ok(tools.iter().map(of).collect())
    }

    /// The number of the newest event of a session.
    pub async fn newest_event(&self, session: SessionId) -> Result<u64, StoreError> {
        Ok(self.store.snapshot(session).await?.head.seq)
    }

    /// Events of a session after one, oldest first, at most `limit`.
    pub async fn events_after(&self, session: SessionId, after: u64, limit: usize) -> Result<Vec<Event>, StoreError> {
        self.store.read(session, after, limit.min(LONGEST_LIST)).await
    }

    /// A session as lists show it.
    pub async fn summary(&self, session: SessionId) -> Result<SessionSummary, StoreError> {
        for limit in [NEWEST, LONGEST_LIST] {
            let found = self.sessions(limit).await?.into_iter().find(|summary| summary.session == session);
            if let Some(found) = found {
                return Ok(found);
            }
        }
        Err(StoreError::NoSession(session))
    }

    /// A number that is another one after each change of the journal by anybody. Cheap enough to be asked often.
    pub async fn changes(&self) -> Result<u64, StoreError> {
        self.store.changes().await
    }
}

/// What stands for a capability that a tool asks for: each folder that it covers, or any host at all. What was granted of
/// a part says nothing about the rest, so one effect in general is asked about.
fn probes(capability: &Capability, roots: &[String]) -> Vec<(Capability, Option<Effect>)> {
    let text = capability.to_string();
    let probe = |shown: &str, effect: &str| Some((shown.parse().ok()?, Some(effect.parse().ok()?)));
    if text == "network:*" || text == "network.get:*" {
        let effect = text.replace('*', ANY_ADDRESS);
        return probe(&text, &effect).into_iter().collect();
    }
    let kind = text.split(':').next().unwrap_or_default();
    let covered = |range: &Capability| capability.covers(range);
    let within: Vec<(Capability, Option<Effect>)> = if kind.starts_with("fs.") {
        let ranges = roots.iter().map(|root| format!("{kind}:{root}"));
        ranges.filter_map(|range| probe(&range, &range)).filter(|(range, _)| covered(range)).collect()
    } else {
        Vec::new()
    };
    if within.is_empty() { vec![(capability.clone(), None)] } else { within }
}

/// An address that no rule names (RFC 2606).
const ANY_ADDRESS: &str = "https://any-host.example/";
