//! Malformed case files and baselines are reported with file, line and caret, and the exit status is 2.

use crate::cli::{path, snapshots, transcript, transcript_in};

/// Writes a case file with this name and text, and returns the output of `list`.
fn listed(name: &str, text: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(name);
    std::fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
    std::fs::write(&file, text).expect("it is written");
    let folder = folder.path();
    transcript_in(folder, &["list", "--cases", path(folder)], b"")
}

/// All malformed case files are in one snapshot, one below the other.
#[test]
fn malformed_cases() {
    let head = "id = \"sexpr/a\"\ntitle = \"A\"\nsource = \"nowhere\"\n";
    let input = "input = \"a\"\n";
    let values = "values = [{ atom = \"a\" }]\n";
    let with = |rest: &str| format!("{head}{input}{rest}");
    let texts = [
        ("not TOML", with("[[expect]\n")),
        ("a misspelt key", with("[[expect]]\nlevle = \"must\"\n")),
        ("no title", "id = \"sexpr/a\"\n".to_owned()),
        ("another id", with("").replace("sexpr/a", "sexpr/b")),
        ("no input", format!("{head}[[expect]]\nlevel = \"must\"\n{values}")),
        ("two inputs", with(&format!("input_base64 = \"YQ==\"\n[[expect]]\nlevel = \"must\"\n{values}"))),
        ("not base64", format!("{head}input_base64 = \"?\"\n[[expect]]\nlevel = \"must\"\n{values}")),
        ("no such file", format!("{head}input_file = \"no.xml\"\n[[expect]]\nlevel = \"must\"\n{values}")),
        (
            "a wrong piece",
            format!("{head}input_generated = [{{ repeat = \"a\" }}]\n[[expect]]\nlevel = \"must\"\n{values}"),
        ),
        (
            "too long",
            format!(
                "{head}input_generated = [{{ repeat = \"a\", times = 100000000 }}]\n[[expect]]\nlevel = \"must\"\n{values}"
            ),
        ),
        ("no expectation", with("")),
        ("no version", format!("{head}since = \"soon\"\n{input}[[expect]]\nlevel = \"must\"\n{values}")),
        (
            "an unknown rule",
            format!("{head}rule = \"sexpr/escape-octla\"\n{input}[[expect]]\nlevel = \"must\"\n{values}"),
        ),
        ("an unknown level", with(&format!("[[expect]]\nlevel = \"shall\"\n{values}"))),
        ("unknown rules", with(&format!("[[expect]]\nrules = [\"strikt\"]\nlevel = \"must\"\n{values}"))),
        ("no rules", with(&format!("[[expect]]\nrules = []\nlevel = \"must\"\n{values}"))),
        ("rules twice", with(&format!("[[expect]]\nrules = [\"xend\", \"xend-4.1\"]\nlevel = \"must\"\n{values}"))),
        (
            "two defaults",
            with(&format!("[[expect]]\nlevel = \"must\"\n{values}\n[[expect]]\nlevel = \"must\"\n{values}")),
        ),
        ("no outcome", with("[[expect]]\nlevel = \"must\"\n")),
        ("two outcomes", with(&format!("[[expect]]\nlevel = \"must\"\nreject = \"unexpected-end\"\n{values}"))),
        ("no alternative", with("[[expect]]\nlevel = \"may\"\nany_of = []\n")),
        ("an empty alternative", with("[[expect]]\nlevel = \"may\"\nany_of = [{ by = [\"x\"] }]\n")),
        ("an unknown kind", with("[[expect]]\nlevel = \"must\"\nreject = \"unexpected-ned\"\n")),
        ("an unknown feature", with(&format!("[[expect]]\nlevel = \"must\"\nneeds = [\"nill\"]\n{values}"))),
        ("a value of the other codec", with("[[expect]]\nlevel = \"must\"\nvalues = [{ int = \"1\" }]\n")),
        ("values that are none", with("[[expect]]\nlevel = \"must\"\nvalues = \"a\"\n")),
    ];
    let mut all = String::new();
    for (name, text) in &texts {
        all += &format!("=== {name}\n{}\n", listed("sexpr/a.toml", text.as_bytes()));
    }
    let good = format!("{head}{input}[[expect]]\nlevel = \"must\"\n{values}");
    all += &format!("=== a misspelt codec\n{}\n", listed("sexrp/a.toml", good.as_bytes()));
    all += &format!("=== no codec\n{}\n", listed("a.toml", good.as_bytes()));
    all += &format!("=== not UTF-8\n{}\n", listed("sexpr/a.toml", b"id = \"\xff\"\n"));
    let _guard = snapshots();
    insta::assert_snapshot!("malformed-cases", all.trim_end());
    for transcript in all.split("=== ").skip(1) {
        assert!(transcript.contains("[exit 2]"), "{transcript}");
    }
}

#[test]
fn malformed_baselines() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("baseline.toml");
    let with_baseline = |text: &[u8]| {
        std::fs::write(&file, text).expect("it is written");
        let arguments = ["test", "--filter", "sexpr/list-empty@strict", "--baseline", path(&file)];
        transcript_in(folder.path(), &arguments, b"")
    };
    let texts: [(&str, &[u8], i32); 16] = [
        ("not TOML", b"# known\nsexpr/a # why\n", 2),
        ("an entry with an empty reason", b"  \"sexpr/a\" =  \" \"\n", 2),
        ("an entry without its reason", b"\"sexpr/a\" = { verdict = \"fail\" }\n", 2),
        ("an entry of another type", b"\"sexpr/a\" = 1\n", 2),
        ("an unknown key", b"\"sexpr/a\" = { reason = \"why\", because = \"x\" }\n", 2),
        ("an unknown verdict", b"\"sexpr/a\" = { reason = \"why\", verdict = \"broken\" }\n", 2),
        ("no date", b"\"sexpr/a\" = { reason = \"why\", until = 2027-01-31T00:00:00 }\n", 2),
        ("an entry twice", b"\"sexpr/a\" = \"why\"\n\"sexpr/a\" = \"why\"\n", 2),
        ("a broken pattern", b"\"sexpr/[a\" = \"why\"\n", 2),
        ("not UTF-8", b"\xff", 2),
        (
            "an entry that matches nothing",
            b"\"sexpr/no-such-case\" = \"why\"\n\"sexpr/list-empty@spec\" = \"why\"\n",
            1,
        ),
        ("an entry that passes", b"\"sexpr/list-empty\" = \"why\"\n", 1),
        (
            "an entry that passes, with its issue",
            b"\"sexpr/list-empty\" = { reason = \"why\", issue = \"https://example.org/1\" }\n",
            1,
        ),
        ("an entry that may pass", b"\"sexpr/list-empty\" = { reason = \"why\", flaky = true }\n", 0),
        ("a comment alone", b"# nothing known", 0),
        ("none", b"# nothing known\n\n", 0),
    ];
    let mut all = String::new();
    for (name, text, exit) in texts {
        let transcript = with_baseline(text);
        assert!(transcript.ends_with(&format!("[exit {exit}]\n")), "{name}: {transcript}");
        all += &format!("=== {name}\n{transcript}\n");
    }
    let _guard = snapshots();
    insta::assert_snapshot!("malformed-baselines", all.trim_end());
}

#[test]
fn a_case_of_one_s_own() {
    let text = b"id = \"sexpr/mine\"\ntitle = \"Mine\"\nsource = \"me\"\ninput = '(a (b c))'\n\n[[expect]]\nlevel = \"must\"\n\
        values = [{ list = [{ atom = \"a\" }, { list = [{ atom = \"b\" }, { atom = \"d\" }] }] }]\n";
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("sexpr")).expect("a folder");
    std::fs::write(folder.path().join("sexpr/mine.toml"), text).expect("it is written");
    let cases = path(folder.path());
    let shown = |arguments: &[&str]| transcript_in(folder.path(), &[arguments, &["--cases", cases]].concat(), b"");
    let all = shown(&["list"])
        + &shown(&["list", "--json"])
        + &shown(&["explain", "sexpr/mine"])
        + &shown(&["test", "--rules", "strict"]);
    let _guard = snapshots();
    insta::assert_snapshot!("own-case", all);
}

/// A case that came with a later version of the suite is left out for those who stay with an earlier one.
#[test]
fn later_cases_are_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("sexpr")).expect("a folder");
    for (name, since) in [("old", ""), ("new", "since = \"0.1.0\"\n")] {
        let text = format!(
            "id = \"sexpr/{name}\"\ntitle = \"{name}\"\nsource = \"me\"\n{since}input = 'a'\n\n\
             [[expect]]\nlevel = \"must\"\nvalues = [{{ atom = \"a\" }}]\n"
        );
        std::fs::write(folder.path().join(format!("sexpr/{name}.toml")), text).expect("it is written");
    }
    let shown = |version: &str| {
        let words = ["test", "--cases", path(folder.path()), "--rules", "strict", "--suite-version", version];
        transcript(&words, b"").lines().nth(1).unwrap_or_default().to_owned()
    };
    assert!(shown("0.0.9").contains("1 case: 1 pass"), "{}", shown("0.0.9"));
    assert!(shown("0.1.0").contains("2 cases: 2 pass"), "{}", shown("0.1.0"));
}

#[test]
fn no_cases() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let all = transcript_in(folder, &["list", "--cases", path(folder)], b"")
        + &transcript(&["test", "--cases", "/nowhere"], b"");
    let _guard = snapshots();
    insta::assert_snapshot!("no-cases", all);
}
