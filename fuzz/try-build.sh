#!/usr/bin/env bash
# Runs the build script of ClusterFuzzLite and OSS-Fuzz for one fuzz target, and what it has built on the seeds, once.
#
# usage: fuzz/try-build.sh TARGET
set -euo pipefail
target=${1:?usage: fuzz/try-build.sh TARGET}
cd "$(dirname "$0")/.."
OUT=$(mktemp -d)
export OUT
trap 'rm -rf "$OUT"' EXIT

RUSTUP_TOOLCHAIN=nightly .clusterfuzzlite/build.sh "$target"
mkdir "$OUT/seeds"
unzip -q "$OUT/${target}_seed_corpus.zip" -d "$OUT/seeds"
seeds=$(find "$OUT/seeds" -type f | wc -l)
[ "$seeds" -gt 0 ] || { echo "error: $target has no seeds" >&2; exit 1; }
# The options of a target are those of libFuzzer, one a line.
options=$(sed -n 's/^\([a-z_]*\) = \(.*\)/-\1=\2/p' "$OUT/$target.options")
# shellcheck disable=SC2086  # One option a word.
"$OUT/$target" $options -runs=0 "$OUT/seeds" 2>"$OUT/said" || { cat "$OUT/said" >&2; exit 1; }
grep -q "DONE" "$OUT/said" || { cat "$OUT/said" >&2; exit 1; }
echo "fuzz-build: $target was built, and ran its $seeds seeds"
