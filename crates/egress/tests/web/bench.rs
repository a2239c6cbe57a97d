//! Permits that the real law minted, scripted addresses, and requests in a few words.

use boxagnts_capability::{
    Authority, Capability, DecideRequest, Decision, Effects, Layer, Mode, Permit, Rule, Rulebook, Subject, Verdict,
    decide,
};
use boxagnts_egress::{Resolver, Web, WebAnswer, WebError, WebLimits, WebRequest};
pub(crate) use boxagnts_testkit::wire::{Answer, Server};
use boxagnts_types::{Label, ToolName};
use bytes::Bytes;
use futures::StreamExt as _;
use futures::future::BoxFuture;
use http::{HeaderMap, Method};
use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

/// Answers from a script, and counts who asked. At its end nothing is known.
#[derive(Clone, Default)]
pub(crate) struct Scripted {
    answers: Arc<Mutex<VecDeque<Vec<IpAddr>>>>,
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    pub(crate) fn new(answers: &[&[&str]]) -> Self {
        let parsed = answers.iter().map(|answer| answer.iter().map(|text| text.parse().unwrap()).collect());
        Self { answers: Arc::new(Mutex::new(parsed.collect())), asked: Arc::default() }
    }

    pub(crate) fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl Resolver for Scripted {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        self.asked.lock().unwrap().push(name.to_owned());
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or_default();
        Box::pin(async { Ok(answer) })
    }
}

/// A permit for any request that these grants hold.
pub(crate) fn permit(grants: &[&str]) -> Permit {
    let grant = |text: &&str| Rule {
        verdict: Verdict::Allow,
        capability: text.parse().unwrap(),
        layer: Layer::CommandLine,
        subject: Subject::BuiltIn,
    };
    let book = grants.iter().map(grant).fold(Rulebook::defaults(Mode::Bypass), Rulebook::with);
    let everything: [Capability; 2] = ["network:*", "secret:*@*"].map(|text| text.parse().unwrap());
    let tool: ToolName = "tool".parse().unwrap();
    let request = DecideRequest {
        call: "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap(),
        tool: &tool,
        subject: &Subject::BuiltIn,
        chain: &[],
        effects: Effects::Envelope(everything.to_vec()),
        context: &Label::PUBLIC,
    };
    match decide(&Authority::new(book), request) {
        Decision::Allow { permit, .. } => permit,
        other => panic!("no permit: {other:?}"),
    }
}

/// The permit that the person's grant of exactly this server gives.
pub(crate) fn permit_for(server: &Server) -> Permit {
    permit(&[&format!("network:http://{}", server.address)])
}

pub(crate) fn get(url: &str) -> WebRequest {
    WebRequest { method: Method::GET, target: url.parse().unwrap(), fields: HeaderMap::new(), body: Bytes::new() }
}

pub(crate) async fn fetch(server: &Server, limits: &WebLimits) -> Result<Vec<u8>, WebError> {
    whole(Web::new().send(&permit_for(server), limits, get(&server.url("/"))).await?).await
}

pub(crate) async fn whole(mut answer: WebAnswer) -> Result<Vec<u8>, WebError> {
    let mut body = Vec::new();
    while let Some(piece) = answer.body.next().await {
        body.extend_from_slice(&piece?);
    }
    Ok(body)
}
