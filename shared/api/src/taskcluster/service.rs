//! From a request to a response: the checks that every route shares, in their order.

use std::sync::Arc;

use http::Method;
use jiff::Timestamp;
use serde_json::{Map, Value};
use treble_core::fire::Engine;
use treble_core::hook::HookName;
use treble_core::ports::{BindingLedger, HookStore};
use treble_core::schema::listed;
use treble_core::scope::Expr;
use treble_core::secret::MasterKey;
use treble_core::slugid::SlugId;

use super::body::{self, ContentType, Payload, Unreadable};
use super::call::{Call, Reply};
use super::denied::DeniedExchanges;
use super::done::Done;
use super::error::{ApiError, Code, MAX_ECHO_BYTES, RequestInfo};
use super::query::check_query;
use super::response::{self, Response};
use super::route::{self, PATH_PARAMETERS, Place, Route};
use super::{ALL_ROUTES, documents};
use crate::auth::{Authenticator, Caller, SignedRequest};
use crate::gates::Administration;
use crate::request::{Body, Request};

/// A deployment's address and version, as it tells them.
#[derive(Debug, Clone)]
pub struct About {
    /// The deployment's root URL, without a slash at the end.
    pub root_url: String,
    /// The release.
    pub version: &'static str,
    /// The commit that it was built from, where that is known.
    pub commit: Option<&'static str>,
    /// When the process started.
    pub started: Timestamp,
}

/// What the handlers of the dialect work with.
pub struct Service {
    /// Address and version.
    pub about: About,
    /// Where hooks are kept.
    pub hooks: Arc<dyn HookStore>,
    /// What became of their bindings at the broker, where there is one.
    pub bindings: Arc<dyn BindingLedger>,
    /// What fires them, and keeps the records.
    pub engine: Engine,
    /// Integrators and what is delivered to them, for whoever administers them; None where none of the routes that are answered needs it.
    pub gates: Option<Administration>,
    /// Tells who calls.
    pub authenticator: Arc<dyn Authenticator>,
    /// From which trigger tokens are derived; None where none of the routes that are answered needs it.
    pub master_key: Option<MasterKey>,
    /// The exchanges that no hook may be bound to.
    pub denied_exchanges: DeniedExchanges,
    /// The clock.
    pub now: fn() -> Timestamp,
}

impl Service {
    /// Answers a request for anything that a deployment has: a document or a route.
    pub async fn respond_to_all(&self, request: &Request) -> Response {
        match documents::respond(&self.about, request) {
            Some(response) => response,
            None => self.respond(ALL_ROUTES, request).await,
        }
    }

    /// The trigger token of a hook's generation of them.
    pub(super) fn trigger_token(&self, hook: &HookName, generation: u64) -> Result<SlugId, ApiError> {
        let key = self.master_key.as_ref().ok_or_else(|| ApiError::internal("no master key was given"))?;
        Ok(key.trigger_token(hook, generation))
    }

    /// Answers a request for one of `routes`. Never fails: what goes wrong is a response too.
    pub async fn respond(&self, routes: &[&Route], request: &Request) -> Response {
        let path = request.parts.uri.path();
        if let Some(route) = route::find_alias(routes, path) {
            return response::finish(request, self.respond_at_alias(route, request).await, false);
        }
        let place = route::below_mount(path);
        let api = place.is_some();
        let response = match place {
            Some(place) => self.respond_below_mount(routes, &place, request).await,
            None => self.no_such_route(request),
        };
        response::finish(request, response, api)
    }

    /// Outside the mount, nothing of the request matters.
    async fn respond_at_alias(&self, route: &Route, request: &Request) -> Response {
        let mut call = Call::without_request((self.now)());
        let done = Done::by(route.name);
        match (route.handler)(self, &mut call).await {
            Ok(reply) => done.told_with(response::json(reply)),
            Err(error) => {
                log(&error, route);
                let info = RequestInfo { payload: echo(request), ..RequestInfo::new(route.name, call.now) };
                Done { code: Some(error.code), ..done }.told_with(response::error(&error, &info))
            }
        }
    }

    async fn respond_below_mount(&self, routes: &[&Route], place: &Place<'_>, request: &Request) -> Response {
        let method = &request.parts.method;
        if *method == Method::OPTIONS {
            return match route::allowed(routes, place).as_slice() {
                [] => self.no_such_route(request),
                methods => response::options(methods),
            };
        }
        match route::find(routes, method, place) {
            Some(route) => self.call(route, place, request).await,
            None => self.no_such_route(request),
        }
    }

    fn no_such_route(&self, request: &Request) -> Response {
        let (method, path) = (&request.parts.method, request.parts.uri.path());
        let mount = route::below_mount(path).map_or(route::MOUNT, |place| place.mount);
        let listed = route::reference_path(mount);
        let message = format!("There is no {method} {path}: the routes are listed at {listed}");
        let payload = Some(Value::Object(Map::new()));
        let info = RequestInfo { payload, ..RequestInfo::new(RequestInfo::UNKNOWN, (self.now)()) };
        let done = Done { code: Some(Code::ResourceNotFound), ..Done::by(RequestInfo::UNKNOWN) };
        done.told_with(response::error(&ApiError::not_found(message), &info))
    }

    /// Runs a route's checks and its handler, and puts what goes wrong into an envelope.
    async fn call(&self, route: &Route, place: &Place<'_>, request: &Request) -> Response {
        let mut info = RequestInfo::new(route.name, (self.now)());
        let mut done = Done::by(route.name);
        tracing::Span::current().record("route", route.name);
        match self.checked_call(route, place, request, &mut info, &mut done).await {
            Ok(reply) => done.told_with(response::json(reply)),
            Err(error) => {
                log(&error, route);
                // Read again, rather than kept: most calls go well, and a parsed body is large.
                info.payload = info.payload.or_else(|| echo(request));
                Done { code: Some(error.code), ..done }.told_with(response::error(&error, &info))
            }
        }
    }

    async fn checked_call(
        &self,
        route: &Route,
        place: &Place<'_>,
        request: &Request,
        info: &mut RequestInfo,
        done: &mut Done,
    ) -> Result<Reply, ApiError> {
        info.params = route
            .parse_parameters(place)
            .map_err(|error| ApiError::new(Code::InvalidRequestArguments, error.to_string()))?;
        let payload =
            body::read(&request.parts.headers, &request.body).map_err(|unreadable| unreadable.error)?;
        let caller = self.authorize(route, request, info).await?;
        check_parameters(&info.params)?;
        let query = check_query(route, request.parts.uri.query())?;
        let mut call = Call {
            parameters: info.params.clone(),
            query,
            payload: check_payload(self, route, request, payload)?,
            caller,
            now: info.time,
            trace: request.trace(),
            firing: None,
        };
        if let Some(trace) = call.trace {
            tracing::Span::current().record("trace", tracing::field::display(trace));
        }
        done.hook = call.hook_name().ok();
        if let Some(hook) = &done.hook {
            tracing::Span::current().record("hook", tracing::field::display(hook));
        }
        let result = (route.handler)(self, &mut call).await;
        done.firing = call.firing;
        if result.is_err() && !call.payload.is_null() {
            info.payload = Some(call.payload);
        }
        result
    }

    /// Who calls, if they may; None where the route asks nobody.
    async fn authorize(
        &self,
        route: &Route,
        request: &Request,
        info: &RequestInfo,
    ) -> Result<Option<Caller>, ApiError> {
        let Some(template) = &route.scopes else {
            return Ok(None);
        };
        let body = match &request.body {
            Body::Complete(body) => Some(&**body),
            Body::TooLarge | Body::Incomplete => None,
        };
        let mut signed = SignedRequest::new(&request.parts, body);
        if let Some(delivered) = &request.delivered {
            signed = signed.or_resource(delivered);
        }
        let caller = self.authenticator.authenticate(&signed, info.time).await?;
        let needed = template
            .render(|name| info.params.get(name).and_then(Value::as_str))
            .map_err(ApiError::internal)?;
        match needed.missing(&caller.scopes) {
            None => Ok(Some(caller)),
            Some(missing) => Err(insufficient_scopes(&caller, &needed, &missing)),
        }
    }
}

fn insufficient_scopes(caller: &Caller, needed: &Expr, missing: &Expr) -> ApiError {
    let message = match &caller.client_id {
        None => format!(
            "This request requires Taskcluster credentials that satisfy the following scope expression:\n\n\
             ```\n{needed}\n```"
        ),
        Some(client_id) => format!(
            "Client ID {client_id} does not have sufficient scopes and is missing the following scopes:\n\n\
             ```\n{missing}\n```\n\n\
             This request requires the client to satisfy the following scope expression:\n\n```\n{needed}\n```"
        ),
    };
    ApiError::new(Code::InsufficientScopes, message)
}

/// What an error repeats of a body: its JSON, `{}` where it is none, or the text that should have been JSON.
fn echo(request: &Request) -> Option<Value> {
    if matches!(&request.body, Body::Complete(body) if body.len() > MAX_ECHO_BYTES) {
        return None;
    }
    match body::read(&request.parts.headers, &request.body) {
        Ok(Payload::Json(value)) => Some(value),
        Ok(Payload::Ignored) => Some(Value::Object(Map::new())),
        Err(Unreadable { text, .. }) => text.map(Value::String),
    }
}

/// The patterns of the URL's parameters, as clients know them.
fn check_parameters(parameters: &Map<String, Value>) -> Result<(), ApiError> {
    let wrong: Vec<String> = parameters
        .iter()
        .filter_map(|(name, value)| {
            let value = value.as_str()?;
            let parameter = PATH_PARAMETERS.iter().find(|parameter| parameter.name == name)?;
            let pattern = parameter.pattern;
            (!(parameter.matches)(value)).then(|| {
                format!(
                    "URL parameter '{name}' given as '{value}' must match regular expression: '{pattern}'"
                )
            })
        })
        .collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let message = format!("Invalid URL patterns:\n{}", wrong.join("\n"));
    Err(ApiError::new(Code::InvalidRequestArguments, message))
}

/// The body that a route's schema asks for; `null` where it asks for none.
fn check_payload(
    service: &Service,
    route: &Route,
    request: &Request,
    payload: Payload,
) -> Result<Value, ApiError> {
    let Some(schema) = route.input else {
        return Ok(Value::Null);
    };
    let Payload::Json(payload) = payload else {
        let content_type = ContentType::of(&request.parts.headers).raw.unwrap_or_else(|| "null".into());
        let message = format!(
            "Payload must be JSON with content-type: application/json got content-type: {content_type}"
        );
        return Err(ApiError::new(Code::MalformedPayload, message));
    };
    match schema.check(&payload) {
        Ok(Ok(())) => Ok(payload),
        Ok(Err(violations)) => {
            let (id, errors) = (schema.id(&service.about.root_url), listed(&violations));
            let message = format!("\nSchema Validation Failed!\nRejecting Schema: {id}\nErrors:\n{errors}");
            Err(ApiError::new(Code::InputValidationError, message))
        }
        Err(error) => Err(ApiError::internal(error.to_string())),
    }
}

/// What went wrong inside goes to the log, with its chain of causes.
fn log(error: &ApiError, route: &Route) {
    let Some(cause) = &error.cause else { return };
    let chain: Vec<String> =
        std::iter::successors(Some(&**cause as &dyn std::error::Error), |error| error.source())
            .map(ToString::to_string)
            .collect();
    tracing::error!(
        method = route.name,
        code = error.code.as_str(),
        cause = chain.join(": "),
        "{}",
        error.message
    );
}
