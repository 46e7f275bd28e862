//! Lists the domains of a host, with their states and memory.
//!
//! ```console
//! $ cargo run --quiet --example list_domains sxp+tcp://localhost:8000
//! Domain-0 running 512 MiB
//! ```

use std::error::Error;
use std::process::ExitCode;

use xend_client::{Client, Uri};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match list().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn list() -> Result<(), Box<dyn Error>> {
    let uri = std::env::args().nth(1).unwrap_or_else(|| "sxp+tcp://localhost:8000".to_owned());
    let client = Client::new(uri.parse::<Uri>()?).detect().await?;
    for domain in client.records().await? {
        let name = domain.name().unwrap_or("(no name)");
        let state = domain.power_state().map_or("(unknown)", |state| state.as_str());
        println!("{name} {state} {} MiB", domain.memory_mib().unwrap_or(0));
    }
    client.logout().await?;
    Ok(())
}
