//! A call of a route that passed the checks that all share, and what is replied.

use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use treble_core::trace::TraceContext;

use super::error::ApiError;
use crate::content;
use crate::request::{Body, Request};

/// A call of a route, as its handler gets it.
pub struct Call<'a> {
    /// The request.
    pub(super) request: &'a Request,
    /// The path's parameters, decoded.
    pub(super) parameters: Vec<(&'static str, String)>,
    /// The query's.
    pub(super) query: Vec<(String, String)>,
    /// When it was received.
    pub(super) now: Timestamp,
    /// The trace that it belongs to.
    pub(super) trace: Option<TraceContext>,
}

impl Call<'_> {
    /// A parameter of the path; empty where the route has none of that name.
    pub(super) fn parameter(&self, name: &str) -> &str {
        let found = self.parameters.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// A parameter of the query: the first of that name.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A number in the query.
    pub(super) fn number(&self, name: &str) -> Result<Option<usize>, ApiError> {
        let wrong = |text| ApiError::input(format!("{name}={text:?} in the query must be a number"));
        self.query(name).map(|text| text.parse().map_err(|_| wrong(text))).transpose()
    }

    /// The body, whatever its type, decoded as its Content-Encoding says.
    pub(super) fn content(&self) -> Result<Bytes, ApiError> {
        match &self.request.body {
            Body::Complete(bytes) => Ok(content::decode(&self.request.parts.headers, bytes)?),
            Body::TooLarge => Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, content::too_large())),
            Body::Incomplete => Err(ApiError::input("The request's body ended before its time")),
        }
    }

    /// The body, as JSON of some form.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        serde_json::from_slice(&self.content()?)
            .map_err(|error| ApiError::input(format!("The request's body is not what it should be: {error}")))
    }
}

/// What is replied: JSON.
pub struct Reply {
    /// The HTTP status.
    pub(super) status: StatusCode,
    /// The body.
    pub(super) body: String,
}

impl Reply {
    /// 200 with a value.
    pub(super) fn json(value: &impl Serialize) -> Result<Self, ApiError> {
        Ok(Self::text(serde_json::to_string(value).map_err(ApiError::internal)?))
    }

    /// 200 with the text of a value.
    pub(super) fn text(body: String) -> Self {
        Self { status: StatusCode::OK, body }
    }
}
