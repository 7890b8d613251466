"""Invariants: each test that docs/invariants.md names exists, so that a promise cannot outlive its proof.

Names stand in backticks: `test_payments: Suite.Name` (GoogleTest) or `tests/e2e/test_pay.py::test_name`.
"""

import re

import libraries
from tree import Finding, Tree, line_of

RULE = "invariants"
DOCUMENT = "docs/invariants.md"
_UNIT = re.compile(r"`(test_\w+):\s*([^`]*)`")
_NAME = re.compile(r"(\w+)\.(\w+)$")
_PYTHON = re.compile(r"`(tests/[\w./-]+\.py)::([\w.:]+)`")


def _unit_problem(tree: Tree, folders: dict[str, str], program: str, name: str) -> str | None:
    if program not in folders:
        return f"no test program {program}"
    parts = _NAME.match(name.strip())
    if not parts:
        return f"not Suite.Name: {name}"
    pattern = r"\b(?:TYPED_)?TEST(?:_[FP])?\s*\(\s*%s\s*,\s*%s\s*\)" % parts.groups()
    for source in tree.cxx(folders[program]):
        if source.path.endswith("_test.cpp") and re.search(pattern, tree.code(source)):
            return None
    return f"no such test in {folders[program]}: {name}"


def _python_problem(tree: Tree, path: str, name: str) -> str | None:
    source = tree.sources.get(path)
    if source is None:
        return f"no such file: {path}"
    for part in re.split(r"::|\.", name):
        if not re.search(
            r"^\s*(?:async\s+def|def|class)\s+%s\b" % re.escape(part), source.text, re.MULTILINE
        ):
            return f"no {part} in {path}"
    return None


def check(tree: Tree) -> list[Finding]:
    document = tree.sources.get(DOCUMENT)
    if document is None:
        return []
    folders = {
        "test_" + library.name.replace("/", "_"): "src/" + library.name for library in libraries.parse(tree)
    }
    findings = []
    for pattern, problem in (
        (_UNIT, lambda *names: _unit_problem(tree, folders, *names)),
        (_PYTHON, lambda *names: _python_problem(tree, *names)),
    ):
        for match in pattern.finditer(document.text):
            message = problem(*match.groups())
            if message:
                findings.append(Finding(DOCUMENT, line_of(document.text, match.start()), RULE, message))
    return findings
