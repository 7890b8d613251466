#!/usr/bin/env bash
# Installs what Huitong needs to be built and tested on Debian 12. Quick when nothing is missing.
set -euo pipefail

packages=(
    # compiler, linker, sanitizers, formatter, symbolizer
    clang-19 lld-19 libclang-rt-19-dev clang-format-19 llvm-19 libstdc++-12-dev
    # build
    cmake ninja-build ccache python3 git ca-certificates
    # libraries
    libboost1.81-dev libboost-json1.81-dev libssl-dev libsqlite3-dev libpq-dev libpugixml-dev
    libqrencode-dev libpng-dev zlib1g-dev
    libtomlplusplus-dev libcli11-dev libspdlog-dev libfmt-dev libgtest-dev libbenchmark-dev
    # programs the tests run
    openssl sqlite3 postgresql curl hledger
    # the browser of tests/browser, and letters for its Chinese pages
    chromium fonts-wqy-zenhei
)
# Whoever has another Node.js with npm keeps it; tests/conformance and tests/browser need 18.19.
command -v node >/dev/null && command -v npm >/dev/null || packages+=(nodejs npm)

fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

# Sets `missing` to the packages that are not installed.
find_missing() {
    local status name
    local -A installed=()
    while read -r status name; do
        [[ $status == installed ]] && installed[$name]=1
    done < <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null || true)
    missing=()
    for name in "${packages[@]}"; do
        [[ -n ${installed[$name]:-} ]] || missing+=("$name")
    done
}

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    fail 'this script knows Debian 12 only (no apt-get or dpkg-query here)'
find_missing
[[ ${#missing[@]} -gt 0 ]] || exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
    command -v sudo >/dev/null || fail "missing: ${missing[*]}; run this as root, or install sudo"
    as_root=(sudo)
fi
apt_get() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -q \
        -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@"
}

printf 'setup: installing %s\n' "${missing[*]}"
# The tests start their own PostgreSQL clusters; the package shall neither create nor start one of its own.
if [[ " ${missing[*]} " == *' postgresql '* ]]; then
    "${as_root[@]}" mkdir -p /etc/postgresql-common/createcluster.d
    printf '%s\n' 'create_main_cluster = false' |
        "${as_root[@]}" tee /etc/postgresql-common/createcluster.d/huitong.conf >/dev/null
fi
# A list that cannot be refreshed is no reason to stop while the packages can still be had.
apt_get -o APT::Update::Error-Mode=any update ||
    printf 'setup: the package lists could not be refreshed; trying with those at hand\n' >&2
apt_get install --no-install-recommends "${missing[@]}" ||
    fail "apt-get could not install: ${missing[*]} (is the package source in reach? is this Debian 12?)"
find_missing
[[ ${#missing[@]} -eq 0 ]] || fail "still missing after apt-get: ${missing[*]}"
