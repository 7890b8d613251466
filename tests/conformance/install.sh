#!/usr/bin/env bash
# install.sh FOLDER [SOURCE]: puts the npm packages of SOURCE/package-lock.json, by default those of this
# folder, into FOLDER/node_modules. Quick when they are there.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
target=$1
source=${2:-$here}

fail() {
    printf 'npm: %s\n' "$*" >&2
    exit 1
}

is_installed() {
    cmp -s "$source/package-lock.json" "$target/installed" &&
        cmp -s "$source/package.json" "$target/package.json"
}

if is_installed; then
    echo 'npm: the packages are installed'
    exit 0
fi
command -v node >/dev/null && command -v npm >/dev/null || fail 'no node or npm here; run ./dev setup'
rm -rf -- "$target"
mkdir -p -- "$target"
cp -- "$source/package.json" "$source/package-lock.json" "$target/"
# Nothing of these packages runs at installation.
(cd -- "$target" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) ||
    fail 'npm could not install the packages; is the package registry in reach?'
cp -- "$source/package-lock.json" "$target/installed"
