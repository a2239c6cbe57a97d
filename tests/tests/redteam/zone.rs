//! A resolver that belongs to the attacker, in the network of a drill.

#![expect(clippy::disallowed_types, reason = "it speaks DNS with whoever asks in a drill")]

use boxagnts_tests::House;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A resolver whose owner answers each time as suits him: `alternate.test` leads to the public address and to this
/// machine in turns, `ADDRESS.in.test` to the address.
pub(crate) struct Zone(Arc<AtomicUsize>);

impl Zone {
    /// Takes the place of the machine's own resolver, in the mounts of a drill alone.
    pub(crate) fn start(house: &House) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:53").expect("port 53 is free in a drill");
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        std::thread::spawn(move || {
            let mut question = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut question) {
                let answer = reply(&question[..length], &count);
                let _ = socket.send_to(&answer, from);
            }
        });
        for (file, text) in
            [("resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"), ("nsswitch.conf", "hosts: dns\n")]
        {
            let ours = house.outside().join(file);
            std::fs::write(&ours, text).unwrap();
            let at = Path::new("/etc").join(file);
            let mounted = Command::new("mount").arg("--bind").arg(&ours).arg(&at).status().expect("mount is there");
            assert!(mounted.success(), "{}", at.display());
        }
        Self(asked)
    }

    /// How often `alternate.test` was looked up.
    pub(crate) fn asked(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// An answer of the zone, as RFC 1035 writes it, that is good for no time at all.
fn reply(question: &[u8], alternate: &AtomicUsize) -> Vec<u8> {
    let mut labels = Vec::new();
    let mut at = 12;
    while question.get(at).is_some_and(|length| *length != 0) {
        let end = at + 1 + usize::from(question[at]);
        labels.push(String::from_utf8_lossy(&question[at + 1..end]).to_lowercase());
        at = end;
    }
    let kind = question.get(at + 2).copied().unwrap_or(0);
    let address: Option<IpAddr> = match labels.first().map(String::as_str) {
        Some("alternate") if kind == 1 => {
            let public = alternate.fetch_add(1, Ordering::SeqCst).is_multiple_of(2);
            Some(if public { IpAddr::from([93, 184, 216, 34]) } else { Ipv4Addr::LOCALHOST.into() })
        }
        Some("mapped") => Some(Ipv4Addr::LOCALHOST.to_ipv6_mapped().into()),
        Some("six") => Some(Ipv6Addr::LOCALHOST.into()),
        Some(label) => label.replace('-', ".").parse().ok().or(Some([93, 184, 216, 34].into())),
        None => None,
    };
    let data = match (address, kind) {
        (Some(IpAddr::V4(address)), 1) => address.octets().to_vec(),
        (Some(IpAddr::V6(address)), 28) => address.octets().to_vec(),
        _ => Vec::new(),
    };
    let mut answer =
        [&question[..2], &[0x84, 0, 0, 1, 0, u8::from(!data.is_empty()), 0, 0, 0, 0], &question[12..at + 5]].concat();
    if let Ok(length) = u16::try_from(data.len())
        && length != 0
    {
        answer.extend([0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 0]);
        answer.extend(length.to_be_bytes());
        answer.extend(data);
    }
    answer
}
