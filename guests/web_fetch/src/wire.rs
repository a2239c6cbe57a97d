//! The request, through the host's interface.

#[cfg_attr(target_os = "wasi", path = "wire/wasi.rs")]
#[cfg_attr(not(target_os = "wasi"), path = "wire/native.rs")]
mod system;

pub(crate) use system::get;

/// What a page is asked for in: text first, then what can be shown, then anything.
#[cfg_attr(not(target_os = "wasi"), expect(dead_code, reason = "only the host's interface sends it"))]
const ACCEPT: &str = "text/html,application/xhtml+xml,text/markdown;q=0.9,text/plain;q=0.9,*/*;q=0.5";

/// What a server said.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The first field of that name, which is given in lower case.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
