//! CCX's ends of the gates, for people who try them: the integrator's, and the platform's.
//!
//! - `words` is how calls are named on a command line.
//! - `mock_hooks` is an integrator's HTTP server, which prints what it is asked and told.
//! - `test_client` calls the service as the platform does; `calls` knows the messages of each call, and `fields` what these are
//!   made of.

mod calls;
mod fields;
pub(crate) mod mock_hooks;
pub(crate) mod test_client;
pub(crate) mod words;
