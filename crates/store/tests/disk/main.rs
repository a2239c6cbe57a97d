//! What is the store's own and no law of the record: its folder, damage, groups, and several processes.

#![expect(
    clippy::disallowed_methods,
    reason = "the tests look at the disk, plant what is wrong there, and start themselves"
)]

#[cfg(test)]
mod attacks;
#[cfg(test)]
mod binding;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod folder;
#[cfg(test)]
mod full;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod migration;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod quarantine;
#[cfg(test)]
mod sealed;
#[cfg(test)]
mod stage;
