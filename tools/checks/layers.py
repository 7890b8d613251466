"""Layers: a library includes only itself and what it names in USES; some edges must never exist."""

import re

import libraries
from tree import Finding, Tree, line_of

RULE = "layers"

# (who, whom, why). "channels" stands for every library below that folder.
FORBIDDEN = [
    ("flows", ("store", "channels", "net", "sql"), "stories run on fakes and in simulation"),
    ("api", ("store", "channels"), "no endpoint bypasses a story"),
    ("payments", ("task", "net", "sql"), "rules are tables, tested as tables"),
    ("ledger", ("task", "net", "sql"), "rules are tables, tested as tables"),
    ("settle", ("task", "net", "sql"), "rules are tables, tested as tables"),
    ("reconcile", ("task", "net", "sql"), "rules are tables, tested as tables"),
    ("sim", ("channels", "payments"), "a simulator is an independent witness of the adapters"),
    (
        "auditor",
        ("ledger", "payments", "ports", "flows", "store", "channels", "api", "sim", "app"),
        "the auditor is an independent witness of the whole platform",
    ),
]
# The program itself stands above every library.
PROGRAM = "src/main.cpp"
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"', re.MULTILINE)


def _is_within(name: str, folder: str) -> bool:
    return name == folder or name.startswith(folder + "/")


def forbidden_reason(user: str, used: str) -> str | None:
    """Why `user` may not reach `used`, or None when it may."""
    for who, whom, why in FORBIDDEN:
        if _is_within(user, who) and any(_is_within(used, folder) for folder in whom):
            return why
    if user != used and _is_within(user, "channels") and _is_within(used, "channels"):
        return "one channel knows nothing of another"
    return None


def _closure(name: str, uses: dict[str, tuple[str, ...]]) -> set[str]:
    seen: set[str] = set()
    waiting = list(uses.get(name, ()))
    while waiting:
        used = waiting.pop()
        if used not in seen:
            seen.add(used)
            waiting.extend(uses.get(used, ()))
    return seen


def _check_declarations(declared: list[libraries.Library]) -> list[Finding]:
    findings = []
    uses = {library.name: library.uses for library in declared}
    earlier: set[str] = set()
    for library in declared:

        def report(message: str, line: int = library.line) -> None:
            findings.append(Finding("CMakeLists.txt", line, RULE, message))

        for used in library.uses:
            if used not in earlier:
                report(f"{library.name} uses {used}, which is not declared before it")
        for used in sorted(_closure(library.name, uses)):
            reason = forbidden_reason(library.name, used)
            if reason:
                by = "" if used in library.uses else ", through another library"
                report(f"{library.name} must not use {used}{by}: {reason}")
        earlier.add(library.name)
    return findings


def check(tree: Tree) -> list[Finding]:
    declared = libraries.parse(tree)
    findings = _check_declarations(declared)
    uses = {library.name: set(library.uses) for library in declared}
    names = set(uses)
    for source in tree.cxx("src"):
        if source.path == PROGRAM:
            continue
        user = libraries.owner(source.path.removeprefix("src/"), names)
        if user is None:
            findings.append(Finding(source.path, 1, RULE, "belongs to no library of CMakeLists.txt"))
            continue
        code = tree.code(source)
        for match in _INCLUDE.finditer(code):
            used = libraries.owner(match.group(1), names)
            line = line_of(code, match.start(1))
            if used is None:
                message = f'"{match.group(1)}" names no library; write "folder/file.hpp"'
            elif used == user:
                continue
            elif forbidden_reason(user, used):
                message = f"{user} must not include {used}: {forbidden_reason(user, used)}"
            elif used not in uses[user]:
                message = f"{user} does not name {used} in USES"
            else:
                continue
            findings.append(Finding(source.path, line, RULE, message))
    return findings
