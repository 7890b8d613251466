#!/usr/bin/env bash
# run.sh FILE: the tests of that file with node's own runner. A file whose tests were all lost must not pass.
set -euo pipefail

status=0
output=$(node --test-reporter=tap "$1") || status=$?
printf '%s\n' "$output"
if ! grep -qE '^# pass [1-9]' <<<"$output"; then
    echo 'conformance: no test passed' >&2
    exit 1
fi
exit "$status"
