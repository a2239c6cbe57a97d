//! Networks that the person blocks, whatever was granted.

use std::net::{IpAddr, Ipv4Addr};

/// Networks that no request of a tool reaches: above every grant, also above one that names an address literally.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blocked(Vec<(IpAddr, u8)>);

impl Blocked {
    /// These networks, each an address and how many of its leading bits count. Bits beyond those of the address count
    /// as all of them.
    pub fn new(networks: impl IntoIterator<Item = (IpAddr, u8)>) -> Self {
        let decoded = |(address, bits): (IpAddr, u8)| match (address, address.to_canonical()) {
            // A network of wrapped IPv4 addresses is one of the addresses inside.
            (IpAddr::V6(_), IpAddr::V4(inside)) if 96 <= bits => (IpAddr::V4(inside), bits - 96),
            _ => (address, bits),
        };
        Self(networks.into_iter().map(decoded).collect())
    }

    /// Whether an address lies in one of them, or wraps one that does.
    pub fn holds(&self, address: IpAddr) -> bool {
        let forms = [Some(address), inside(address).map(IpAddr::V4)];
        forms.into_iter().flatten().any(|form| self.0.iter().any(|network| lies_in(form, *network)))
    }
}

fn lies_in(address: IpAddr, (network, bits): (IpAddr, u8)) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let differs = address.to_bits() ^ network.to_bits();
            differs.leading_zeros() >= u32::from(bits.min(32))
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let differs = address.to_bits() ^ network.to_bits();
            differs.leading_zeros() >= u32::from(bits.min(128))
        }
        _ => false,
    }
}

/// The IPv4 address that an IPv6 address leads to: mapped (RFC 4291), by NAT64 (RFC 6052) or by 6to4 (RFC 3056).
fn inside(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(address) = address else { return None };
    let segments = address.segments();
    let of = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match segments {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            Some(of(high, low))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(networks: &[(&str, u8)], address: &str) -> bool {
        let networks = networks.iter().map(|(network, bits)| (network.parse().unwrap(), *bits));
        Blocked::new(networks).holds(address.parse().unwrap())
    }

    #[test]
    fn a_network_holds_its_addresses_and_no_others() {
        assert!(holds(&[("203.0.113.0", 24)], "203.0.113.255"));
        assert!(!holds(&[("203.0.113.0", 24)], "203.0.114.0"));
        assert!(holds(&[("9.9.9.9", 32)], "9.9.9.9") && !holds(&[("9.9.9.9", 32)], "9.9.9.8"));
        assert!(holds(&[("0.0.0.0", 0)], "127.0.0.1") && !holds(&[("0.0.0.0", 0)], "2600::1"));
        assert!(holds(&[("2600:1::", 32)], "2600:1:ffff::1") && !holds(&[("2600:1::", 32)], "2600:2::1"));
        assert!(!holds(&[], "9.9.9.9"));
    }

    #[test]
    fn a_blocked_address_is_blocked_in_every_wrapping() {
        for address in ["::ffff:203.0.113.7", "64:ff9b::203.0.113.7", "2002:cb00:7107::1"] {
            assert!(holds(&[("203.0.113.0", 24)], address), "{address}");
            assert!(holds(&[("::ffff:203.0.113.0", 120)], address), "{address}");
        }
        assert!(holds(&[("::ffff:203.0.113.0", 120)], "203.0.113.7"));
    }
}
