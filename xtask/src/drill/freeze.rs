use super::Programs;
use anyhow::Result;
pub(super) fn drill(_: &Programs) -> Result<bool> {
    Ok(false)
}
