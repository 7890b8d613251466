"""Sizes: files, functions and lines short enough to be read at one go."""

import dataclasses
import re

from tree import Finding, Source, Tree, line_of, lines_of

RULE = "sizes"
MAX_FILE, MAX_TEST_FILE, MAX_FUNCTION, MAX_LINE = 500, 800, 60, 110
CODE_SUFFIXES = {".cpp", ".hpp", ".py", ".sh", ".cmake"}
CODE_FILES = {"dev", ".ci/run", "CMakeLists.txt"}

_SCOPE = re.compile(r"(?:(?:inline|typedef|export)\s+)*(?:namespace|class|struct|union|enum|extern)\b")
_LABEL = re.compile(r"\s*(?:public|private|protected)\s*:(?!:)")
_ATTRIBUTE = re.compile(r"\[\[.*?\]\]|\balignas\s*\([^()]*\)", re.DOTALL)


@dataclasses.dataclass
class Block:
    start: int  # offset of the brace
    head_start: int
    is_scope: bool  # namespace or type: functions may begin inside it
    is_function: bool


def _without_template(head: str) -> str:
    while match := re.match(r"\s*template\s*<", head):
        depth, at = 1, match.end()
        while at < len(head) and depth:
            depth += {"<": 1, ">": -1}.get(head[at], 0)
            at += 1
        head = head[at:]
    return head


def _is_scope(head: str) -> bool:
    return _SCOPE.match(head) is not None and "(" not in head


def _normal(head: str) -> str:
    head = _ATTRIBUTE.sub(" ", head)
    while match := _LABEL.match(head):
        head = head[match.end() :]
    return _without_template(head).strip()


def functions(code: str) -> list[tuple[int, int]]:
    """(first line of the body, its number of lines) of each outermost function; a heuristic over braces.

    `code` comes without comments and strings. Lambdas and local types count as part of their function.
    """
    code = re.sub(
        r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*",
        lambda match: re.sub(r"[^\n]", " ", match.group(0)),
        code,
        flags=re.MULTILINE,
    )
    found, stack, head_start = [], [], 0
    for match in re.finditer(r"[{};]", code):
        at = match.start()
        in_scope = all(block.is_scope for block in stack)
        if match.group(0) == "{":
            head = _normal(code[head_start:at])
            is_scope = in_scope and _is_scope(head)
            is_function = in_scope and not is_scope and ")" in head and not head.endswith(("=", ",", "("))
            stack.append(Block(at, head_start, is_scope, is_function))
            if is_scope:
                head_start = at + 1
        elif match.group(0) == "}" and stack:
            block = stack.pop()
            if block.is_function:
                first = line_of(code, block.start)
                found.append((first, line_of(code, at) - first + 1))
            follows = code[at + 1 :].lstrip()[:1]
            # `: a_{1}, b_{2} {` and `f({1}, 2) {`: the head goes on behind an initializer.
            head_start = block.head_start if follows and follows in ",{()" and not block.is_scope else at + 1
        elif in_scope:
            head_start = at + 1
    return found


def _is_code(source: Source) -> bool:
    return (
        source.suffix in CODE_SUFFIXES or source.path in CODE_FILES or source.path.endswith("/CMakeLists.txt")
    )


def check(tree: Tree) -> list[Finding]:
    findings = []
    for source in filter(_is_code, tree.sources.values()):
        lines = lines_of(source.text)
        is_test = source.is_test or source.path.endswith("_test.py")
        limit = MAX_TEST_FILE if is_test else MAX_FILE
        if len(lines) > limit:
            findings.append(Finding(source.path, len(lines), RULE, f"{len(lines)} lines; at most {limit}"))
        for number, line in enumerate(lines, 1):
            if len(line) > MAX_LINE:
                findings.append(
                    Finding(source.path, number, RULE, f"{len(line)} columns; at most {MAX_LINE}")
                )
    for source in tree.cxx("src", "bench", "tests"):
        for line, length in functions(tree.code(source)):
            if length > MAX_FUNCTION:
                findings.append(
                    Finding(source.path, line, RULE, f"a function of {length} lines; at most {MAX_FUNCTION}")
                )
    return findings
