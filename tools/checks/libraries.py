"""The libraries as CMakeLists.txt declares them: huitong_library(NAME [USES lib…] [LINKS target…])."""

import dataclasses
import re

from tree import Tree


@dataclasses.dataclass(frozen=True)
class Library:
    name: str  # the folder below src/, "channels/wechat"
    uses: tuple[str, ...]
    line: int


def parse(tree: Tree) -> list[Library]:
    """In the order of declaration, which is the order of the layers."""
    source = tree.sources.get("CMakeLists.txt")
    if source is None:
        return []
    text = re.sub(r"#[^\n]*", lambda match: " " * len(match.group(0)), source.text)
    found = []
    for match in re.finditer(r"\bhuitong_library\s*\(([^)]*)\)", text):
        words = match.group(1).split()
        uses, keyword = [], None
        for word in words[1:]:
            if word in ("USES", "LINKS"):
                keyword = word
            elif keyword == "USES":
                uses.append(word)
        found.append(Library(words[0], tuple(uses), text.count("\n", 0, match.start()) + 1))
    return found


def owner(path: str, names: set[str]) -> str | None:
    """The library that owns `path` (below src/): the longest folder that is one."""
    parts = path.split("/")[:-1]
    for length in range(len(parts), 0, -1):
        name = "/".join(parts[:length])
        if name in names:
            return name
    return None
