//! Reads one XML-RPC document from standard input, and shows what it means or where it is wrong.
//!
//! ```console
//! $ echo '<methodResponse><params><param><value><int>5</int></value></param></params></methodResponse>' \
//!     | cargo run --quiet --example decode
//! a response: Int(5)
//! ```

use std::io::Read;
use std::process::ExitCode;

use xend_wire::Limits;
use xend_wire::xmlrpc::{self, Message, Response, Rules};

fn main() -> std::io::Result<ExitCode> {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input)?;
    match xmlrpc::decode(&input, Rules::spec(), &Limits::default()) {
        Ok(Message::Call(call)) => println!("a call of {} with {} parameters", call.method(), call.params().count()),
        Ok(Message::Response(Response::Success(document))) => println!("a response: {:?}", document.value().to_value()),
        Ok(Message::Response(Response::Fault(fault))) => println!("a fault: {:?}", fault.to_fault()),
        Err(error) => {
            eprintln!("{}", error.render(&input));
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}
