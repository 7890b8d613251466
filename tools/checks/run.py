#!/usr/bin/env python3
"""Runs the checks of the sources, all or those named. Exit code 1: something found, 2: bad usage."""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import banned
import documents
import format as formatting
import headers
import invariants
import layers
import sizes
import third_party
from tree import Tree

CHECKS = {
    module.RULE: module
    for module in (layers, third_party, sizes, banned, documents, invariants, formatting, headers)
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument(
        "--build-dir", type=pathlib.Path, help="with compile_commands.json, for the check of headers"
    )
    parser.add_argument(
        "--fix", action="store_true", help="repair instead of report, where a check can (format)"
    )
    parser.add_argument("names", nargs="*", metavar="check", help=", ".join(CHECKS))
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in CHECKS]
    if unknown:
        parser.error(f"no check {unknown[0]}; there are: {', '.join(CHECKS)}")
    tree = Tree(options.root.resolve(), options.build_dir.resolve() if options.build_dir else None)
    findings = []
    for name in options.names or CHECKS:
        if options.fix and hasattr(CHECKS[name], "fix"):
            CHECKS[name].fix(tree)
        else:
            findings += CHECKS[name].check(tree)
    for finding in sorted(findings):
        print(finding)
    print(f"checks: {len(findings)} findings in {len(tree.sources)} files")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
