//! Why a call was in vain.

use std::fmt;
use std::path::PathBuf;

use serde_json::Value;
use treble_aws::http::HttpError;

use super::super::exit;
use super::super::target::data_option;

/// Why a call was in vain.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// The service said why.
    #[error("{}", Words { status: *status, message })]
    Answered {
        /// The HTTP status.
        status: u16,
        /// The API's name for it.
        code: String,
        /// What it said, without the footer.
        message: String,
    },
    /// Something else than the API answered.
    #[error("{root_url} answered {status}, and not as a hooks service does: is this its root URL?")]
    Unreadable {
        /// The HTTP status.
        status: u16,
        /// Who answered.
        root_url: String,
    },
    /// Nobody answered.
    #[error("{root_url} can't be asked{}", start_it(local.as_ref(), source))]
    Unanswered {
        /// Who didn't.
        root_url: String,
        /// The data directory of the server that should have.
        local: Option<PathBuf>,
        /// Why.
        #[source]
        source: HttpError,
    },
}

impl ApiError {
    /// What an answer says, if it is one of the API's.
    pub(super) fn answered(status: u16, body: &Value) -> Option<Self> {
        let text = |key: &str| Some(body.get(key)?.as_str()?.to_owned());
        let (code, message) = (text("code")?, text("message")?);
        // The footer repeats what was asked.
        let message = message.rsplit_once("\n\n---\n\n").map_or(message.as_str(), |(message, _)| message);
        Some(Self::Answered { status, code, message: message.trim().to_owned() })
    }

    /// Whether there is no such hook or group.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Answered { status: 404, .. })
    }

    /// Whether the caller may not know.
    pub(crate) fn is_refused(&self) -> bool {
        matches!(self, Self::Answered { status: 401 | 403, .. })
    }

    /// Whether the service doesn't know a parameter of the query.
    pub(super) fn is_unknown_query(&self) -> bool {
        matches!(self, Self::Answered { status: 400, code, .. } if code == "InvalidRequestArguments")
    }

    /// Whether the same call may do better soon; one that is not `repeatable` only where it was not heard.
    pub(super) fn may_pass(&self, repeatable: bool) -> bool {
        match self {
            Self::Unanswered { source: HttpError::Refused(_), .. } => true,
            Self::Answered { status, .. } | Self::Unreadable { status, .. } => {
                *status == 429 || (repeatable && *status >= 500)
            }
            Self::Unanswered { source: HttpError::Unsendable(_), .. } => false,
            Self::Unanswered { .. } => repeatable,
        }
    }

    /// See [`exit`].
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Answered { status: 404, .. } => exit::NOT_FOUND,
            Self::Answered { status: 401 | 403, .. } => exit::REFUSED,
            Self::Answered { status: 429 | 500.., .. }
            | Self::Unreadable { .. }
            | Self::Unanswered { .. } => exit::UNAVAILABLE,
            Self::Answered { .. } => exit::FAILED,
        }
    }
}

struct Words<'a> {
    status: u16,
    message: &'a str,
}

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.status >= 500 {
            write!(f, "the service answered {}: ", self.status)?;
        }
        // Fences are for where Markdown is rendered; the blank lines around them go with them.
        let lines = self.message.lines().filter(|line| !line.trim().is_empty() && line.trim() != "```");
        f.write_str(&lines.collect::<Vec<_>>().join("\n"))
    }
}

fn start_it(local: Option<&PathBuf>, error: &HttpError) -> String {
    match (local, error) {
        (Some(data), HttpError::Refused(_)) => {
            format!(
                ", where the server on {} was: start it with `treble up{}`",
                data.display(),
                data_option(data)
            )
        }
        _ => String::new(),
    }
}
