//! How calls are named on a command line: `add_node` and `pre_add_node` are `pre-add-node`.

use treble_core::gate::{Event, UnknownEvent};

use super::calls::CALLS;

/// Why a word names no call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoCall {
    #[error(transparent)]
    Unknown(#[from] UnknownEvent),
    #[error("{0} is no call of CCX: those are {known}", known = known())]
    NotOfCcx(String),
    #[error("{0} can't be refused")]
    NotRefusable(Event),
}

fn known() -> String {
    CALLS.iter().map(|call| call.event.as_str()).collect::<Vec<_>>().join(", ")
}

/// An event, by any of its names.
pub(crate) fn event(word: &str) -> Result<Event, NoCall> {
    let name = word.to_ascii_lowercase().replace('_', "-");
    let is_whole = name.starts_with("pre-") || name.starts_with("post-");
    let name = if is_whole { name } else { format!("pre-{name}") };
    Ok(name.parse()?)
}

/// A call of CCX's platform.
pub(crate) fn call(word: &str) -> Result<Event, NoCall> {
    let event = event(word).map_err(|_| NoCall::NotOfCcx(word.to_owned()))?;
    let is_known = CALLS.iter().any(|call| call.event == event);
    if is_known { Ok(event) } else { Err(NoCall::NotOfCcx(event.to_string())) }
}

/// An event that may be refused.
pub(crate) fn refusable(word: &str) -> Result<Event, NoCall> {
    let event = event(word)?;
    if event.may_be_refused() { Ok(event) } else { Err(NoCall::NotRefusable(event)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_have_several_names() {
        let cases = [
            ("add_node", Ok(Event::PreAddNode)),
            ("pre_add_node", Ok(Event::PreAddNode)),
            ("pre-add-node", Ok(Event::PreAddNode)),
            ("add-node", Ok(Event::PreAddNode)),
            ("post_add_node", Ok(Event::PostAddNode)),
            ("post-delete-cluster", Ok(Event::PostDeleteCluster)),
            ("delete_cluster", Ok(Event::PreDeleteCluster)),
            ("trigger_hook", Err(NoCall::NotOfCcx("pre-trigger-hook".into()))),
            ("add", Err(NoCall::NotOfCcx("add".into()))),
            ("", Err(NoCall::NotOfCcx("".into()))),
        ];
        for (word, expected) in cases {
            assert_eq!(call(word), expected, "{word}");
        }
        assert!(call("trigger_hook").unwrap_err().to_string().contains("pre-create-cluster, post-create"));
    }

    #[test]
    fn only_some_can_be_refused() {
        assert_eq!(refusable("trigger_hook"), Ok(Event::PreTriggerHook));
        assert_eq!(refusable("add"), Err(NoCall::Unknown(UnknownEvent("pre-add".into()))));
        assert_eq!(refusable("remove_node"), Err(NoCall::NotRefusable(Event::PreRemoveNode)));
    }
}
