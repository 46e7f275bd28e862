#!/usr/bin/env bash
# Makes what is handed out, in FOLDER: an archive of the programs, a wheel, an npm package, SBOMs and checksums.
#
# The same commit gives the same bytes in whatever folder it is built: the compiler writes no path of this machine into
# the programs, and all files bear the time of the commit. It takes the same versions of Rust, hatchling, npm and gzip.
#
# usage: packaging/dist.sh FOLDER
set -euo pipefail
export LC_ALL=C TZ=UTC
umask 022

out=$(realpath -m "${1:?usage: packaging/dist.sh FOLDER}")
cd "$(dirname "$0")/.."
root=$PWD
cargo=${CARGO:-cargo}
python=${PYTHON:-python3}
target=x86_64-unknown-linux-musl
programs=(xend-harness mock-xend)
declare -A profiles=([xend-harness]=dist-harness [mock-xend]=dist)
# A program that outgrows this many bytes has got something that it should not carry.
largest=8000000

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
build=$(realpath -m "${CARGO_TARGET_DIR:-target}")
home=$(realpath -m "${CARGO_HOME:-$HOME/.cargo}")

say() { echo "dist: $*"; }

need() { # COMMAND... -- what it is and where it comes from
    local check=()
    while [ "$1" != -- ]; do check+=("$1"); shift; done
    "${check[@]}" >/dev/null 2>&1 || { echo "error: $2" >&2; exit 1; }
}
need "$python" -c 'import build, hatchling' -- "$python lacks the modules build and hatchling: $python -m pip install build hatchling"
need npm --version -- "npm is missing: install Node.js 20 or later"
need "$cargo" cyclonedx --version -- "cargo-cyclonedx is missing: cargo install --locked cargo-cyclonedx"

if ! [ -d "$(rustc --print sysroot)/lib/rustlib/$target" ]; then
    say "getting the standard library for $target"
    rustup target add "$target"
fi

# The programs
say "compiling for $target"
flags=("--remap-path-prefix=$root=/xend" "--remap-path-prefix=$build=/xend/target" "--remap-path-prefix=$home=/cargo")
(
    CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f'; echo "${flags[*]}")
    export CARGO_ENCODED_RUSTFLAGS
    # ring has C in it that calls no C library, so that the compiler at hand does.
    export "CC_${target//-/_}=${CC:-cc}" "CFLAGS_${target//-/_}=-ffile-prefix-map=$home=/cargo -ffile-prefix-map=$build=/xend/target"
    # Each by itself: together both would have TLS, for which the harness is too large.
    "$cargo" build --locked --quiet --profile dist --target "$target" --package mock-xend --bins
    "$cargo" build --locked --quiet --profile dist-harness --target "$target" --package xend-harness --no-default-features --bins
)
rm -rf "$out"
name=xend-harness-$version-x86_64-linux
stage=$out/stage/$name
mkdir -p "$stage"/{bin,sbom,share/man/man1,share/bash-completion/completions,share/fish/vendor_completions.d,share/zsh/site-functions}
for program in "${programs[@]}"; do
    cp "$build/$target/${profiles[$program]}/$program" "$stage/bin/"
    bytes=$(wc -c <"$stage/bin/$program")
    say "$program has $bytes bytes"
    [ "$bytes" -lt "$largest" ] || { echo "error: $program has more than $largest bytes" >&2; exit 1; }
    if grep -q --text --fixed-strings --regexp="$root/" --regexp="$home/" "$stage/bin/$program"; then
        echo "error: $program names a folder of this machine" >&2; exit 1
    fi
done

# What stands beside them
share=$stage/share
for program in "${programs[@]}"; do
    run=$stage/bin/$program
    "$run" man --out "$share/man/man1"
    "$run" completions bash >"$share/bash-completion/completions/$program"
    "$run" completions fish >"$share/fish/vendor_completions.d/$program.fish"
    "$run" completions zsh >"$share/zsh/site-functions/_$program"
done
cp LICENSE-APACHE LICENSE-MIT README.md CHANGELOG.md "$stage/"
"$python" packaging/licences.py "$target" >"$stage/LICENSES-OF-LIBRARIES.txt"

# cargo-cyclonedx writes beside the manifests, and names crates of this workspace by their folders.
for program in "${programs[@]}"; do
    folder=${program#xend-}
    features=(); [ "$program" = mock-xend ] || features=(--no-default-features)
    "$cargo" cyclonedx "${features[@]}" --manifest-path "$folder/Cargo.toml" --format json --spec-version 1.5 --target "$target" \
        --override-filename dist.cdx --quiet
    sed "s|$root|/xend|g" "$folder/dist.cdx.json" >"$stage/sbom/$program.cdx.json"
    rm -f ./*/dist.cdx.json
done

say "packing"
tar --create --directory "$out/stage" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
    --format=ustar "$name" | gzip --no-name --best >"$out/$name.tar.gz"

# A static program runs beside any C library, hence the tags.
export XEND_DIST=$stage
export XEND_WHEEL_TAG=py3-none-manylinux2014_x86_64.musllinux_1_1_x86_64
wheel=$out/stage/python
mkdir -p "$wheel"
cp -r packaging/python/{pyproject.toml,hatch_build.py,README.md,src} LICENSE-APACHE LICENSE-MIT \
    "$stage/LICENSES-OF-LIBRARIES.txt" "$wheel/"
find "$wheel" -name __pycache__ -prune -exec rm -r {} +
"$python" -m build --wheel --no-isolation --outdir "$out" "$wheel" >"$out/stage/wheel.log" 2>&1 ||
    { cat "$out/stage/wheel.log" >&2; exit 1; }

npm=$out/stage/npm
mkdir -p "$npm/bin"
cp packaging/npm/{package.json,README.md,index.mjs,index.d.mts} LICENSE-APACHE LICENSE-MIT "$stage/LICENSES-OF-LIBRARIES.txt" "$npm/"
cp "$stage"/bin/* "$npm/bin/"
(cd "$npm" && npm pack --silent --pack-destination "$out" >/dev/null)

for program in "${programs[@]}"; do cp "$stage/sbom/$program.cdx.json" "$out/$program-$version.cdx.json"; done
(cd "$out" && sha256sum -- *.tar.gz *.whl *.tgz *.json >SHA256SUMS)
say "made in $out:"
(cd "$out" && wc -c -- *.tar.gz *.whl *.tgz *.json && cat SHA256SUMS)
