#!/usr/bin/env bash
# Compiles all crates with the oldest versions of what they depend on, in a copy of what is committed.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

git archive HEAD | tar --extract --directory "$copy"
# Only the versions of our own Cargo.toml are the oldest; what the dependencies need among themselves is their affair.
(cd "$copy" && "$cargo" +nightly update --quiet -Z direct-minimal-versions)
CARGO_TARGET_DIR=$(realpath -m "${CARGO_TARGET_DIR:-target}")/minimal-versions "$cargo" check --locked --quiet \
    --manifest-path "$copy/Cargo.toml" --workspace --lib --bins --all-features
