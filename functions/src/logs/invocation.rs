//! What all lines of an invocation have in common.

use std::task::{Context, Poll};

use lambda_http::lambda_runtime::tower::{Layer, Service};
use lambda_http::lambda_runtime::{self, LambdaInvocation};
use tracing::field::Empty;
use tracing::instrument::{Instrument as _, Instrumented};
use treble_core::trace::TraceContext;

/// The trace that Lambda has an invocation in: of whoever called, or one that it began.
pub(crate) fn trace(context: &lambda_runtime::Context) -> Option<TraceContext> {
    TraceContext::from_xray(context.xray_trace_id.as_deref()?)
}

/// Puts each invocation into a span, which all lines of it are in: Lambda's request id, whether it was the first of its
/// process, and what is found out later: where a trace leads, the route, the hook, the taskId.
pub(crate) struct Invocations;

impl<S> Layer<S> for Invocations {
    type Service = Invoked<S>;

    fn layer(&self, inner: S) -> Invoked<S> {
        Invoked { inner, warm: false }
    }
}

/// See [`Invocations`].
pub(crate) struct Invoked<S> {
    inner: S,
    warm: bool,
}

impl<S: Service<LambdaInvocation>> Service<LambdaInvocation> for Invoked<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = Instrumented<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let cold_start = !std::mem::replace(&mut self.warm, true);
        let span = tracing::error_span!(
            "invocation",
            requestId = invocation.context.request_id,
            coldStart = cold_start,
            trace = Empty,
            route = Empty,
            hook = Empty,
            taskId = Empty,
        );
        if let Some(trace) = trace(&invocation.context) {
            span.record("trace", tracing::field::display(trace));
        }
        let future = span.in_scope(|| self.inner.call(invocation));
        future.instrument(span)
    }
}
