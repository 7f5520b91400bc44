//! A trace as attributes of a message: X-Ray's, which AWS's services know, and W3C's, which others do.

use std::collections::HashMap;

use aws_sdk_sqs::types::{
    MessageAttributeValue, MessageSystemAttributeNameForSends, MessageSystemAttributeValue,
};
use treble_core::trace::{TRACEPARENT, TraceContext};

/// What attributes are made of.
const TEXT: &str = "String";

/// The bytes that [`traceparent_attribute`] adds to a message: its name, its type, its value.
pub(super) const TRACEPARENT_BYTES: usize = TRACEPARENT.len() + TEXT.len() + 55;

/// The system attribute `AWSTraceHeader`, which doesn't count as part of a message.
pub(crate) fn xray_attribute(
    trace: &TraceContext,
) -> HashMap<MessageSystemAttributeNameForSends, MessageSystemAttributeValue> {
    let value = MessageSystemAttributeValue::builder().data_type(TEXT).string_value(trace.xray()).build();
    // It has a type, which is all that it must have.
    value.into_iter().map(|value| (MessageSystemAttributeNameForSends::AwsTraceHeader, value)).collect()
}

/// The attribute `traceparent`.
pub(super) fn traceparent_attribute(trace: &TraceContext) -> HashMap<String, MessageAttributeValue> {
    let value = MessageAttributeValue::builder().data_type(TEXT).string_value(trace.to_string()).build();
    // The same.
    value.into_iter().map(|value| (TRACEPARENT.to_owned(), value)).collect()
}
