//! The `heron-cli` binary: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(heron_cli::app::run(std::env::args_os(), &heron_cli::env::Env::of_process()))
}
