"""What every check shares: the list of source files, findings, and C++ text without comments and strings."""

import dataclasses
import pathlib
import re

SKIPPED_FOLDERS = {".git", "build", ".cache", "node_modules", "__pycache__"}
CXX_SUFFIXES = {".cpp", ".hpp"}


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: [{self.rule}] {self.message}"


@dataclasses.dataclass(frozen=True)
class Source:
    path: str  # relative to the root, with '/'
    text: str

    @property
    def suffix(self) -> str:
        return pathlib.PurePosixPath(self.path).suffix

    @property
    def is_test(self) -> bool:
        return self.path.endswith("_test.cpp") or self.path.startswith("tests/")


class Tree:
    """The project's text files, read once. Build output and dependencies are not part of it."""

    def __init__(self, root: pathlib.Path, build_dir: pathlib.Path | None = None):
        self.root = root
        self.build_dir = build_dir
        self.sources: dict[str, Source] = {}
        self._walk(root)
        self._code: dict[str, str] = {}

    def _walk(self, folder: pathlib.Path) -> None:
        for entry in sorted(folder.iterdir()):
            if entry.is_symlink() or entry.name in SKIPPED_FOLDERS:
                continue
            if entry.is_dir():
                self._walk(entry)
                continue
            data = entry.read_bytes()
            if b"\0" in data:
                continue
            try:
                text = data.decode("utf-8")
            except UnicodeDecodeError:
                continue
            path = entry.relative_to(self.root).as_posix()
            self.sources[path] = Source(path, text)

    def cxx(self, *folders: str) -> list[Source]:
        """The C++ files below these folders."""
        prefixes = tuple(folder + "/" for folder in folders)
        return [
            source
            for source in self.sources.values()
            if source.suffix in CXX_SUFFIXES and source.path.startswith(prefixes)
        ]

    def code(self, source: Source) -> str:
        """blank_comments_and_strings of this file, computed once."""
        if source.path not in self._code:
            self._code[source.path] = blank_comments_and_strings(source.text)
        return self._code[source.path]


_TOKENS = re.compile(
    r"""//(?:[^\\\n]|\\\n|\\.)*                                   # line comment
      | /\*.*?\*/                                                 # block comment
      | \b(?:u8|[uUL])?R"(?P<tag>[^()\s\\"]{0,16})\(.*?\)(?P=tag)"  # raw string
      | "(?:[^"\\\n]|\\.)*"
      | (?<![0-9A-Za-z_])'(?:[^'\\\n]|\\.)*'                      # 1'000 is a number
      | (?<=[uUL])'(?:[^'\\\n]|\\.)*'
    """,
    re.VERBOSE | re.DOTALL,
)
_INCLUDE = re.compile(r'[ \t]*#[ \t]*include[ \t]*"')


def _blank(match: re.Match) -> str:
    text = match.group(0)
    is_comment = text.startswith(("//", "/*"))
    if not is_comment and _INCLUDE.match(match.string, match.string.rfind("\n", 0, match.start()) + 1):
        return text
    blanked = re.sub(r"[^\n]", " ", text)
    return blanked if is_comment or len(text) < 2 else '"' + blanked[1:-1] + '"'


def blank_comments_and_strings(text: str) -> str:
    """The same text, same length and lines, with comments and the contents of literals turned into spaces."""
    return _TOKENS.sub(_blank, text)


def line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def lines_of(text: str) -> list[str]:
    return text.split("\n")[:-1] if text.endswith("\n") else text.split("\n")
