//! The hooks of a service, as its API tells them.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use treble_core::hook::HookName;

use super::crew::Crew;
use super::output::Output;
use super::record::{DefinitionRecord, FORMAT, Header, Record, Source, VERSION};
use crate::cli;
use crate::hooks::api::{Api, ApiError, Pages};
use crate::hooks::target::Target;
use crate::output::Failure;

/// Writes the file; how many records are in it.
pub(super) async fn run(arguments: &cli::Export) -> Result<usize, Failure> {
    let target = Target::find(arguments.end.data.as_deref())?;
    let header = Header {
        format: FORMAT.to_owned(),
        version: VERSION,
        exported: Timestamp::now(),
        from: Source::Api,
        root_url: Some(target.root_url.to_string()),
        master_key: None,
    };
    let api = Arc::new(Api::new(target));
    let groups = if arguments.groups.is_empty() { api.groups().await? } else { arguments.groups.clone() };
    let mut output = Output::begin(&arguments.file, &header)?;
    for group in groups {
        let mut pages = Pages::of_hooks(&group);
        loop {
            let hooks = match api.page(&mut pages).await {
                Ok(Some(hooks)) => hooks,
                Ok(None) => break,
                // Its last hook was removed since the groups were listed.
                Err(error) if error.is_not_found() && arguments.groups.is_empty() => break,
                Err(error) => return Err(error.into()),
            };
            add(&mut output, &api, hooks, arguments.tokens).await?;
        }
    }
    output.finish()
}

async fn add(output: &mut Output, api: &Arc<Api>, hooks: Vec<Value>, tokens: bool) -> Result<(), Failure> {
    let mut crew = Crew::new();
    for hook in hooks {
        let api = Arc::clone(api);
        let work = async move {
            let trigger_token = if tokens { token(&api, &hook).await? } else { None };
            Ok(Record::Definition(DefinitionRecord { hook, trigger_token }))
        };
        if let Some(record) = crew.add(work).await? {
            output.add(record)?;
        }
    }
    while let Some(record) = crew.next().await? {
        output.add(record)?;
    }
    Ok(())
}

/// A hook's token, if it is still there.
async fn token(api: &Api, hook: &Value) -> Result<Option<String>, Failure> {
    let part = |name: &str| hook.get(name).and_then(Value::as_str).unwrap_or_default();
    let name = HookName::new(part("hookGroupId"), part("hookId"))?;
    match api.trigger_token(&name).await {
        Ok(token) => Ok(Some(token)),
        Err(ApiError::Answered { status: 404, .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
