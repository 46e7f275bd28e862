#!/usr/bin/env bash
# Installs the wheel and the npm package from FOLDER where nothing else is, and uses them as a new user does.
#
# usage: packaging/try.sh FOLDER
set -euo pipefail
packages=$(realpath "${1:?usage: packaging/try.sh FOLDER}")
cd "$(dirname "$0")"
root=$(realpath ..)
python=${PYTHON:-python3}
unset XEND_PROGRAMS PYTHONPATH
empty=$(mktemp -d)
trap 'rm -rf "$empty"' EXIT
adapter=$root/adapters/python/xmlrpc_client.py
options=(test --codec xmlrpc --rules spec --filter 'xmlrpc/int-*')

echo 'the wheel, in a new virtual environment with nothing else on the PATH:'
"$python" -m venv "$empty/venv"
"$empty/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$packages"/*.whl
(
    cd "$empty"
    export PATH=$empty/venv/bin
    xend-harness "${options[@]}" -- python "$adapter" >report.txt || [ $? = 1 ]
    python -c 'print(open("report.txt").read().splitlines()[-1])'
    python -m xend_harness --version
    python -m mock_xend --version
    python -m pip install --quiet --disable-pip-version-check pytest
    python -m pytest --quiet -p no:cacheprovider "$root/packaging/python/tests"
)

echo 'the npm package, in an empty folder:'
(
    mkdir "$empty/npm"
    cd "$empty/npm"
    npm init --yes >/dev/null
    npm install --silent --no-audit --no-fund --offline "$packages"/*.tgz
    npx --no-install xend-harness --version
    npx --no-install mock-xend --version
    node --input-type=module --eval 'import { program } from "xend-harness"; console.log(program())' >/dev/null
    XEND_PACKAGE=$PWD/node_modules/xend-harness/index.mjs node --test "$root/packaging/npm/test/" | grep -E '^# (pass|fail) '
)
