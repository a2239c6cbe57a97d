//! From a name to addresses, and which of these a request of a tool may reach.

use boxagnts_capability::text::network::address::is_public;
use futures::future::BoxFuture;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The port to whoever knows addresses. What it answers is judged, whoever it is: a resolver can say where a name
/// leads and not that it may be gone to.
pub trait Resolver: Send + Sync {
    /// The addresses of a name, in the order in which they are to be tried. Asked once for each request.
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;
}

/// The resolver of the system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        #[expect(clippy::disallowed_methods, reason = "names are looked up in this room, once for each request")]
        Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.map(|found| found.ip()).collect()) })
    }
}

/// The addresses of `localhost` and of the names below it (RFC 6761, section 6.3), which are never looked up: no
/// resolver can make them another machine's. Only a grant that names them literally leads here.
pub(crate) fn of_this_machine(name: &str) -> Option<Vec<IpAddr>> {
    let is_local = name == "localhost" || name.ends_with(".localhost");
    is_local.then(|| vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()])
}

/// What is left of a name's addresses: those of the public internet that are not this machine's own.
///
/// Wrapped addresses are decoded first. A machine of the local network is never reached through a name, since whoever
/// owns the name chooses the address; it is reached by an address that a grant names.
pub(crate) fn reachable(addresses: &[IpAddr], own: &[IpAddr]) -> Vec<IpAddr> {
    let mut left: Vec<IpAddr> = Vec::with_capacity(addresses.len());
    for address in addresses.iter().map(IpAddr::to_canonical) {
        if is_public(address) && !own.contains(&address) && !left.contains(&address) {
            left.push(address);
        }
    }
    left
}

/// The addresses of this machine's own interfaces, whose services trust whoever speaks from here.
pub(crate) fn own_addresses() -> io::Result<Vec<IpAddr>> {
    Ok(if_addrs::get_if_addrs()?.into_iter().map(|interface| interface.ip().to_canonical()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().expect("an address")).collect()
    }

    #[test]
    fn b02_a_wrapped_private_address_is_left_out_and_a_wrapped_public_one_is_decoded() {
        let found = addresses(&["::ffff:127.0.0.1", "::ffff:9.9.9.9", "64:ff9b::7f00:1", "2002:7f00:1::", "9.9.9.9"]);
        assert_eq!(reachable(&found, &[]), addresses(&["9.9.9.9"]));
    }

    #[test]
    fn b01_metadata_addresses_are_left_out_whatever_name_led_there() {
        let found =
            addresses(&["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "::1"]);
        assert_eq!(reachable(&found, &[]), addresses(&[]));
    }

    #[test]
    fn an_address_of_this_machine_is_left_out_also_when_it_is_public() {
        let found = addresses(&["9.9.9.9", "1.1.1.1"]);
        assert_eq!(reachable(&found, &addresses(&["1.1.1.1"])), addresses(&["9.9.9.9"]));
        assert!(own_addresses().expect("interfaces can be listed").contains(&Ipv4Addr::LOCALHOST.into()));
    }

    #[test]
    fn localhost_is_known_without_asking() {
        assert_eq!(of_this_machine("localhost"), Some(addresses(&["127.0.0.1", "::1"])));
        assert_eq!(of_this_machine("a.localhost"), of_this_machine("localhost"));
        assert_eq!(of_this_machine("localhost.example.com"), None);
        assert_eq!(of_this_machine("notlocalhost"), None);
    }
}
