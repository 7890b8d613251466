"""Every header compiles alone: including it first in a file must not need anything before it.

The build itself shows that of a header that some file of the build includes first, since nothing is
precompiled. The others go to the compiler of compile_commands.json with -fsyntax-only; one that passed is not
compiled again until it, a header of ours below it, or the command changes: header_checks.json in the build
directory.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess

from tree import Finding, Source, Tree

RULE = "headers"
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"', re.MULTILINE)
_ANY_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*["<]([^">\n]+)[">]', re.MULTILINE)
_WITH_VALUE = {"-o", "-MF", "-MT", "-MQ", "-include", "-Xclang"}
_ALONE = {"-c", "-MD", "-MMD", "-Winvalid-pch"}


def _flags(command: str, file: str) -> list[str]:
    """The compiler and its flags, without launcher, files and precompiled headers."""
    words = shlex.split(command)
    if pathlib.PurePath(words[0]).name == "ccache":
        words = words[1:]
    kept, skip = [], False
    for word in words:
        if skip or word in _ALONE or word == file:
            skip = False
        elif word in _WITH_VALUE:
            skip = True
        else:
            kept.append(word)
    return kept


def _entries(build_dir: pathlib.Path) -> list[dict]:
    path = build_dir / "compile_commands.json"
    return json.loads(path.read_text()) if path.is_file() else []


def _shown_by_build(tree: Tree, entries: list[dict]) -> set[str]:
    """Headers that a file of the build includes before anything else."""
    shown = set()
    for entry in entries:
        if "-include" in shlex.split(entry["command"]):
            continue
        path = pathlib.Path(entry["file"])
        if not path.is_relative_to(tree.root):
            continue
        source = tree.sources.get(str(path.relative_to(tree.root)))
        first = _ANY_INCLUDE.search(source.text) if source else None
        if first:
            shown.add("src/" + first.group(1))
    return shown


def _commands(entries: list[dict]) -> dict[str, tuple[list[str], str]]:
    """Folder below the source root -> (flags, working directory) of one of its files."""
    return {
        str(pathlib.PurePath(entry["file"]).parent): (
            _flags(entry["command"], entry["file"]),
            entry["directory"],
        )
        for entry in reversed(entries)
        if "/src/" in entry["file"]
    }


def _key(tree: Tree, header: Source, flags: list[str], versions: dict[str, str]) -> str:
    seen, waiting = set(), [header.path]
    while waiting:
        path = waiting.pop()
        if path in seen or path not in tree.sources:
            continue
        seen.add(path)
        waiting.extend("src/" + name for name in _INCLUDE.findall(tree.sources[path].text))
    compiler = flags[0]
    if compiler not in versions:
        versions[compiler] = subprocess.run([compiler, "--version"], capture_output=True, text=True).stdout
    digest = hashlib.sha256(repr((flags, versions[compiler])).encode())
    for path in sorted(seen):
        digest.update(tree.sources[path].text.encode() + b"\0")
    return digest.hexdigest()


def _compile(header: Source, flags: list[str], directory: str) -> Finding | None:
    command = flags + ["-fsyntax-only", "-include", header.path.removeprefix("src/"), "-x", "c++", os.devnull]
    result = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    if result.returncode == 0:
        return None
    errors = [line for line in result.stderr.splitlines() if "error:" in line] or [result.stderr.strip()]
    return Finding(header.path, 1, RULE, "does not compile alone: " + errors[0])


def check(tree: Tree) -> list[Finding]:
    entries = _entries(tree.build_dir) if tree.build_dir else []
    commands = _commands(entries)
    if not commands:
        return []
    shown = _shown_by_build(tree, entries)
    memory_path = tree.build_dir / "header_checks.json"
    try:
        passed = json.loads(memory_path.read_text())
    except (OSError, ValueError):
        passed = {}
    fallback, versions, waiting, keys = next(iter(commands.values())), {}, [], {}
    for header in tree.cxx("src"):
        if header.suffix != ".hpp" or header.path in shown:
            continue
        flags, directory = commands.get(str((tree.root / header.path).parent), fallback)
        keys[header.path] = _key(tree, header, flags, versions)
        if passed.get(header.path) != keys[header.path]:
            waiting.append((header, flags, directory))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda job: _compile(*job), waiting))
    findings = [finding for finding in results if finding]
    failed = {finding.path for finding in findings}
    memory_path.write_text(json.dumps({path: key for path, key in keys.items() if path not in failed}))
    return findings
