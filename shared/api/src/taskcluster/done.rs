//! What was done about a request, for who logs and counts requests: it travels with the response, as an extension.

use treble_core::hook::HookName;
use treble_core::report::FiringReport;
use treble_core::slugid::SlugId;

use super::error::Code;
use super::response::Response;

/// What was done about a request. Nothing of its query, its body or its token is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The API method's name, or [`RequestInfo::UNKNOWN`](super::error::RequestInfo::UNKNOWN).
    pub route: &'static str,
    /// The hook that the URL names.
    pub hook: Option<HookName>,
    /// What was wrong.
    pub code: Option<Code>,
    /// The taskId, and what came of the firing, where one was made.
    pub firing: Option<(SlugId, FiringReport)>,
}

impl Done {
    /// Nothing yet, by this method.
    pub(crate) fn by(route: &'static str) -> Self {
        Self { route, hook: None, code: None, firing: None }
    }

    /// The response, with this.
    pub(crate) fn told_with(self, mut response: Response) -> Response {
        response.extensions_mut().insert(self);
        response
    }
}
