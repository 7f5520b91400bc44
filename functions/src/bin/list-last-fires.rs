//! Lists what came of a hook's firings.

use std::process::ExitCode;

use treble_api::taskcluster::routes::LIST_LAST_FIRES;
use treble_functions::{Function, Uses, run};

const FUNCTION: Function =
    Function { routes: &[&LIST_LAST_FIRES], documents: None, uses: Uses::HOOKS_AND_FIRES };

fn main() -> ExitCode {
    run(FUNCTION)
}
