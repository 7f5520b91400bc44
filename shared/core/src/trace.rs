//! Where a firing belongs in a trace that somebody else keeps: a [`TraceContext`] is taken from whoever caused the firing, and
//! passed on to what it creates, as it is. Nothing here makes up ids.
//!
//! It is read from a `traceparent` (<https://www.w3.org/TR/trace-context/>) or from X-Ray's header
//! (<https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>), and written as either. What
//! is neither is no trace, and never an error.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// The header, or property, that has a trace as W3C writes it.
pub const TRACEPARENT: &str = "traceparent";

/// The header that has a trace as X-Ray writes it.
pub const XRAY_HEADER: &str = "x-amzn-trace-id";

/// The length of a `traceparent` of the version that we know: `00-<trace>-<parent>-<flags>`.
const LENGTH: usize = 55;

/// The trace is kept by whoever caused this.
const SAMPLED: u8 = 1;

/// The flags that the specification knows; others are not passed on. The second says that the trace's id is random.
const KNOWN_FLAGS: u8 = 0b11;

/// A trace, and the span in it that caused something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceContext {
    trace_id: u128,
    parent_id: u64,
    flags: u8,
}

impl TraceContext {
    /// Reads a `traceparent`; of a later version than ours, the part that ours has.
    pub fn from_traceparent(text: &str) -> Option<Self> {
        let (known, rest) = text.split_at_checked(LENGTH)?;
        let mut parts = known.split('-');
        let (version, trace_id) = (hex(parts.next()?, 2)?, hex(parts.next()?, 32)?);
        let (parent_id, flags) = (hex(parts.next()?, 16)?, hex(parts.next()?, 2)?);
        let ends_well = if version == 0 { rest.is_empty() } else { rest.is_empty() || rest.starts_with('-') };
        if version == 0xff || !ends_well || parts.next().is_some() {
            return None;
        }
        Self::new(trace_id, parent_id, u8::try_from(flags).ok()? & KNOWN_FLAGS)
    }

    /// Reads X-Ray's header: `Root=1-<8 digits>-<24 digits>;Parent=<16 digits>;Sampled=<0 or 1>`, in any order and among other
    /// things. Without a parent it names no span, and so is none. The id of the trace is W3C's in two parts.
    pub fn from_xray(text: &str) -> Option<Self> {
        let mut fields = text.split(';').filter_map(|field| field.trim().split_once('='));
        let (mut root, mut parent, mut sampled) = (None, None, false);
        fields.try_for_each(|(name, value)| {
            let earlier = match name {
                "Root" => root.replace(value),
                "Parent" => parent.replace(value),
                "Sampled" => {
                    sampled = value == "1";
                    None
                }
                _ => None,
            };
            earlier.is_none().then_some(())
        })?;
        let (time, unique) = root?.strip_prefix("1-")?.split_once('-')?;
        let trace_id = hex(time, 8)? << 96 | hex(unique, 24)?;
        Self::new(trace_id, hex(parent?, 16)?, u8::from(sampled) * SAMPLED)
    }

    /// Ids of nothing but zeros are none.
    fn new(trace_id: u128, parent_id: u128, flags: u8) -> Option<Self> {
        let parent_id = u64::try_from(parent_id).ok()?;
        (trace_id != 0 && parent_id != 0).then_some(Self { trace_id, parent_id, flags })
    }

    /// As X-Ray writes it.
    pub fn xray(&self) -> String {
        let trace_id = format!("{:032x}", self.trace_id);
        let (time, unique) = trace_id.split_at(8);
        format!("Root=1-{time}-{unique};Parent={:016x};Sampled={}", self.parent_id, self.flags & SAMPLED)
    }
}

/// As W3C writes it.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.parent_id, self.flags)
    }
}

impl Serialize for TraceContext {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads the trace of a message; whatever else is in its place is none.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<TraceContext>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(value.as_str().and_then(TraceContext::from_traceparent))
}

/// So many hexadecimal digits, in lower case.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let well = text.len() == digits && text.bytes().all(is_digit);
    well.then(|| u128::from_str_radix(text, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const PARENT: &str = "00f067aa0ba902b7";

    #[test]
    fn traceparents() {
        let sampled = format!("00-{TRACE}-{PARENT}-01");
        let cases = [
            (sampled.clone(), Some("01")),
            (format!("00-{TRACE}-{PARENT}-00"), Some("00")),
            (format!("00-{TRACE}-{PARENT}-03"), Some("03")),
            // Flags that nobody knows yet are not passed on.
            (format!("00-{TRACE}-{PARENT}-ff"), Some("03")),
            // What a later version adds is left out.
            (format!("01-{TRACE}-{PARENT}-01"), Some("01")),
            (format!("fe-{TRACE}-{PARENT}-01-what-else"), Some("01")),
            (format!("01-{TRACE}-{PARENT}-01."), None),
            (format!("00-{TRACE}-{PARENT}-01-"), None),
            (format!("ff-{TRACE}-{PARENT}-01"), None),
            (format!("00-{}-{PARENT}-01", "0".repeat(32)), None),
            (format!("00-{TRACE}-{}-01", "0".repeat(16)), None),
            (sampled.to_uppercase(), None),
            (format!(" {sampled}"), None),
            (format!("{sampled} "), None),
            (format!("{sampled},{sampled}"), None),
            (format!("00-+{}-{PARENT}-01", &TRACE[1..]), None),
            (format!("00-{TRACE}{PARENT}--01"), None),
            (format!("0-0{TRACE}-{PARENT}-01"), None),
            (format!("00-{TRACE}-{}é-01", &PARENT[2..]), None),
            (format!("00-{TRACE}-{PARENT}-é"), None),
            (format!("00-{TRACE}-{PARENT}-0é"), None),
            (String::new(), None),
        ];
        for (text, flags) in cases {
            let expected = flags.map(|flags| format!("00-{TRACE}-{PARENT}-{flags}"));
            let read = TraceContext::from_traceparent(&text);
            assert_eq!(read.map(|trace| trace.to_string()), expected, "{text:?}");
        }
    }

    #[test]
    fn xray_headers() {
        let (root, parent) = ("1-5759e988-bd862e3fe1be46a994272793", "53995c3f42cd8ad8");
        let cases = [
            (format!("Root={root};Parent={parent};Sampled=1"), Some("01")),
            (format!("Root={root};Parent={parent};Sampled=0"), Some("00")),
            (format!("Root={root};Parent={parent};Sampled=?"), Some("00")),
            (format!("Root={root};Parent={parent}"), Some("00")),
            (format!("Sampled=1; Parent={parent}; Root={root}; Lineage=a87bd80c:0|68fd508a:5"), Some("01")),
            (format!("Self=1-67891234-12456789abcdef012345678;Root={root};Parent={parent}"), Some("00")),
            // A gateway's, which has no span of its own.
            (format!("Root={root}"), None),
            (format!("Root={root};Parent=;Sampled=1"), None),
            (format!("Root={root};Parent={}", "0".repeat(16)), None),
            (format!("Root={root};Root={root};Parent={parent}"), None),
            (format!("Parent={parent};Sampled=1"), None),
            (format!("Root=2{};Parent={parent}", &root[1..]), None),
            (format!("Root={}0;Parent={parent}", root), None),
            (format!("Root=1-00000000-{};Parent={parent}", "0".repeat(24)), None),
            (format!("root={root};parent={parent}"), None),
            (format!("{root};{parent}"), None),
            (String::new(), None),
        ];
        for (text, flags) in cases {
            let expected = flags.map(|flags| format!("00-5759e988bd862e3fe1be46a994272793-{parent}-{flags}"));
            let read = TraceContext::from_xray(&text);
            assert_eq!(read.map(|trace| trace.to_string()), expected, "{text:?}");
            let back = read.map(|trace| TraceContext::from_xray(&trace.xray()));
            assert_eq!(back, read.map(Some), "{text:?}");
        }
        let trace = TraceContext::from_traceparent(&format!("00-{TRACE}-{PARENT}-03")).unwrap();
        let xray = "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1";
        assert_eq!(trace.xray(), xray);
    }
}
