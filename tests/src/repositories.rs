//! Who keeps repositories: the lists of events of GitHub, GitLab, Bitbucket Cloud and Server, as their APIs page them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::stub::{self, Answer, Incoming};

/// A running server, with the APIs of all of them.
pub struct Repositories {
    port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The most elements that a page has, whatever is asked for.
    page_size: usize,
    /// Newest first, by the repository's name.
    lists: BTreeMap<String, Vec<Value>>,
    /// What happens after each of the next pages.
    during: VecDeque<(String, Value)>,
    /// What is answered instead, by the repository's name.
    refusals: BTreeMap<String, Refusal>,
    asked: Vec<Asked>,
}

#[derive(Clone)]
struct Refusal {
    status: u16,
    headers: Vec<(String, String)>,
    body: Value,
}

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Path and query.
    pub resource: String,
    /// The header `If-None-Match`.
    pub etag: Option<String>,
    /// The header `Authorization`.
    pub authorization: Option<String>,
    /// The answer's status.
    pub status: u16,
}

impl Repositories {
    /// A status of [`refuse`](Self::refuse): the connection ends without an answer.
    pub const LOST: u16 = Answer::NONE;

    /// One whose pages have so many events at most.
    pub fn start(page_size: usize) -> Repositories {
        let (listener, port) = stub::listen();
        let state = Arc::new(Mutex::new(State { page_size, ..State::default() }));
        let served = Arc::clone(&state);
        stub::serve(listener, move |request| served.lock().unwrap().answer(request));
        Repositories { port, state }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Something happens in a repository.
    pub fn happen(&self, repository: &str, event: Value) {
        self.state.lock().unwrap().happen(repository, event);
    }

    /// Something happens after the next page is read, or the one after it if there is something that does already.
    pub fn happen_during(&self, repository: &str, event: Value) {
        self.state.lock().unwrap().during.push_back((repository.to_owned(), event));
    }

    /// A repository's list is answered like this from now on.
    pub fn refuse(&self, repository: &str, status: u16, headers: &[(&str, &str)], body: Value) {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let refusal = Refusal { status, headers, body };
        self.state.lock().unwrap().refusals.insert(repository.to_owned(), refusal);
    }

    /// A repository is told of again.
    pub fn relent(&self, repository: &str) {
        self.state.lock().unwrap().refusals.remove(repository);
    }

    /// Takes what was asked for so far.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.state.lock().unwrap().asked)
    }
}

impl State {
    fn happen(&mut self, repository: &str, event: Value) {
        self.lists.entry(repository.to_owned()).or_default().insert(0, event);
    }

    fn answer(&mut self, request: &Incoming) -> Answer {
        let (path, query) = request.resource.split_once('?').unwrap_or((&request.resource, ""));
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let number = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(key, _)| *key == name).find_map(|(_, value)| value.parse::<usize>().ok())
        };
        let page = number("page").unwrap_or(1);
        let start = (page - 1) * self.page_size;
        let (repository, start, write): (String, usize, Write) = match parts[..] {
            ["repos", owner, name, "events"] => (format!("{owner}/{name}"), start, github),
            ["api", "v4", "projects", project, "events"] => (project.to_owned(), start, gitlab),
            ["2.0", "repositories", workspace, slug, "refs"] => (format!("{workspace}/{slug}"), start, cloud),
            ["rest", "api", "latest", "projects", key, "repos", slug, "ref-change-activities"] => {
                (format!("{key}/{slug}"), number("start").unwrap(), server)
            }
            _ => return Answer::json(404, json!({"message": "Not Found"})),
        };
        let repository = percent_decode_str(&repository).decode_utf8().unwrap().into_owned();
        let answer = self.list(&repository, start, write, request.header("if-none-match"));
        self.asked.push(Asked {
            resource: request.resource.clone(),
            etag: request.header("if-none-match").map(str::to_owned),
            authorization: request.header("authorization").map(str::to_owned),
            status: answer.status,
        });
        answer
    }

    fn list(&mut self, repository: &str, start: usize, write: Write, etag: Option<&str>) -> Answer {
        if let Some(Refusal { status, headers, body }) = self.refusals.get(repository).cloned() {
            let mut answer = Answer::json(status, body);
            answer.headers.extend(headers);
            return answer;
        }
        let Some(list) = self.lists.get(repository) else {
            return Answer::json(404, json!({"message": "Not Found"}));
        };
        let now = format!("W/\"{}-{}\"", repository.len(), list.len());
        let mut answer = if etag == Some(&now) {
            Answer { status: 304, headers: Vec::new(), body: Vec::new() }
        } else {
            let end = start + self.page_size;
            let page: Vec<Value> = list.iter().skip(start).take(self.page_size).cloned().collect();
            write(page, (list.len() > end).then_some(end), self.page_size)
        };
        answer.headers.push(("etag".to_owned(), now));
        if let Some((repository, event)) = self.during.pop_front() {
            self.happen(&repository, event);
        }
        answer
    }
}

/// A page in a provider's form, where the next one begins, and the size of pages.
type Write = fn(Vec<Value>, Option<usize>, usize) -> Answer;

fn github(page: Vec<Value>, next: Option<usize>, size: usize) -> Answer {
    let next = next.map(|next| next / size + 1);
    let mut answer = Answer::json(200, Value::from(page));
    let link = next.map(|next| format!("<http://elsewhere.invalid/events?page={next}>; rel=\"next\""));
    answer.headers.extend(link.map(|link| ("link".to_owned(), link)));
    answer.headers.push(("x-poll-interval".to_owned(), "60".to_owned()));
    answer.headers.push(("x-ratelimit-remaining".to_owned(), "4999".to_owned()));
    answer.headers.push(("x-ratelimit-reset".to_owned(), "1".to_owned()));
    answer
}

fn gitlab(page: Vec<Value>, next: Option<usize>, size: usize) -> Answer {
    let next = next.map(|next| next / size + 1);
    let mut answer = Answer::json(200, Value::from(page));
    answer.headers.push(("x-next-page".to_owned(), next.map(|next| next.to_string()).unwrap_or_default()));
    answer
}

fn cloud(page: Vec<Value>, next: Option<usize>, _: usize) -> Answer {
    let mut body = json!({"values": page, "pagelen": 100});
    if next.is_some() {
        body["next"] = "http://elsewhere.invalid/refs".into();
    }
    Answer::json(200, body)
}

fn server(page: Vec<Value>, next: Option<usize>, _: usize) -> Answer {
    Answer::json(200, json!({"values": page, "isLastPage": next.is_none(), "nextPageStart": next}))
}
