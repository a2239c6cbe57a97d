//! `[network]`: what no request of a tool may reach.

use crate::error::SettingsError;
use crate::limits::Amount;
use crate::read::Table;
use crate::{Origin, Setting};
use std::net::IpAddr;

/// `[network]`: the requests of tools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// `block`: networks that no request reaches, whatever is granted.
    pub block: Setting<Vec<Block>>,
    /// `session-requests`: how many requests the tools of one session may send.
    pub session_requests: Setting<u64>,
    /// `session-out`: how many bytes these may have, all together.
    pub session_out: Setting<u64>,
}

impl Default for Network {
    fn default() -> Self {
        let by_nobody = |value| Setting { value, origin: Origin::Default };
        Self {
            block: Setting::default(),
            session_requests: by_nobody(SESSION_REQUESTS),
            session_out: by_nobody(SESSION_OUT),
        }
    }
}

/// A person who reads the web for a day does not come near this.
const SESSION_REQUESTS: u64 = 10_000;
const SESSION_OUT: u64 = 64 << 20;
/// What can be asked for at most.
const MOST_REQUESTS: u64 = 1_000_000_000;
const MOST_OUT: u64 = 1 << 40;

/// A network, `ADDRESS/BITS`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// An address of it.
    pub address: IpAddr,
    /// How many leading bits all its addresses share.
    pub bits: u8,
}

impl Network {
    /// Takes over what a layer says. A list replaces the one below it, as every value does.
    pub(crate) fn take(&mut self, table: &Table<'_>) -> Result<(), SettingsError> {
        let [block, requests, out] = table.values(["block", "session-requests", "session-out"])?;
        let bounds = [
            (requests, Amount::Count(MOST_REQUESTS), &mut self.session_requests),
            (out, Amount::Size(MOST_OUT), &mut self.session_out),
        ];
        for (said, most, bound) in bounds {
            let Some(said) = said else { continue };
            let Setting { value, origin } = said.amount(most)?;
            if let Amount::Count(value) | Amount::Size(value) = value {
                *bound = Setting { value, origin };
            }
        }
        if let Some(block) = block {
            self.block = block.list_of("a network such as \"203.0.113.0/24\", or one address", Block::read)?;
        }
        Ok(())
    }
}

impl Block {
    fn read(text: &str) -> Option<Self> {
        let Some((address, bits)) = text.split_once('/') else {
            let address: IpAddr = text.parse().ok()?;
            return Some(Self { address, bits: whole(address) });
        };
        let address: IpAddr = address.parse().ok()?;
        let is_plain = !bits.is_empty() && bits.bytes().all(|c| c.is_ascii_digit());
        let bits: u8 = bits.parse().ok().filter(|bits| is_plain && *bits <= whole(address))?;
        Some(Self { address, bits })
    }
}

fn whole(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

#[cfg(test)]
mod tests {
    use crate::Settings;
    use std::path::Path;

    fn blocked(block: &str) -> Result<Vec<(String, u8)>, String> {
        let text = format!("[network]\nblock = {block}\n");
        let settings = Settings::default().under(&text, Path::new("c.toml")).map_err(|error| error.to_string())?;
        Ok(settings.network.block.value.iter().map(|block| (block.address.to_string(), block.bits)).collect())
    }

    #[test]
    fn networks_and_single_addresses_are_read() {
        assert_eq!(
            blocked(r#"["203.0.113.0/24", "9.9.9.9", "2001:db8::/32", "0.0.0.0/0"]"#).unwrap(),
            [("203.0.113.0".into(), 24), ("9.9.9.9".into(), 32), ("2001:db8::".into(), 32), ("0.0.0.0".into(), 0)]
        );
        assert_eq!(blocked("[]").unwrap(), []);
    }

    #[test]
    fn what_is_no_network_is_an_error_with_its_line() {
        for item in
            ["203.0.113.0/33", "203.0.113.0/", "203.0.113.0/+8", "203.0.113/24", "a.com", "", "::/129", "10.0.0.0/8/8"]
        {
            let error = blocked(&format!("[{item:?}]")).unwrap_err();
            assert!(error.starts_with("c.toml:2: network.block cannot be "), "{error}");
        }
        assert!(blocked("\"203.0.113.0/24\"").unwrap_err().contains("it is a list"));
        assert!(blocked("[7]").is_err());
    }
}
