//! Settings that choose an adapter.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use http::Uri;

use crate::http::{InvalidRootUrl, RootUrl};

/// Where tasks are created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SinkChoice {
    /// `journal:PATH`: appended to a file.
    Journal(PathBuf),
    /// `sqs:QUEUE_URL`: sent to an SQS queue.
    Sqs(String),
    /// `taskcluster:ROOT_URL`: created at the Queue of a Taskcluster deployment.
    Taskcluster(RootUrl),
}

/// Who tells who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthChoice {
    /// `table`: the clients and roles of the store.
    Table,
    /// `taskcluster:ROOT_URL`: the auth service of a Taskcluster deployment.
    Taskcluster(RootUrl),
}

/// Whether something is wanted; it isn't, where nobody says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum YesOrNo {
    /// `yes`.
    Yes,
    /// `no`.
    #[default]
    No,
}

/// Why a text chooses nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidChoice {
    /// None of the sinks.
    #[error("must be journal:PATH, sqs:QUEUE_URL or taskcluster:ROOT_URL")]
    Sink,
    /// None of the authenticators.
    #[error("must be table or taskcluster:ROOT_URL")]
    Auth,
    /// Neither yes nor no.
    #[error("must be yes or no")]
    YesOrNo,
    /// Neither all addresses nor the public ones.
    #[error("must be public or any")]
    Addresses,
    /// A deployment that is nowhere.
    #[error(transparent)]
    RootUrl(#[from] InvalidRootUrl),
    /// A queue that is nowhere.
    #[error("a queue's URL is like https://sqs.us-east-1.amazonaws.com/123456789012/tasks, not {0:?}")]
    QueueUrl(String),
}

impl FromStr for SinkChoice {
    type Err = InvalidChoice;

    fn from_str(text: &str) -> Result<Self, InvalidChoice> {
        match text.split_once(':') {
            Some(("journal", path)) if !path.is_empty() => Ok(Self::Journal(path.into())),
            Some(("sqs", url)) => queue_url(url).map(Self::Sqs),
            Some(("taskcluster", url)) => Ok(Self::Taskcluster(url.parse()?)),
            _ => Err(InvalidChoice::Sink),
        }
    }
}

impl fmt::Display for SinkChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Journal(path) => write!(f, "{}", path.display()),
            Self::Sqs(url) => write!(f, "the queue {url}"),
            Self::Taskcluster(url) => write!(f, "the Taskcluster Queue at {url}"),
        }
    }
}

impl FromStr for AuthChoice {
    type Err = InvalidChoice;

    fn from_str(text: &str) -> Result<Self, InvalidChoice> {
        match text.split_once(':') {
            None if text == "table" => Ok(Self::Table),
            Some(("taskcluster", url)) => Ok(Self::Taskcluster(url.parse()?)),
            _ => Err(InvalidChoice::Auth),
        }
    }
}

impl FromStr for YesOrNo {
    type Err = InvalidChoice;

    fn from_str(text: &str) -> Result<Self, InvalidChoice> {
        match text {
            "yes" => Ok(Self::Yes),
            "no" => Ok(Self::No),
            _ => Err(InvalidChoice::YesOrNo),
        }
    }
}

fn queue_url(text: &str) -> Result<String, InvalidChoice> {
    let uri = text.parse::<Uri>().ok();
    let web = uri.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.path() != "/");
    if web { Ok(text.to_owned()) } else { Err(InvalidChoice::QueueUrl(text.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sinks() {
        let cases = [
            ("journal:/tmp/t.jsonl", Ok(SinkChoice::Journal("/tmp/t.jsonl".into()))),
            ("journal:a:b", Ok(SinkChoice::Journal("a:b".into()))),
            ("journal:", Err(InvalidChoice::Sink)),
            ("journal", Err(InvalidChoice::Sink)),
            ("sqs:http://localhost:4566/0/q", Ok(SinkChoice::Sqs("http://localhost:4566/0/q".into()))),
            (
                "taskcluster:https://tc.example/",
                Ok(SinkChoice::Taskcluster("https://tc.example".parse().unwrap())),
            ),
            ("Journal:x", Err(InvalidChoice::Sink)),
            ("", Err(InvalidChoice::Sink)),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse(), expected, "{text}");
        }
        for text in ["sqs:tasks", "sqs:", "sqs:https://x", "sqs:ftp://x/q"] {
            assert!(matches!(text.parse::<SinkChoice>(), Err(InvalidChoice::QueueUrl(_))), "{text}");
        }
        for text in ["taskcluster:tc.example", "taskcluster:https://u:p@tc.example"] {
            assert!(matches!(text.parse::<SinkChoice>(), Err(InvalidChoice::RootUrl(_))), "{text}");
        }
    }

    #[test]
    fn yes_or_no() {
        for (text, expected) in [
            ("yes", Ok(YesOrNo::Yes)),
            ("no", Ok(YesOrNo::No)),
            ("true", Err(InvalidChoice::YesOrNo)),
            ("", Err(InvalidChoice::YesOrNo)),
        ] {
            assert_eq!(text.parse(), expected, "{text}");
        }
    }

    #[test]
    fn authenticators() {
        assert_eq!("table".parse(), Ok(AuthChoice::Table));
        assert_eq!(
            "taskcluster:http://tc".parse(),
            Ok(AuthChoice::Taskcluster("http://tc".parse().unwrap()))
        );
        for text in ["", "Table", "table:", "taskcluster"] {
            assert_eq!(text.parse::<AuthChoice>(), Err(InvalidChoice::Auth), "{text}");
        }
    }
}
