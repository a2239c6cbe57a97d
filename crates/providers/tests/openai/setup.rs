//! What the environment must say before anything is asked.

use crate::stage::{KEY, Stage, environment, heard, model};
use boxagnts_egress::Limits;
use boxagnts_model::Failure;
use boxagnts_providers::{Environment, Providers};
use boxagnts_testkit::{Script, ScriptedReply, ScriptedServer};
use boxagnts_types::Secret;

fn told(environment: Environment) -> String {
    let opened = Providers::new(environment).open("openai/x");
    opened.err().map(|failure| failure.to_string()).unwrap_or_default()
}

#[test]
fn the_vendor_itself_is_not_asked_without_a_key() {
    expect_test::expect!["the model cannot be used: OPENAI_API_KEY is not set; set it to a key of the vendor, or OPENAI_BASE_URL to another server"]
        .assert_eq(&told(Environment::default()));
    assert_ne!(told(environment("https://API.openai.com:443/other/", None)), "");
    let with_key = Environment { openai_api_key: Some(Secret::new(KEY)), ..Environment::default() };
    assert_eq!(told(with_key), "", "the twin with a key");
    for other in ["http://127.0.0.1:8080/v1", "http://localhost:11434/v1", "https://models.example.com"] {
        assert_eq!(told(environment(other, None)), "", "{other}");
    }
}

#[test]
fn an_address_or_a_key_that_cannot_be_meant_is_named() {
    let failure = told(environment("127.0.0.1:8080/v1", None));
    assert!(failure.starts_with("the model cannot be used: OPENAI_BASE_URL is not usable"), "{failure}");
    for key in ["sk-1\nx-evil: yes", "sk 1", "sk-é"] {
        let failure = told(environment("http://localhost", Some(key)));
        assert_eq!(failure, "the model cannot be used: OPENAI_API_KEY has characters that no key has");
    }
    assert_eq!(told(environment("http://localhost", Some(" sk-1\n"))), "", "people copy line ends along");
}

#[tokio::test]
async fn a_server_of_this_machine_needs_no_key_and_is_sent_none() {
    let server = ScriptedServer::start(Script::new([ScriptedReply::text("Hi")])).await;
    let model = model(&server.base_url(), None, Limits::default(), crate::stage::QUICK);
    assert_eq!(heard(&*model, crate::stage::greeting()).await.text(), "Hi");
    assert_eq!(server.requests()[0].header("authorization"), None);
}

#[tokio::test]
async fn d03_a_wrong_key_is_named_as_such_and_shown_nowhere() {
    let script = Script { key: Some("another".to_owned()), ..Script::new([ScriptedReply::text("Hi")]) };
    let stage = Stage::with(script, Limits::default(), crate::stage::QUICK).await;
    let heard = stage.ask().await;
    assert!(matches!(heard.failure, Some(Failure::Unauthorised(_))));
    let told = heard.told();
    assert!(told.contains("Incorrect API key provided: ***. ") || told.contains("***"), "{told}");
    assert!(!format!("{heard:?}").contains(KEY) && told.ends_with("is OPENAI_API_KEY right?"), "{told}");
    assert_eq!(stage.server.requests().len(), 1, "asking again would not help");
}
