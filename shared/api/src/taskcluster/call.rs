//! A call of a route that passed the route's checks, and what is replied.

use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use treble_core::hook::HookName;
use treble_core::ports::PageRequest;
use treble_core::report::FiringReport;
use treble_core::slugid::SlugId;
use treble_core::trace::TraceContext;

use super::error::{ApiError, Code};
use super::json_text::json_text;
use crate::auth::Caller;

/// A call of a route, as its handler gets it.
#[derive(Debug)]
pub struct Call {
    /// The URL's parameters, checked.
    pub parameters: Map<String, Value>,
    /// The query's parameters, checked; without `bewit`.
    pub query: Vec<(String, String)>,
    /// The body, where the route has a schema for it and it passed; `null` elsewhere. Handlers fill in defaults
    /// here, where an error's envelope shows them, or take it.
    pub payload: Value,
    /// Who calls; None where nobody was asked.
    pub caller: Option<Caller>,
    /// When the request was received.
    pub now: Timestamp,
    /// The trace that the request belongs to.
    pub trace: Option<TraceContext>,
    /// What came of the firing, once the handler has made one.
    pub firing: Option<(SlugId, FiringReport)>,
}

impl Call {
    /// A call of which only the time matters.
    pub fn without_request(now: Timestamp) -> Self {
        Self {
            parameters: Map::new(),
            query: Vec::new(),
            payload: Value::Null,
            caller: None,
            now,
            trace: None,
            firing: None,
        }
    }

    /// A parameter of the URL; empty where the route has none of that name.
    pub fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The hook that the URL names.
    pub fn hook_name(&self) -> Result<HookName, ApiError> {
        HookName::new(self.parameter("hookGroupId"), self.parameter("hookId"))
            .map_err(|error| ApiError::new(Code::InvalidRequestArguments, error.to_string()))
    }

    /// Which part of a listing the query asks for.
    pub fn page(&self) -> PageRequest {
        let query = |name: &str| self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        PageRequest {
            // All digits, so that what doesn't parse is too large, and a limit beyond any page is no limit.
            limit: query("limit").map(|limit| limit.parse().unwrap_or(usize::MAX)),
            continuation: query("continuationToken").cloned(),
        }
    }
}

/// What is replied: JSON, with two spaces of indentation where that doesn't make it too large, and no newline at the
/// end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: StatusCode,
    /// The body.
    pub body: String,
}

impl Reply {
    /// 200 with a value.
    pub fn json(value: &impl Serialize) -> Result<Self, ApiError> {
        Self::with_status(StatusCode::OK, value)
    }

    /// Another status with a value.
    pub fn with_status(status: StatusCode, value: &impl Serialize) -> Result<Self, ApiError> {
        let body = json_text(value).map_err(ApiError::internal)?;
        Ok(Self { status, body })
    }

    /// 200 with `{}`.
    pub fn empty() -> Self {
        Self { status: StatusCode::OK, body: "{}".into() }
    }
}
