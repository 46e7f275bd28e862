#!/usr/bin/env bash
# Runs every check before a release, and tells at the end what failed, what could not run and why, and what is left to
# a person. A step that fails does not keep the others from running.
#
# usage: packaging/release-check.sh [STEP...]     (all steps if none is named)
set -uo pipefail
cd "$(dirname "$0")/.."
export CARGO=${CARGO:-cargo} PYTHON=${PYTHON:-python3}
asked=("$@")
known=() passed=() failed=() left=()

step() { # NAME WHY-NOT TEST COMMAND...: runs the command if the test holds
    local name=$1 why=$2 test=$3 since=$SECONDS
    shift 3
    known+=("$name")
    if [ ${#asked[@]} != 0 ] && [[ " ${asked[*]} " != *" $name "* ]]; then return; fi
    if ! (eval "$test") >/dev/null 2>&1; then
        echo "release-check: $name can't run: $why"
        left+=("$name: $why")
        return
    fi
    echo "release-check: $name: $*"
    if "$@"; then passed+=("$name ($((SECONDS - since)) s)"); else failed+=("$name"); fi
}

clean() { # Whether everything is committed.
    local changes
    changes=$(git status --short) || return
    [ -z "$changes" ] || { echo "$changes"; echo 'a release is made of what is committed'; return 1; }
}

latest=$(git describe --tags --abbrev=0 --match 'v[0-9]*' 2>/dev/null)
advisories=${CARGO_HOME:-$HOME/.cargo}/advisory-dbs

step clean 'never' true clean
step fullcheck 'never' true make fullcheck
step soak 'never' true make soak
step power-deep 'cargo-mutants is missing: cargo install --locked cargo-mutants' '"$CARGO" mutants --version' make power-deep
step oracles 'Python 2 with xmlrpclib and Python 3 must both be there' 'make oracles-there | grep -q "oracles: 2 of 2"' make oracles
step msrv 'rustup is missing' 'rustup --version' make msrv
step minimal-versions 'the nightly toolchain is missing: rustup toolchain install nightly --profile minimal' '"$CARGO" +nightly --version' make minimal-versions
step advisories "cargo-deny, or its database below $advisories, is missing: cargo install --locked cargo-deny; cargo deny fetch db" '"$CARGO" deny --version && [ -n "$(ls "$advisories")" ]' make advisories
if [ -z "$latest" ]; then
    step semver 'no release has a tag, so that there is nothing to compare with' false
else
    step semver 'cargo-semver-checks is missing: cargo install --locked cargo-semver-checks' '"$CARGO" semver-checks --version' \
        "$CARGO" semver-checks --workspace --baseline-rev "$latest"
fi
step dist "$PYTHON needs the modules build and hatchling; npm and cargo-cyclonedx must be there" \
    '"$PYTHON" -c "import build, hatchling" && npm --version && "$CARGO" cyclonedx --version' make dist

for name in "${asked[@]}"; do
    [[ " ${known[*]} " = *" $name "* ]] || { echo "error: there is no step $name, only ${known[*]}" >&2; exit 2; }
done

# Each item begins with its number; what follows on further lines stays in the file.
echo
echo 'Left to a person (RELEASING.md says how):'
sed -n '/^## Left to a person/,$p' RELEASING.md | grep -E '^[0-9]+\. '
echo
for one in "${passed[@]}"; do echo "passed     $one"; done
for one in "${left[@]}"; do echo "not run    $one"; done
for one in "${failed[@]}"; do echo "FAILED     $one"; done
echo "release-check: ${#passed[@]} passed, ${#failed[@]} failed, ${#left[@]} could not run"
[ ${#failed[@]} = 0 ]
