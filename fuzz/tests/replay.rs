//! Every kept input, and a fixed number of drawn ones from a fixed seed, for each target.

use boxagnts_fuzz::corpus::{folder, kept};
use boxagnts_fuzz::driver::{attempt, run};
use boxagnts_fuzz::targets::TARGETS;

/// Where chance begins, always.
const SEED: u64 = 20;

fn holds(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target of that name");
    let kept = kept(&folder(), name).expect("its corpus is readable");
    for (file, input) in &kept {
        let read = attempt(target, input);
        assert!(read.is_ok(), "fuzz/corpus/{name}/{file}: {read:?} at {:?}", String::from_utf8_lossy(input));
    }
    let inputs = kept.into_iter().map(|(_, input)| input).collect();
    match run(target, inputs, SEED, |done| done < u64::from(target.quick), |_| ()) {
        Ok(ran) => assert!(ran.inputs <= 20 * ran.taken, "{name} reads only {} of {} inputs", ran.taken, ran.inputs),
        Err(found) => panic!("{name}: {}\nthe input is {:?}", found.why, String::from_utf8_lossy(&found.input)),
    }
}

#[test]
fn every_target_is_tried_here() {
    let here = include_str!("replay.rs");
    for target in TARGETS {
        assert!(here.contains(&format!("holds(\"{}\")", target.name)), "no test tries {}", target.name);
    }
}

#[test]
fn s04_a_path_is_normalised_to_where_it_leads_and_grants_no_more() {
    holds("path");
}

#[test]
fn s04_a_capability_names_what_its_text_says() {
    holds("capability");
}

#[test]
fn s04_a_templates_effect_is_the_one_thing_that_the_input_names() {
    holds("template");
}

#[test]
fn s04_checker_and_connector_agree_on_every_address() {
    holds("address");
}

#[test]
fn s04_a_manifest_covers_what_it_says() {
    holds("manifest");
}

#[test]
fn s04_settings_and_policies_are_read_whole_or_not_at_all() {
    holds("settings");
}

#[test]
fn s04_an_event_is_read_back_as_it_was_written() {
    holds("event");
}

#[test]
fn s04_a_streamed_reply_is_the_same_however_it_is_cut() {
    holds("reply");
}

#[test]
fn s04_no_form_of_a_secret_passes_the_scrubber_however_it_is_cut() {
    holds("secret");
}

#[test]
fn s04_the_input_of_a_call_means_one_thing() {
    holds("input");
}
