"""Adds up the test cases in ctest's log, since ctest counts programs: unit tests are many in one program.

Skipped cases are named, so that nobody takes them for passed ones. Exit code 1 when no case ran at all.
"""

import re
import sys

PATTERNS = {
    "passed": (
        r"^\[  PASSED  \] (\d+) tests?\.",
        r"^# pass (\d+)$",
        r"^fuzz \w+: (\d+) inputs of the corpus",
    ),
    "failed": (
        r"^\[  FAILED  \] (\d+) tests?, listed below:",
        r"^FAILED \(.*?failures=(\d+)",
        r"^FAILED \(.*?errors=(\d+)",
        r"^# fail (\d+)$",
    ),
    "python": (r"^Ran (\d+) tests? in",),
    "skipped": (r"^\[  SKIPPED \] (\d+) tests?, listed below:", r"\(.*?skipped=(\d+)\)$"),
}


def count(log: str) -> dict[str, int]:
    """Sums of the last lines GoogleTest, unittest, node's runner and the fuzz targets print."""
    return {
        key: sum(int(n) for pattern in patterns for n in re.findall(pattern, log, re.MULTILINE))
        for key, patterns in PATTERNS.items()
    }


def totals(log: str) -> tuple[int, int, int]:
    """(passed, failed, skipped) cases of all kinds."""
    sums = count(log)
    python_failed = sum(
        int(n) for pattern in PATTERNS["failed"][1:3] for n in re.findall(pattern, log, re.MULTILINE)
    )
    python_skipped = sum(int(n) for n in re.findall(PATTERNS["skipped"][1], log, re.MULTILINE))
    passed = sums["passed"] + sums["python"] - python_failed - python_skipped
    return passed, sums["failed"], sums["skipped"]


def main(path: str) -> int:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            log = file.read()
    except FileNotFoundError:
        print("test cases: none ran")
        return 1
    passed, failed, skipped = totals(log)
    print(f"test cases: {passed} passed, {failed} failed, {skipped} skipped")
    for name in sorted(set(re.findall(r"^\[  SKIPPED \] (\w+[./]\S+) \(\d+ ms\)", log, re.MULTILINE))):
        print(f"  skipped: {name}")
    return 0 if passed + failed + skipped > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
