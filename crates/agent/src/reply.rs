//! A model's reply while it arrives, held to its bounds.

use crate::limits::Limits;
use boxagnts_model::Failure;
use boxagnts_types::{CallRequest, Usage};

/// What has arrived of a reply.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    pub(crate) text: String,
    pub(crate) calls: Vec<CallRequest>,
    pub(crate) usage: Usage,
    pub(crate) thinking_bytes: usize,
    call_bytes: usize,
}

impl Reply {
    /// More text; a piece over the bound is not taken.
    pub(crate) fn take_text(&mut self, text: &str, limits: &Limits) -> Result<(), Failure> {
        self.check_room(text, limits)?;
        self.text.push_str(text);
        Ok(())
    }

    /// More reasoning, which is shown and not kept.
    pub(crate) fn take_thinking(&mut self, text: &str, limits: &Limits) -> Result<(), Failure> {
        self.check_room(text, limits)?;
        self.thinking_bytes += text.len();
        Ok(())
    }

    /// One more call.
    pub(crate) fn take_call(&mut self, request: CallRequest, limits: &Limits) -> Result<(), Failure> {
        if limits.calls_heard <= self.calls.len() {
            return Err(Failure::Garbled(format!("it asks for more than {} calls", limits.calls_heard)));
        }
        self.call_bytes += request.input.len() + request.tool.len() + request.model_id.len();
        if limits.call_bytes < self.call_bytes {
            return Err(Failure::Garbled(format!("its calls are longer than {} bytes", limits.call_bytes)));
        }
        self.calls.push(request);
        Ok(())
    }

    fn check_room(&self, text: &str, limits: &Limits) -> Result<(), Failure> {
        if limits.reply_bytes < self.text.len() + self.thinking_bytes + text.len() {
            return Err(Failure::Garbled(format!("it is longer than {} bytes", limits.reply_bytes)));
        }
        Ok(())
    }
}
