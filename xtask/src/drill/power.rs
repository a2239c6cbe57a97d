use super::{Options, Programs};
use anyhow::Result;
pub(super) fn drill(_: &Programs, _: &Options) -> Result<bool> {
    Ok(false)
}
