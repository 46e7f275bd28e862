#!/usr/bin/env bash
# Breaks the parsers and printers in one place at a time, and tells how many of these mutants the cases alone find. Fails if
# it is less than 90 %, or if a mutant lives for which living-mutants.tsv has no reason.
#
# usage: wire/power-deep.sh [OPTION...]     options of cargo-mutants, such as --jobs 2 or --shard 0/8
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}

# Each job has a copy of the project, and must not share the folder that cargo builds in with the others.
status=0
env -u CARGO_TARGET_DIR "${CARGO:-cargo}" mutants --package xend-wire --cargo-arg=--test=conformance --output "$target" "$@" \
    -- -- cases/ || status=$?
# 2: some live; 3: some were ended because they took too long, which is found out, too.
[ "$status" = 0 ] || [ "$status" = 2 ] || [ "$status" = 3 ] || exit "$status"

out=$target/mutants.out
caught=$(cat "$out"/{caught,timeout}.txt | wc -l)
living=$(wc -l < "$out/missed.txt")
# Lines move, so the reasons name a mutant without its line and column.
without_reason=$(sed -E 's/:[0-9]+:[0-9]+: /: /' "$out/missed.txt" | sort -u | comm -23 - <(grep -v '^#' wire/living-mutants.tsv | cut -f1 | sort -u))

viable=$((caught + living))
echo "power-deep: the cases find $caught of $viable mutants, $((100 * caught / viable)) %; $living live"
if [ -n "$without_reason" ]; then
    printf 'power-deep: wire/living-mutants.tsv has no reason for\n%s\n' "$without_reason" >&2
    exit 1
fi
[ $((100 * caught)) -ge $((90 * viable)) ]
