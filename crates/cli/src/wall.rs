//! What a person is told of the second wall, once for each start of the program.

use crate::tell::tell;
use boxagnts_runtime::{Runtime, Wall};

/// Says on standard error that the wall is missing, however quiet the program is to be; that it stands, only when much
/// is to be said.
pub(crate) fn tell_of(runtime: &Runtime, verbose: bool) {
    if let Some(line) = line(runtime.wall(), verbose) {
        tell(&line);
    }
}

fn line(wall: &Wall, verbose: bool) -> Option<String> {
    match wall {
        Wall::Missing(why) => Some(format!(
            "WARNING: the kernel does not stand behind the sandbox ({why}). A mistake in its checks of paths would go \
             unstopped; see SECURITY.md."
        )),
        Wall::Landlock { .. } => verbose.then(|| format!("the kernel holds the tools' threads: {wall}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_wall_is_always_told_and_one_that_stands_when_asked() {
        let missing = Wall::Missing("this kernel has no Landlock".to_owned());
        for verbose in [false, true] {
            let told = line(&missing, verbose).unwrap_or_default();
            assert!(told.starts_with("WARNING") && told.contains("this kernel has no Landlock"), "{told}");
        }
        let wall = Wall::Landlock { abi: 7 };
        assert_eq!(line(&wall, false), None);
        assert_eq!(line(&wall, true).as_deref(), Some("the kernel holds the tools' threads: Landlock, version 7"));
    }
}
