//! Outside the sandbox, where unit tests run, there is no network.

use boxagnts_guest_sdk::Failure;

use super::Answer;
use crate::address::Address;

pub(crate) fn get(address: &Address, _: Vec<(String, String)>) -> Result<Answer, Failure> {
    Err(Failure::broken(format!("there is no network here to fetch {} from", address.sent())))
}
