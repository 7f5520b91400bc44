//! What a route is, and how a path finds its route.

use std::future::Future;
use std::pin::Pin;

use http::Method;
use percent_encoding::percent_decode_str;

use super::call::{Call, Reply};
use super::error::ApiError;
use super::service::Service;

/// What a handler returns.
pub type Handling<'a> = Pin<Box<dyn Future<Output = Result<Reply, ApiError>> + Send + 'a>>;

/// What answers a call that passed the checks that all routes share.
pub type Handler = for<'a> fn(&'a Service, &'a Call<'a>) -> Handling<'a>;

/// What no task's uuid is in a path: these are routes of their own.
const NO_UUIDS: &[&str] = &["bulk", "execute"];

/// One thing that the API does: what it is called, where it is and who may call it.
pub struct Route {
    /// Its name, e.g. `create-task`.
    pub name: &'static str,
    /// The HTTP methods; HEAD goes wherever GET does.
    pub methods: &'static [Method],
    /// The path, parameters in braces: `/task/{uuid}`.
    pub path: &'static str,
    /// Whether the caller must show the service's hash.
    pub authenticated: bool,
    /// What answers it.
    pub handler: Handler,
}

impl Route {
    /// The name of the Lambda that answers it, e.g. `cds-create-task`.
    pub fn function(&self) -> String {
        format!("cds-{}", self.name)
    }

    /// Whether the route answers a method.
    fn answers(&self, method: &Method) -> bool {
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        self.methods.contains(method)
    }

    /// The parameters' values as they stand in a path, if it is the route's.
    fn matches<'p>(&self, path: &'p str) -> Option<Vec<(&'static str, &'p str)>> {
        let path = path.strip_suffix('/').unwrap_or(path);
        if path.split('/').count() != self.path.split('/').count() {
            return None;
        }
        let mut parameters = Vec::new();
        for (segment, raw) in self.path.split('/').zip(path.split('/')) {
            match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some(name) if !raw.is_empty() && !NO_UUIDS.contains(&raw) => parameters.push((name, raw)),
                None if segment == raw => {}
                _ => return None,
            }
        }
        Some(parameters)
    }
}

/// What is at a path.
pub(super) enum Found<'r> {
    /// A route that answers the method, and the path's parameters, decoded.
    Route(&'r Route, Vec<(&'static str, String)>),
    /// Routes that answer other methods: these.
    OtherMethods(Vec<&'static str>),
    /// Nothing.
    Nothing,
}

/// What a method finds at a path.
///
/// # Errors
/// When a parameter's percent escapes are not those of a text.
pub(super) fn find<'r>(routes: &[&'r Route], method: &Method, path: &str) -> Result<Found<'r>, ApiError> {
    let mut others = Vec::new();
    for route in routes {
        let Some(raw) = route.matches(path) else { continue };
        if route.answers(method) {
            let parameters = raw.into_iter().map(decode).collect::<Result<_, _>>()?;
            return Ok(Found::Route(route, parameters));
        }
        others.extend(route.methods.iter().filter_map(name));
    }
    if others.is_empty() {
        return Ok(Found::Nothing);
    }
    if others.contains(&"GET") {
        others.push("HEAD");
    }
    others.sort_unstable();
    others.dedup();
    Ok(Found::OtherMethods(others))
}

/// A method that routes have, as a text that stays.
fn name(method: &Method) -> Option<&'static str> {
    ["DELETE", "GET", "POST", "PUT"].into_iter().find(|name| method == name)
}

fn decode((name, raw): (&'static str, &str)) -> Result<(&'static str, String), ApiError> {
    match percent_decode_str(raw).decode_utf8() {
        Ok(value) => Ok((name, value.into_owned())),
        Err(_) => Err(ApiError::input(format!("{name} {raw:?} in the path is not percent-encoded UTF-8"))),
    }
}
