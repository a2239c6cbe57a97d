//! What is not a file: environment, network, randomness, clocks, standard streams.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};

use boxagnts_guest_sdk::cancelled;
use serde_json::{Value, json};
use wasip2::cli::environment::{get_arguments, get_environment};
use wasip2::clocks::{monotonic_clock, wall_clock};
use wasip2::filesystem::preopens::get_directories;
use wasip2::io::poll::Pollable;
use wasip2::random::insecure::get_insecure_random_bytes;
use wasip2::random::random::get_random_bytes;

use crate::Answer;
use crate::input::WorldOperation;

/// Bytes of standard input that are read.
const MOST_INPUT: u64 = 65_536;

/// In nanoseconds, as the clock counts.
const HOUR: u64 = 3_600_000_000_000;

pub(crate) fn perform(operation: &WorldOperation) -> Answer {
    match operation {
        WorldOperation::Env => Ok(environment()),
        WorldOperation::Preopens => {
            let paths = get_directories().into_iter().map(|(_, path)| Value::from(path));
            Ok(paths.collect())
        }
        WorldOperation::Random { bytes, insecure } => {
            let random = if *insecure { get_insecure_random_bytes(*bytes) } else { get_random_bytes(*bytes) };
            Ok(json!({ "bytes": random.len() }))
        }
        WorldOperation::Timers { count } => {
            let held: Vec<Pollable> = (0..*count).map(|_| monotonic_clock::subscribe_duration(HOUR)).collect();
            Ok(json!({ "set": held.len() }))
        }
        WorldOperation::Surroundings { times } => {
            let came = (0..*times).map(|_| get_environment().len() + get_arguments().len());
            Ok(json!({ "came": came.sum::<usize>() }))
        }
        WorldOperation::Tcp { addr } => {
            TcpStream::connect(addr.as_str())?;
            Ok(json!("connected"))
        }
        WorldOperation::Listen { addr } => {
            TcpListener::bind(addr.as_str())?;
            Ok(json!("listening"))
        }
        WorldOperation::Udp { addr } => {
            let socket = UdpSocket::bind("0.0.0.0:0")?;
            Ok(json!({ "sent": socket.send_to(b"probe", addr.as_str())? }))
        }
        WorldOperation::Resolve { name } => {
            let addresses = (name.as_str(), 80).to_socket_addrs()?;
            Ok(addresses.map(|address| Value::from(address.ip().to_string())).collect())
        }
        WorldOperation::Stdin => {
            let mut text = String::new();
            std::io::stdin().take(MOST_INPUT).read_to_string(&mut text)?;
            Ok(json!(text))
        }
        WorldOperation::Print { bytes } => {
            let text = "x".repeat(*bytes);
            std::io::stdout().write_all(text.as_bytes())?;
            std::io::stderr().write_all(text.as_bytes())?;
            Ok(json!({ "printed": bytes }))
        }
        WorldOperation::Clock => Ok(clocks()),
        WorldOperation::Cancelled => Ok(json!(cancelled())),
    }
}

fn environment() -> Value {
    let variables: BTreeMap<String, String> = std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .collect();
    let arguments: Vec<String> = std::env::args().collect();
    json!({ "env": variables, "args": arguments })
}

fn clocks() -> Value {
    let wall = wall_clock::now();
    let wall = u128::from(wall.seconds) * 1_000_000_000 + u128::from(wall.nanoseconds);
    json!({ "wall": u64::try_from(wall).unwrap_or(u64::MAX), "monotonic": monotonic_clock::now() })
}
