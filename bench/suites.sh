#!/bin/sh
# How many cases a second the harness judges, by the kind of subject. Usage: bench/suites.sh HARNESS
set -eu
harness=$1
best() { # NAME ARGUMENTS...: the best of three turns
    name=$1
    shift
    for turn in 1 2 3; do
        # Any verdict will do: a subject that does nothing passes few cases.
        "$harness" test --quiet --timing "$@" 2>&1 >/dev/null | grep ' answers in ' || true
    done | awk -v name="$name" '{ rate = $1 / $4; if (rate > most) { most = rate; answers = $1; seconds = $4 } }
        END { printf "%-34s %9d answers %8.2f s %9.0f a second\n", name, answers, seconds, most }'
}
best "built-in codecs" --suite reading
best "kept alive, all documents" --suite reading -- "$harness" subject
best "kept alive, documents below 1 MB" --suite reading --exclude '*/{big-string-8m,wide-100k,list-70000-lists}' \
    -- "$harness" subject
best "started for each case" --suite reading --once --filter 'xmlrpc/[a-d]*' -- \
    sh -c 'cat >/dev/null; echo "{\"reject\":\"no\"}"'
