"""A strict reader of the Prometheus text format 0.0.4, written from its description and sharing nothing with
the server: what promtool would complain about raises.
"""

import math
import re

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_HELP = re.compile(rf"# HELP ({_NAME}) (\S.*)")
_TYPE = re.compile(rf"# TYPE ({_NAME}) (counter|gauge|histogram|summary|untyped)")
_SAMPLE = re.compile(rf"({_NAME})(?:\{{(.*)\}})? (-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?|[+-]Inf|NaN)")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,|$)')


class Complaint(AssertionError):
    pass


def _labels(text: str) -> dict:
    labels, at = {}, 0
    while at < len(text):
        match = _LABEL.match(text, at)
        if not match:
            raise Complaint(f"labels {text!r}")
        if match[1] in labels:
            raise Complaint(f"label {match[1]} twice: {text!r}")
        labels[match[1]] = re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], match[2])
        at = match.end()
    return labels


class Scrape:
    """The samples of one scrape, by name and labels."""

    def __init__(self, text: str):
        if not text.endswith("\n"):
            raise Complaint("no newline at the end")
        self.types: dict[str, str] = {}
        self.samples: dict[tuple, float] = {}
        self._helps: set[str] = set()
        self._closed: set[str] = set()
        self._current = ""
        for line in text[:-1].split("\n"):
            self._read(line)
        for name, kind in self.types.items():
            if kind == "histogram":
                self._check_histogram(name)

    def _read(self, line: str) -> None:
        if match := _HELP.fullmatch(line):
            if match[1] in self._helps:
                raise Complaint(f"a second HELP: {line}")
            self._helps.add(match[1])
        elif match := _TYPE.fullmatch(line):
            if match[1] in self.types or match[1] not in self._helps:
                raise Complaint(f"TYPE twice or without HELP: {line}")
            self.types[match[1]] = match[2]
            self._current = match[1]
            if match[2] == "counter" and not match[1].endswith("_total"):
                raise Complaint(f"a counter's name: {line}")
        elif match := _SAMPLE.fullmatch(line):
            self._sample(match[1], _labels(match[2] or ""), float(match[3]), line)
        else:
            raise Complaint(f"neither comment nor sample: {line!r}")

    def _sample(self, name: str, labels: dict, value: float, line: str) -> None:
        kind = self.types.get(self._current)
        if kind == "histogram":
            allowed = {self._current + suffix for suffix in ("_bucket", "_sum", "_count")}
        else:
            allowed = {self._current}
        if name not in allowed:
            raise Complaint(f"a sample outside its metric: {line}")
        if kind == "counter" and value < 0:
            raise Complaint(f"a negative counter: {line}")
        key = (name, frozenset(labels.items()))
        if key in self.samples:
            raise Complaint(f"a second sample: {line}")
        self.samples[key] = value

    def _check_histogram(self, name: str) -> None:
        series: dict = {}
        for (sample, labels), value in self.samples.items():
            if sample == name + "_bucket":
                bound = dict(labels)["le"]
                rest = frozenset(pair for pair in labels if pair[0] != "le")
                series.setdefault(rest, []).append((float(bound.replace("+Inf", "inf")), value))
        for rest, buckets in series.items():
            buckets.sort()
            counts = [count for _, count in buckets]
            if counts != sorted(counts) or buckets[-1][0] != math.inf:
                raise Complaint(f"buckets of {name} {dict(rest)}")
            if self.samples.get((name + "_count", rest)) != counts[-1]:
                raise Complaint(f"{name}_count {dict(rest)} is not its +Inf")
            if (name + "_sum", rest) not in self.samples:
                raise Complaint(f"no {name}_sum {dict(rest)}")

    def get(self, name: str, **labels) -> float | None:
        return self.samples.get((name, frozenset(labels.items())))

    def total(self, name: str, **labels) -> float:
        """The sum over all samples of that name that carry these labels."""
        wanted = set(labels.items())
        return sum(v for (n, have), v in self.samples.items() if n == name and wanted <= have)

    def label_values(self) -> set[str]:
        return {value for _, labels in self.samples for _, value in labels}
