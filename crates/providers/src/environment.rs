//! What the person's environment says about vendors.

use boxagnts_egress::{Endpoint, Proxy};
use boxagnts_types::Secret;

/// The values of the standard variables. This room reads no environment itself: `runtime` hands them in, from the
/// process and never from a file of a workspace, so that nothing a model can write points a key at another server.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `OPENAI_BASE_URL`: any server that speaks chat-completions.
    pub openai_base_url: Option<String>,
    /// `OPENAI_API_KEY`.
    pub openai_api_key: Option<Secret>,
    /// Whether that key was kept by this program.
    pub openai_key_is_stored: bool,
    /// `HTTPS_PROXY` or `https_proxy`. `HTTP_PROXY` and `ALL_PROXY` are not honoured: what is not encrypted goes
    /// straight to where the person pointed it.
    pub https_proxy: Option<Secret>,
    /// `NO_PROXY` or `no_proxy`.
    pub no_proxy: Option<String>,
}

impl Environment {
    /// Asks for each variable by its name. One that is empty counts as absent, as everywhere.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let value = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let either = |name: &str| value(name).or_else(|| value(&name.to_lowercase()));
        Self {
            openai_base_url: value("OPENAI_BASE_URL"),
            openai_api_key: value("OPENAI_API_KEY").map(Secret::new),
            openai_key_is_stored: false,
            https_proxy: either("HTTPS_PROXY").map(Secret::new),
            no_proxy: either("NO_PROXY"),
        }
    }

    /// The origin of the server that speaks OpenAI's wire; nothing where its address cannot be meant.
    pub fn openai_origin(&self) -> Option<String> {
        let base = self.openai_base_url.as_deref().unwrap_or(crate::openai::VENDOR).trim();
        base.parse().ok().map(|endpoint: Endpoint| endpoint.origin())
    }

    /// The same with a key of another origin than the process, where that has none.
    #[must_use]
    pub fn with_openai_key(mut self, key: Secret) -> Self {
        if self.openai_api_key.is_none() {
            (self.openai_api_key, self.openai_key_is_stored) = (Some(key), true);
        }
        self
    }

    /// The values that must not be shown anywhere: keys, and the password of a proxy.
    pub fn secrets(&self) -> Vec<Secret> {
        let password = |address: &Secret| {
            let (_, rest) = address.expose().split_once("://")?;
            let (user, _) = rest.split('/').next()?.rsplit_once('@')?;
            Some(Secret::new(user.split_once(':').map_or(user, |(_, password)| password)))
        };
        self.openai_api_key.iter().cloned().chain(self.https_proxy.as_ref().and_then(password)).collect()
    }

    pub(crate) fn proxy(&self) -> Option<Proxy> {
        let address = self.https_proxy.clone()?;
        Some(Proxy { address, except: self.no_proxy.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_an_absent_one() {
        let environment = Environment::read(|name| match name {
            "OPENAI_API_KEY" => Some("sk-1".to_owned()),
            "https_proxy" => Some("http://user:word@proxy:3128".to_owned()),
            _ => Some(" ".to_owned()),
        });
        assert_eq!(environment.openai_api_key.as_ref().map(Secret::expose), Some("sk-1"));
        assert_eq!((&environment.openai_base_url, &environment.no_proxy), (&None, &None));
        let shown = format!("{environment:?}");
        let secrets: Vec<String> = environment.secrets().iter().map(|secret| secret.expose().to_owned()).collect();
        assert_eq!(secrets, ["sk-1", "word"]);
        assert!(environment.proxy().is_some() && !shown.contains("sk-1") && !shown.contains("word"), "{shown}");
    }
}
