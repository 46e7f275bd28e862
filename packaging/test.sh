#!/usr/bin/env bash
# Tests the Python and npm packages with the programs in FOLDER, where pytest and Node.js are, and counts what is left out.
#
# usage: packaging/test.sh FOLDER
set -euo pipefail
XEND_PROGRAMS=$(realpath "${1:?usage: packaging/test.sh FOLDER}")
export XEND_PROGRAMS
cd "$(dirname "$0")"
python=${PYTHON:-python3}
run=0 missing=
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

blocks() { # LANGUAGE: the code blocks of the documentation, which must be true as well
    awk -v fence="\`\`\`$1" '$0 == fence { on = 1; next } /^```/ { on = 0 } on' ../docs/packages.md
}

quietly() { # Shows the output of a command only if it fails.
    local output
    output=$("$@" 2>&1) || { echo "$output"; exit 1; }
}

if "$python" -c 'import pytest, sys; assert sys.version_info >= (3, 9)' >/dev/null 2>&1; then
    export PYTHONPATH=$PWD/python/src PYTHONDONTWRITEBYTECODE=1
    quietly "$python" -m pytest --quiet -p mock_xend.pytest_plugin -p no:cacheprovider python
    blocks python >"$scratch/test_documentation.py"
    quietly "$python" -m pytest --quiet -p mock_xend.pytest_plugin -p no:cacheprovider "$scratch/test_documentation.py"
    run=$((run + 1))
else
    missing="$missing, python (no pytest for $python)"
fi
if node -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)' >/dev/null 2>&1; then
    quietly node --test npm/test/
    mkdir "$scratch/node_modules"
    ln -s "$PWD/npm" "$scratch/node_modules/xend-harness"
    blocks js >"$scratch/documentation.test.mjs"
    quietly node --test "$scratch/documentation.test.mjs"
    run=$((run + 1))
else
    missing="$missing, npm (no Node.js from 20 on)"
fi
echo "packages: $run of 2 tested${missing:+, left out: ${missing#, }}"
