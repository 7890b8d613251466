"""Third-party headers stay where they are wrapped: it bounds compile time and the harm of a new version."""

import dataclasses
import re

from tree import Finding, Tree, line_of

RULE = "third-party"


@dataclasses.dataclass(frozen=True)
class Fence:
    headers: str  # pattern of the included name
    allowed: str  # pattern of the path that may include it
    where: str


FENCES = [
    Fence(r"sqlite3\.h|libpq-fe\.h|libpq/", r"src/sql/", "only in src/sql"),
    Fence(r"boost/beast(?:\.hpp|/)", r"src/net/.*\.cpp$", "only in src/net/*.cpp"),
    Fence(r"boost/json(?:\.hpp|/)|pugixml\.hpp", r"src/codec/.*\.cpp$", "only in src/codec/*.cpp"),
    Fence(r"qrencode\.h|png\.h|zlib\.h", r"src/codec/.*\.cpp$", "only in src/codec/*.cpp"),
    Fence(r"boost/asio/ssl(?:\.hpp|/)", r"src/net/.*\.cpp$", "only in src/net/*.cpp"),
    Fence(r"openssl/", r"src/crypto/|src/net/.*\.cpp$", "only in src/crypto and src/net/*.cpp"),
    Fence(r"CLI/", r"src/(app|simulate)/", "only in src/app and src/simulate"),
    Fence(r"toml\+\+/|toml\.hpp", r"src/app/", "only in src/app"),
    Fence(r"spdlog/", r"src/app/", "only in src/app"),
    Fence(r"boost/asio\.hpp$", r"(?!)", "nowhere: include the parts you use"),
    Fence(r"gtest/|gmock/", r"src/.*(?:_test\.cpp|test_support\.hpp)$", "only in tests, test_support.hpp"),
    Fence(r"benchmark/", r"(?!)", "only in bench"),
]
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"\n]+)[>"]', re.MULTILINE)


def check(tree: Tree) -> list[Finding]:
    findings = []
    for source in tree.cxx("src"):
        code = tree.code(source)
        for match in _INCLUDE.finditer(code):
            for fence in FENCES:
                if re.match(fence.headers, match.group(1)) and not re.match(fence.allowed, source.path):
                    findings.append(
                        Finding(
                            source.path,
                            line_of(code, match.start(1)),
                            RULE,
                            f"<{match.group(1)}> belongs {fence.where}",
                        )
                    )
    return findings
