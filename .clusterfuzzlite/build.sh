#!/bin/bash -eu
# Puts into $OUT what ClusterFuzzLite and OSS-Fuzz run: each fuzz target, its seeds as a zip archive, and its options.
# It runs in the folder of the project, with the nightly toolchain as the default.
#
# usage: build.sh [TARGET...]     (all targets if none is named)
targets=${*:-$(cargo fuzz list)}
host=$(rustc --print host-tuple)

cargo run --quiet --manifest-path fuzz/Cargo.toml --example seed
for target in $targets; do
    # Assertions of the code count as findings, as in `make fuzz`.
    cargo fuzz build --release --debug-assertions "$target"
    cp "fuzz/target/$host/release/$target" "$OUT/"
    (cd "fuzz/corpus/$target" && find . -type f | LC_ALL=C sort | zip --quiet -@ "$OUT/${target}_seed_corpus.zip")
    printf '[libfuzzer]\nmax_len = 4096\nrss_limit_mb = 2048\n' >"$OUT/$target.options"
done
