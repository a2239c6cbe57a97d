//! What lasts from one call of a session to the next.
//!
//! The variables, functions, aliases and the directory of the shell, as JSON behind a name and a version.
//! Traps, options of `set` and the last status do not last: a call begins as a new script does. What
//! comes back may be of another version or damaged; then the shell begins anew.

use bashkit::ShellState;

/// The beginning of every state that this version wrote.
const NAME: &[u8] = b"boxagnts-bash 1\n";

/// The largest state. The host takes more; a shell that needs more than this between two calls should
/// use files.
pub const MOST: usize = 256 * 1024;

/// What is kept of a shell, and whether that is all of it.
#[derive(Debug)]
pub struct Kept {
    /// The state for the next call.
    pub bytes: Vec<u8>,
    /// Something was too large and is left out.
    pub shortened: bool,
}

/// Packs a shell. When it is too large, only its directory and its small exported variables are kept.
pub(crate) fn pack(mut state: ShellState) -> Kept {
    state.traps.clear();
    state.last_exit_code = 0;
    state.last_bg_pid = None;
    let whole = bytes(&state);
    if whole.len() <= MOST {
        return Kept { bytes: whole, shortened: false };
    }
    state.functions.clear();
    state.arrays.clear();
    state.assoc_arrays.clear();
    state.aliases.clear();
    keep_small_exports(&mut state);
    let small = bytes(&state);
    Kept { bytes: if small.len() <= MOST { small } else { Vec::new() }, shortened: true }
}

fn keep_small_exports(state: &mut ShellState) {
    const SMALL: usize = 4096;
    state.env.retain(|_, value| value.len() <= SMALL);
    let ShellState { env, variables, var_attrs, .. } = state;
    variables.retain(|name, value| value.len() <= SMALL && env.contains_key(name));
    var_attrs.retain(|name, _| env.contains_key(name));
    state.namerefs.clear();
    state.dir_stack.clear();
}

fn bytes(state: &ShellState) -> Vec<u8> {
    let mut bytes = NAME.to_vec();
    // Maps with numbers and texts as keys have a JSON form; a state without one is not kept.
    match serde_json::to_vec(state) {
        Ok(json) => bytes.extend(json),
        Err(_) => bytes.clear(),
    }
    bytes
}

/// Unpacks what an earlier call returned; nothing when this version did not write it.
pub(crate) fn unpack(bytes: &[u8]) -> Option<ShellState> {
    if MOST < bytes.len() {
        return None;
    }
    let mut state: ShellState = serde_json::from_slice(bytes.strip_prefix(NAME)?).ok()?;
    state.traps.clear();
    state.cwd.is_absolute().then_some(state)
}

#[cfg(test)]
mod tests {
    use super::{MOST, pack, unpack};

    #[test]
    fn garbage_is_no_state() {
        for garbage in [&b""[..], b"\xff\x00", b"boxagnts-bash 1\n", b"boxagnts-bash 1\n{}", b"boxagnts-bash 2\n{}"] {
            assert!(unpack(garbage).is_none(), "{garbage:?}");
        }
        assert!(unpack(&vec![b' '; MOST + 1]).is_none());
    }

    #[test]
    fn a_state_comes_back_without_its_traps() {
        let mut state = bashkit::Bash::new().shell_state();
        state.traps.insert("EXIT".to_owned(), "echo bye".to_owned());
        state.variables.insert("x".to_owned(), "1".to_owned());
        let kept = pack(state);
        let state = unpack(&kept.bytes).expect("it was just packed");
        assert!(!kept.shortened && state.traps.is_empty());
        assert_eq!(state.variables.get("x").map(String::as_str), Some("1"));
    }

    #[test]
    fn a_large_shell_keeps_its_directory_and_small_exports() {
        let mut state = bashkit::Bash::new().shell_state();
        state.cwd = "/workspace/sub".into();
        state.variables.insert("big".to_owned(), "x".repeat(MOST));
        state.variables.insert("small".to_owned(), "1".to_owned());
        state.env.insert("small".to_owned(), "1".to_owned());
        let kept = pack(state);
        assert!(kept.shortened && kept.bytes.len() < MOST);
        let state = unpack(&kept.bytes).expect("it was just packed");
        assert_eq!(state.cwd.to_str(), Some("/workspace/sub"));
        assert!(state.variables.contains_key("small") && !state.variables.contains_key("big"));
    }
}
