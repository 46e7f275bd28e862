//! What a program says about its command line for other programs: manual pages, and completions of shells. Both
//! programs of the workspace have these two commands.

use std::io;
use std::path::PathBuf;

use clap::Subcommand;
use clap_complete::Shell;
use clap_mangen::Man;

/// The commands `completions` and `man`.
#[derive(Debug, Subcommand)]
pub enum Pages {
    /// Print the completions of this program for a shell
    ///
    /// For bash, `source <(PROGRAM completions bash)` takes them into the running shell. Put the text where the shell
    /// looks for completions to keep them: ~/.local/share/bash-completion/completions/PROGRAM for bash,
    /// ~/.config/fish/completions/PROGRAM.fish for fish, or a file _PROGRAM in a folder of $fpath for zsh.
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page of this program, or write the pages of all its commands
    ///
    /// `PROGRAM man | man -l -` shows the page of the program.
    Man {
        /// Write the pages of the program and of each command into this folder, which must exist
        #[arg(long, value_name = "FOLDER")]
        out: Option<PathBuf>,
    },
}

impl Pages {
    /// Returns the text that goes to standard output for the command line `program`.
    ///
    /// # Errors
    /// Returns the path and the error of the system if a manual page can't be written.
    pub fn make(&self, mut program: clap::Command) -> Result<String, (PathBuf, io::Error)> {
        let mut text = Vec::new();
        match self {
            Self::Completions { shell } => {
                let name = program.get_name().to_owned();
                clap_complete::generate(*shell, &mut program, &name, &mut text);
                if *shell == Shell::Bash {
                    text = with_labels(&text, &name);
                }
            }
            Self::Man { out } => {
                let mut program = program.disable_help_subcommand(true);
                program.build();
                let source = format!("{} {}", program.get_name(), program.get_version().unwrap_or_default());
                let page = |command: &clap::Command| Man::new(command.clone()).source(&source);
                match out {
                    None => page(&program).render(&mut text).expect("memory can be written"),
                    Some(folder) => {
                        let mut left = vec![&program];
                        while let Some(command) = left.pop() {
                            page(command).generate_to(folder).map_err(|error| (folder.clone(), error))?;
                            left.extend(command.get_subcommands());
                        }
                    }
                }
            }
        }
        Ok(String::from_utf8(text).expect("the command line is text"))
    }
}

/// Mends the completions for bash of a program with a hyphen in its name: clap_complete takes what stands behind the hyphen
/// for a command where it names the states, and not where it sets them (clap-rs/clap#6421).
fn with_labels(script: &[u8], program: &str) -> Vec<u8> {
    let script = String::from_utf8_lossy(script);
    script.replace(&program.replace('-', "__subcmd__"), &program.replace('-', "__")).into_bytes()
}
