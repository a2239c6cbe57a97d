//! Takes each guard out, one at a time, and looks whether a test turns red.
//!
//! The list says of each guard what stands in its place when it is gone. In a copy of the checkout every guard gets a
//! switch, so that one build serves all of them; the product itself has no switch.
//!
//! Start with [`list`] (the guards), then [`tree`] (the copy) and [`suite`] (its tests).

mod list;
mod suite;
mod tree;

use crate::steps::Steps;
use crate::{guests, pack, place, setup};
use anyhow::{Context, Result, bail};
use list::{Guard, List};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Instant;
use suite::Suite;

/// What became of a guard.
enum Verdict {
    /// Without it these tests are red.
    Red(Vec<String>),
    /// Nothing noticed that it was gone.
    Survived,
    /// Those before it turn the same tests red, which then say nothing about it.
    Hidden(Vec<String>),
}

/// `cargo xtask drill guards`; whether every guard was missed.
pub(super) fn drill(arguments: &[String]) -> Result<bool> {
    let only = match arguments {
        [] => None,
        [flag, id] if flag == "--only" => Some(id.as_str()),
        _ => bail!("`cargo xtask drill guards` takes --only ID or nothing"),
    };
    let list = list::read(&place::root())?;
    let chosen: Vec<&Guard> = list.guards.iter().filter(|guard| only.is_none_or(|only| guard.id == only)).collect();
    if chosen.is_empty() {
        bail!("there is no such guard; {} lists them", list::FOLDER);
    }
    let mut steps = Steps::new(4);
    steps.step("guests", built)?;
    let suite = steps.step("copy with switches, its programs and tests", || prepare(&list))?;
    steps.step("tests with every guard in place", || sound(&suite, &chosen))?;
    let survivors = steps.step(&format!("{} guards", chosen.len()), || take_out(&suite, &chosen))?;
    println!("{} guards, {} survived; it took {}", chosen.len(), survivors.len(), steps.elapsed());
    for survivor in &survivors {
        println!("SURVIVED {survivor}");
    }
    Ok(survivors.is_empty())
}

/// The guests, as every test needs them; what the environment names is taken, as by the tests.
fn built() -> Result<()> {
    if ["BOXAGNTS_BIN", "BOXAGNTS_SCRIPTED_MODEL"].iter().all(|name| std::env::var_os(name).is_some()) {
        return Ok(());
    }
    setup::setup()?;
    pack::pack(&guests::build()?)
}

fn prepare(list: &List) -> Result<Suite> {
    // A switch that an interrupted drill left.
    let _ = fs::remove_dir_all(tree::switches());
    for folder in [tree::root(), tree::switches(), tree::folder().join("log")] {
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    tree::copy(list)?;
    Suite::build()
}

/// A test that is red anyway says nothing about a guard.
fn sound(suite: &Suite, chosen: &[&Guard]) -> Result<()> {
    let tests = chosen.iter().flat_map(|guard| guard.tests.iter().map(String::as_str)).collect();
    let log = tree::folder().join("log/none.txt");
    let red = suite.red(&tests, false, &log)?;
    if !red.is_empty() {
        bail!("these are red with every guard in place: {}", red.join(", "));
    }
    Ok(())
}

fn take_out<'g>(suite: &Suite, chosen: &[&'g Guard]) -> Result<Vec<&'g str>> {
    let mut survivors = Vec::new();
    for (number, guard) in chosen.iter().enumerate() {
        let began = Instant::now();
        let verdict = judge(suite, guard)?;
        let place = format!("[{}/{}] {:<40}", number + 1, chosen.len(), guard.id);
        let took = format!("{:.1} s", began.elapsed().as_secs_f64());
        match &verdict {
            Verdict::Red(tests) => println!("{place} red in {took}: {}", tests.join(", ")),
            Verdict::Survived => println!("{place} SURVIVED after {took}"),
            Verdict::Hidden(tests) => println!("{place} SURVIVED: red without those before it: {}", tests.join(", ")),
        }
        if !matches!(verdict, Verdict::Red(_)) {
            survivors.push(guard.id.as_str());
        }
    }
    Ok(survivors)
}

fn judge(suite: &Suite, guard: &Guard) -> Result<Verdict> {
    let tests: BTreeSet<&str> = guard.tests.iter().map(String::as_str).collect();
    let log = tree::folder().join("log").join(format!("{}.txt", guard.id));
    if !guard.layer_behind.is_empty() {
        let red = without(&guard.layer_behind, || suite.red(&tests, true, &log))?;
        if !red.is_empty() {
            return Ok(Verdict::Hidden(red));
        }
    }
    let gone: Vec<String> = guard.layer_behind.iter().chain([&guard.id]).cloned().collect();
    let red = without(&gone, || suite.red(&tests, true, &log))?;
    Ok(if red.is_empty() { Verdict::Survived } else { Verdict::Red(red) })
}

/// Does something while these guards are gone.
fn without<T>(guards: &[String], work: impl FnOnce() -> Result<T>) -> Result<T> {
    let switch = |id: &String| tree::switches().join(id);
    let put = |path: &Path| fs::write(path, "").with_context(|| format!("cannot write {}", path.display()));
    guards.iter().try_for_each(|id| put(&switch(id)))?;
    let result = work();
    guards.iter().try_for_each(|id| fs::remove_file(switch(id)))?;
    result
}
