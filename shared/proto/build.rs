//! Makes types, the service's trait and its client of the protocol's definition.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use prost::Message as _;

const DEFINITION: &str = "treble/ccx/v1/hook_service.proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={DEFINITION}");
    let descriptors = Path::new(&env::var("OUT_DIR")?).join("descriptors.bin");
    fs::write(&descriptors, protox::compile([DEFINITION], ["."])?.encode_to_vec())?;
    connectrpc_build::Config::new()
        .descriptor_set(&descriptors)
        .files(&[DEFINITION])
        .include_file("protocol.rs")
        // It would name the descriptors, which are newer than each run of this, and have all be built anew each time.
        .emit_rerun_directives(false)
        .compile()?;
    Ok(())
}
