//! The version of the crates is that of everything else that is handed out.

use std::path::Path;

#[test]
fn every_package_has_the_version_of_the_crates() {
    let version = env!("CARGO_PKG_VERSION");
    for (file, line) in [
        ("packaging/python/pyproject.toml", format!("version = \"{version}\"\n")),
        ("packaging/npm/package.json", format!("  \"version\": \"{version}\",\n")),
        ("action.yml", format!("    default: {version}\n")),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(text.contains(&line), "{file} has another version than {version}");
    }
}
