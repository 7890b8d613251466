"""Documents: what they point at exists; nothing in the tree points at one machine or at a registry."""

import pathlib
import re
import urllib.parse

from tree import Finding, Source, Tree, line_of

RULE = "documents"
_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_CODE_PATH = re.compile(r"`((?:src|docs|tests|tools|bench|cmake)/[\w./-]+)(?:::[\w.:]+)?`")
_FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
# Spelled so that this file does not find itself.
_MACHINE = re.compile(r"(?<![\w.})\]])/(?:%s)/" % "|".join(("work", "home", "root")))
_SHARED = re.compile(r"(?<!\w)%s/" % "shared")
_REGISTRY = re.compile(
    r"\b(?:registry|proxy|index|mirrors?|deb|snapshot|archive|ftp|files)\.[a-z0-9-]+(?:\.[a-z0-9-]+)*"
    r"\.(?:org|com|net|io|cn|dev)\b"
    r"|\b[a-z0-9.-]*\b(?:pypi|npmjs|npmmirror|pythonhosted|crates|debian|ubuntu|conan|docker|ghcr|maven)"
    r"\.(?:org|com|net|io|cn|dev)\b",
    re.IGNORECASE,
)


def _is_document(source: Source) -> bool:
    name = pathlib.PurePosixPath(source.path)
    return name.suffix == ".md" and (len(name.parts) == 1 or name.parts[0] == "docs")


def _exists(tree: Tree, path: pathlib.Path) -> bool:
    return path.exists() and path.resolve().is_relative_to(tree.root.resolve())


def _check_links(tree: Tree, source: Source) -> list[Finding]:
    text = _FENCED.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), source.text)
    findings = []
    for match in _LINK.finditer(text):
        target = urllib.parse.unquote(match.group(1).split("#")[0])
        is_elsewhere = re.match(r"[a-z][a-z0-9+.-]*:", target) is not None
        if target and not is_elsewhere and not _exists(tree, (tree.root / source.path).parent / target):
            findings.append(
                Finding(source.path, line_of(text, match.start()), RULE, f"no such file: {target}")
            )
    for match in _CODE_PATH.finditer(text):
        if not _exists(tree, tree.root / match.group(1)):
            findings.append(
                Finding(source.path, line_of(text, match.start()), RULE, f"no such file: {match.group(1)}")
            )
    return findings


def _check_places(source: Source) -> list[Finding]:
    findings = []
    for pattern, what in (
        (_MACHINE, "a path of one machine"),
        (_SHARED, "a folder outside the project"),
        (_REGISTRY, "a registry host"),
    ):
        for match in pattern.finditer(source.text):
            findings.append(
                Finding(source.path, line_of(source.text, match.start()), RULE, f"{what}: {match.group(0)}")
            )
    return findings


def check(tree: Tree) -> list[Finding]:
    findings = []
    for source in tree.sources.values():
        findings += _check_places(source)
        if _is_document(source):
            findings += _check_links(tree, source)
    return findings
