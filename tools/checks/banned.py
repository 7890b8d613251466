"""Banned calls: what would bring in real time, chance, lost errors or inexact money."""

import dataclasses
import re

from tree import Finding, Tree, line_of

RULE = "banned"
MONEY_FOLDERS = (
    "core",
    "fx",
    "ledger",
    "payments",
    "settle",
    "reconcile",
    "flows",
    "store",
    "channels",
    "api",
)


@dataclasses.dataclass(frozen=True)
class Ban:
    pattern: str
    why: str
    in_tests: bool = True
    folders: tuple[str, ...] = ("",)  # below src/


BANS = [
    Ban(r"\bsystem_clock::now\b", "time comes from core::Clock or task::Time"),
    Ban(
        r"\b(?:steady|high_resolution|utc|file)_clock::now\b",
        "time comes from core::Clock or task::Time",
        in_tests=False,
    ),
    Ban(
        r"(?<![\w.>:])(?:std::)?(?:gettimeofday|clock_gettime|time)\s*\(\s*(?:0|NULL|nullptr|&|CLOCK_)",
        "time comes from core::Clock or task::Time",
    ),
    Ban(r"\bthis_thread::sleep_(?:for|until)\b", "wait with task::Time (in tests: SimTime)"),
    Ban(r"\bs?rand\s*\(", "randomness comes from core::Random"),
    Ban(r"\b(?:random_device|mt19937(?:_64)?|default_random_engine)\b", "randomness comes from core::Random"),
    Ban(
        r"\b(?:sto(?:i|l|ll|ul|ull|f|d|ld)|ato(?:i|l|ll|f)|strto(?:l|ll|ul|ull|d|f))\s*\(",
        "parse with core::parse_minor or std::from_chars: these skip blanks, take signs and throw",
    ),
    Ban(r"\bdetached\b", "a coroutine belongs to a task::Group"),
    Ban(r"\b(?:double|float)\b", "no floating point near money", in_tests=False, folders=MONEY_FOLDERS),
]
# (path, matched text): the one place each, where the outside enters.
EXCEPTIONS = {("src/core/time.cpp", "system_clock::now")}
# Written so that this file does not find itself.
MARKERS = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")


def _applies(ban: Ban, path: str) -> bool:
    below = path.removeprefix("src/")
    return any(folder == "" or below.startswith(folder + "/") for folder in ban.folders)


def check(tree: Tree) -> list[Finding]:
    findings = []
    for source in tree.cxx("src"):
        code = tree.code(source)
        for ban in BANS:
            if not _applies(ban, source.path) or (source.is_test and not ban.in_tests):
                continue
            for match in re.finditer(ban.pattern, code):
                if (source.path, match.group(0)) not in EXCEPTIONS:
                    findings.append(
                        Finding(
                            source.path,
                            line_of(code, match.start()),
                            RULE,
                            f"{match.group(0).strip()}: {ban.why}",
                        )
                    )
    for source in tree.sources.values():
        for match in MARKERS.finditer(source.text):
            findings.append(
                Finding(
                    source.path,
                    line_of(source.text, match.start()),
                    RULE,
                    f"{match.group(0)}: finish it or write an issue",
                )
            )
    return findings
