#!/usr/bin/env bash
# Breaks the parsers and printers in one place at a time, and tells how many of these mutants the cases alone find. Fails if
# they find less than 90 %, or if a mutant lives for which living-mutants.tsv has no reason. A run of all mutants also fails
# for a reason whose mutant does not live.
#
# usage: wire/power-deep.sh [--jobs N] [OPTION...]     options of cargo-mutants, such as --shard 0/8
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}

# Each job has a copy of the project, and must not share the folder that cargo builds in with the others.
status=0
env -u CARGO_TARGET_DIR END_AT_FIRST_FAILURE=1 "${CARGO:-cargo}" mutants --package xend-wire --cargo-arg=--test=conformance --output "$target" "$@" \
    -- -- cases/ || status=$?
# 2: some live; 3: some were ended because they took too long, which is found out, too.
[ "$status" = 0 ] || [ "$status" = 2 ] || [ "$status" = 3 ] || exit "$status"

out=$target/mutants.out
caught=$(cat "$out"/{caught,timeout}.txt | wc -l)
living=$(wc -l < "$out/missed.txt")
viable=$((caught + living))
[ "$viable" -gt 0 ] || { echo "power-deep: no mutant could be built" >&2; exit 1; }
echo "power-deep: the cases find $caught of $viable mutants, $((100 * caught / viable)) %; $living live"

# Lines move, so a reason names its mutant without line and column. Of mutants with one name, each has a row of its own.
names=$(mktemp)
trap 'rm -f "$names"' EXIT
grep -v '^#' wire/living-mutants.tsv | cut -f1 | LC_ALL=C sort > "$names"
compared=$(sed -E 's/:[0-9]+:[0-9]+: /: /' "$out/missed.txt" | LC_ALL=C sort | LC_ALL=C comm - "$names")
without_reason=$(grep -P '^[^\t]' <<< "$compared" || true)
without_mutant=$(grep -P '^\t[^\t]' <<< "$compared" | cut -f2 || true)
failed=0
if [ -n "$without_reason" ]; then
    printf 'power-deep: wire/living-mutants.tsv has no reason for\n%s\n' "$without_reason" >&2
    failed=1
fi
# With any other option than --jobs, not all mutants may have been tried.
if [[ "$*" =~ ^(--jobs\ [0-9]+)?$ ]] && [ -n "$without_mutant" ]; then
    printf 'power-deep: wire/living-mutants.tsv has a reason for what does not live\n%s\n' "$without_mutant" >&2
    failed=1
fi
if [ $((100 * caught)) -lt $((90 * viable)) ]; then
    echo "power-deep: the cases must find 90 %" >&2
    failed=1
fi
exit "$failed"
