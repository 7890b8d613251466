"""Format: clang-format decides, so that nobody has to. `./dev format` applies what this check asks for."""

import concurrent.futures
import os
import re
import subprocess

from tree import Finding, Tree

RULE = "format"
FORMATTER = "clang-format-19"
_BATCH = 20
_COMPLAINT = re.compile(r"^(?P<path>[^\n:]+):(?P<line>\d+):\d+: error: (?P<text>[^\n]*)", re.MULTILINE)


def _batches(tree: Tree) -> list[list[str]]:
    paths = [source.path for source in tree.cxx("src", "bench", "tests")]
    return [paths[at : at + _BATCH] for at in range(0, len(paths), _BATCH)]


def _run(tree: Tree, options: list[str], paths: list[str]) -> subprocess.CompletedProcess:
    return subprocess.run(
        [FORMATTER, "--style=file", *options, *paths], cwd=tree.root, capture_output=True, text=True
    )


def check(tree: Tree) -> list[Finding]:
    """One finding per file: its first complaint."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda paths: _run(tree, ["--dry-run", "-Werror"], paths), _batches(tree)))
    first: dict[str, Finding] = {}
    for result in results:
        for match in _COMPLAINT.finditer(result.stderr):
            first.setdefault(
                match["path"], Finding(match["path"], int(match["line"]), RULE, "run ./dev format")
            )
        if result.returncode != 0 and not _COMPLAINT.search(result.stderr):
            first.setdefault("", Finding(".clang-format", 1, RULE, result.stderr.strip()[:300]))
    return list(first.values())


def fix(tree: Tree) -> None:
    for paths in _batches(tree):
        _run(tree, ["-i"], paths)
