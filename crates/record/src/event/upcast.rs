//! Brings events of an earlier version to this one, step by step, when they are read. What is stored stays as it is:
//! digests are taken of those bytes.

use super::Event;
use crate::store::StoreError;
use serde_json::Value;

/// The way from one version to the next.
pub(super) struct Step {
    /// The version that it begins with.
    from: u32,
    /// Changes the whole event but its `v`; `None` when nobody could have written it.
    change: fn(Value) -> Option<Value>,
}

/// Every step there is. A new version of the envelope adds its own at the end.
pub(super) const STEPS: [Step; 0] = [];

/// The event of a text that has the version `from`, in the version `to`.
pub(super) fn bring(text: &str, from: u32, to: u32, steps: &[Step]) -> Result<Event, StoreError> {
    let never = || StoreError::Damaged(format!("an event has the version {from}"));
    let unreadable = || StoreError::Damaged(format!("an event of the version {from} cannot be read"));
    let mut value: Value = serde_json::from_str(text).map_err(|_| unreadable())?;
    for version in from..to {
        let step = steps.iter().find(|step| step.from == version).ok_or_else(never)?;
        value = (step.change)(value).ok_or_else(unreadable)?;
        *value.get_mut("v").ok_or_else(unreadable)? = (version + 1).into();
    }
    serde_json::from_value(value).map_err(|_| unreadable())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Body, VERSION};
    use serde_json::json;

    /// A version that never was: the folder had another name, and before that the program no version.
    fn steps() -> [Step; 2] {
        [
            Step {
                from: 7,
                change: |mut value| {
                    value.get_mut("body")?.as_object_mut()?.insert("version".to_owned(), json!("unknown"));
                    Some(value)
                },
            },
            Step {
                from: 8,
                change: |mut value| {
                    let body = value.get_mut("body")?.as_object_mut()?;
                    let folder = body.remove("directory")?;
                    body.insert("folder".to_owned(), folder);
                    Some(value)
                },
            },
        ]
    }

    fn old(v: u32, body: &Value) -> String {
        json!({
            "v": v, "seq": 1, "id": "01KDVDNA000000000000000001", "time": "2026-01-01T00:00:00.000000Z",
            "workspace": "00000000020000000000000001", "principal": "local", "session": "00000000010000000000000001",
            "type": "session.started", "body": body,
        })
        .to_string()
    }

    #[test]
    fn an_event_of_an_earlier_version_is_brought_along_step_by_step() {
        for (text, version) in [
            (old(7, &json!({"directory": "/home/ada"})), "unknown"),
            (old(8, &json!({"directory": "/home/ada", "version": "0.1"})), "0.1"),
        ] {
            let from = if version == "unknown" { 7 } else { 8 };
            let event = bring(&text, from, 9, &steps()).unwrap();
            assert_eq!(event.v, 9);
            assert!(
                matches!(event.body, Body::SessionStarted { folder, version: v, origin: None } if folder == "/home/ada" && v == version)
            );
        }
    }

    #[test]
    fn what_no_earlier_version_could_have_written_is_damage() {
        let whole = old(8, &json!({"directory": "/home/ada", "version": "0.1"}));
        let cases = [
            (whole[1..].to_owned(), 8),
            (old(8, &json!({"version": "0.1"})), 8),
            (old(8, &json!(null)), 8),
            (old(6, &json!({"directory": "/home/ada"})), 6),
        ];
        for (text, from) in cases {
            assert!(matches!(bring(&text, from, 9, &steps()), Err(StoreError::Damaged(_))), "{text}");
        }
        assert!(matches!(bring(&whole, 8, VERSION.max(9), &STEPS), Err(StoreError::Damaged(_))));
    }
}
