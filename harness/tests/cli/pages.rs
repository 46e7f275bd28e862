//! Manual pages, and completions of shells.

use std::process::Command;

use crate::cli::{HARNESS, path, run, transcript};

/// Bash asks the function that `complete` names, as it does when the user presses the tab key.
#[test]
fn bash_completes_commands() {
    let script = r#"source <("$0" completions bash)
        COMP_WORDS=(xend-harness exp) COMP_CWORD=1
        $(complete -p xend-harness | sed 's/.*-F \([^ ]*\).*/\1/') xend-harness exp xend-harness
        echo "${COMPREPLY[@]}""#;
    let output = Command::new("bash").args(["-c", script, HARNESS]).output().expect("there is bash");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "explain\n", "{output:?}");
    // What stands behind a command is that command's.
    let script = script.replace("exp) COMP_CWORD=1", "test --cod) COMP_CWORD=2").replace(" exp xend", " --cod test");
    let output = Command::new("bash").args(["-c", &script, HARNESS]).output().expect("there is bash");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "--codec\n", "{output:?}");
}

#[test]
fn each_shell_gets_completions_of_its_own() {
    let made = ["bash", "elvish", "fish", "powershell", "zsh"].map(|shell| {
        let text = String::from_utf8(run(&["completions", shell], b"").stdout).expect("it is UTF-8");
        assert!(text.contains("xend-harness") && text.contains("explain"), "{shell}: {text}");
        text
    });
    assert!((1..made.len()).all(|at| !made[..at].contains(&made[at])));
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = run(&["man", "--out", path(folder.path())], b"");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), b"".as_slice()));
    let page = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap_or_default();
    let help = String::from_utf8(run(&["--help"], b"").stdout).expect("it is UTF-8");
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = listed.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let commands: Vec<_> = names.filter(|name| !["", "help"].contains(name)).collect();
    assert!(commands.contains(&"explain") && commands.contains(&"man"), "{commands:?}");
    for command in commands {
        let page = page(&format!("xend-harness-{command}.1"));
        let title = format!(".TH xend-harness-{command} 1  \"xend-harness {}\"", env!("CARGO_PKG_VERSION"));
        assert!(page.contains(".SH SYNOPSIS") && page.contains(&title), "{command}: {page}");
    }
    assert_eq!(run(&["man"], b"").stdout, page("xend-harness.1").as_bytes());
}

#[test]
fn a_manual_page_that_cannot_be_written_is_a_mistake_of_the_user() {
    let shown = transcript(&["man", "--out", "/nowhere/at/all"], b"");
    assert_eq!(
        shown,
        "$ xend-harness man --out /nowhere/at/all\n\
         error: /nowhere/at/all: No such file or directory (os error 2)\n[exit 2]\n"
    );
}
