//! The command `xend-harness`; everything it does is in [`xend_harness::cli`].
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    // A panic, in whatever thread, is a fault of the harness, so it must give the exit status 3 and no other. As it is
    // handed out, the program can't catch one.
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tell(panic);
        std::process::exit(3);
    }));
    xend_harness::cli::main()
}
