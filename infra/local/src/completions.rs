//! `treble completions`: what a shell needs to complete our command line.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::output;

/// Runs the command.
pub(crate) fn run(shell: Shell) {
    output::line(script(shell).trim_end());
}

fn script(shell: Shell) -> String {
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn every_shell_learns_of_every_action() {
        for shell in Shell::value_variants() {
            let script = script(*shell);
            assert!(["hooks", "trigger", "dry-run"].iter().all(|word| script.contains(word)), "{shell}");
        }
    }
}
