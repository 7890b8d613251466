#!/usr/bin/env bash
# install.sh FOLDER: puts the npm clients of package-lock.json into FOLDER/node_modules. Quick when they are
# there.
set -euo pipefail

source=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
target=$1

fail() {
    printf 'conformance: %s\n' "$*" >&2
    exit 1
}

is_installed() {
    cmp -s "$source/package-lock.json" "$target/installed" &&
        cmp -s "$source/package.json" "$target/package.json"
}

if is_installed; then
    echo 'conformance: the clients are installed'
    exit 0
fi
command -v node >/dev/null && command -v npm >/dev/null || fail 'no node or npm here; run ./dev setup'
rm -rf -- "$target"
mkdir -p -- "$target"
cp -- "$source/package.json" "$source/package-lock.json" "$target/"
# Nothing of these packages runs at installation.
(cd -- "$target" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) ||
    fail 'npm could not install the clients; is the package registry in reach?'
cp -- "$source/package-lock.json" "$target/installed"
