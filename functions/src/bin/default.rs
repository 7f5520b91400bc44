//! Answers what no other function does: documents, what is asked in vain, and any route whose path a gateway that decodes
//! paths could not tell. It is the function of the gateway's `$default` route.

use std::process::ExitCode;

use treble_api::taskcluster::{ROUTES, documents};
use treble_functions::{Function, Uses, run};

const FUNCTION: Function =
    Function { routes: ROUTES, documents: Some(documents::respond), uses: Uses::EVERYTHING };

fn main() -> ExitCode {
    run(FUNCTION)
}
