#!/usr/bin/env bash
# Builds the container image from what `make dist` has made in FOLDER, and uses it: both programs run in it.
#
# usage: packaging/image.sh FOLDER
set -euo pipefail
packages=$(realpath "${1:?usage: packaging/image.sh FOLDER}")
cd "$(dirname "$0")"
buildah --version >/dev/null 2>&1 || { echo 'error: buildah is missing: apt-get install buildah' >&2; exit 1; }

context=$(echo "$packages"/stage/xend-harness-*-linux)
tag="mock-xend:test"
# These work without a network, without systemd, and in a container.
options=(--storage-driver vfs)
buildah "${options[@]}" build --quiet --isolation chroot --timestamp "${SOURCE_DATE_EPOCH:-0}" \
    --tag "$tag" --file Containerfile "$context" >/dev/null
container=$(buildah "${options[@]}" from --pull-never "$tag")
trap 'buildah "${options[@]}" rm "$container" >/dev/null; buildah "${options[@]}" rmi "$tag" >/dev/null' EXIT

inside() { buildah "${options[@]}" run --isolation chroot "$container" -- "$@"; }
inside /bin/mock-xend --version
inside /bin/xend-harness test --codec xmlrpc --rules spec -- /bin/xend-harness subject | tail -n 1
# The container has the network of this machine, so that a client on it reaches the mock.
coproc { inside /bin/mock-xend --release 4.1 --xmlrpc tcp:127.0.0.1:0; }
read -r -u "${COPROC[0]}" _ _ address
"$context/bin/xend-harness" call "xmlrpc+tcp://${address#tcp:}" domain.pause domain=vm1
# buildah hands no signal on, so that the mock is stopped itself: the last of the processes that it runs in.
runs=$COPROC_PID process=$COPROC_PID
while next=$(pgrep --parent "$process" --newest); do process=$next; done
kill "$process"
wait "$runs"
echo "image: $(buildah "${options[@]}" inspect --type image --format '{{.Docker.Config.Entrypoint}}' "$tag") works"
