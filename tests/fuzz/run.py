"""Runs fuzz targets: first every input of the corpus, then new ones for some seconds. New inputs worth
keeping stay in a scratch folder; the corpus in git is changed by hand only. An input that breaks a property
or crashes is kept and named, and the exit code is 1.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
MAX_INPUT_BYTES = 4096
CHECK_SECONDS, CHECK_RUNS, CHECK_SEED = 5, 100_000, 20261121


class Target:
    def __init__(self, name: str, programs: pathlib.Path, findings: pathlib.Path):
        self.name = name
        self.program = programs / f"fuzz_{name}"
        self.corpus = HERE / "corpus" / name
        self.dictionary = HERE / f"{name}.dict"
        self.scratch, self.findings = findings / name / "corpus", findings / name / "findings"

    def forget(self) -> None:
        """What earlier runs found and kept, so that this one depends on the corpus and the seed alone."""
        for folder in (self.scratch, self.findings):
            shutil.rmtree(folder, ignore_errors=True)

    def replay(self) -> int:
        """Every input of the corpus; the number of them."""
        inputs = sorted(path for path in self.corpus.iterdir() if path.is_file())
        if not inputs:
            raise SystemExit(f"fuzz {self.name}: no corpus in {self.corpus}")
        self._run(*(str(path) for path in inputs))
        return len(inputs)

    def explore(self, *limits: str) -> int:
        """New inputs within the limits; the number of runs."""
        self.scratch.mkdir(parents=True, exist_ok=True)
        log = self._run(
            *limits,
            *(f"-max_len={MAX_INPUT_BYTES}", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1"),
            *([f"-dict={self.dictionary}"] if self.dictionary.exists() else []),
            *(str(self.scratch), str(self.corpus)),
        )
        runs = re.search(r"^stat::number_of_executed_units:\s+(\d+)", log, re.MULTILINE)
        if runs is None or int(runs[1]) == 0:
            raise SystemExit(f"fuzz {self.name}: nothing was run\n{log[-2000:]}")
        return int(runs[1])

    def _run(self, *arguments: str) -> str:
        self.findings.mkdir(parents=True, exist_ok=True)
        known = set(self.findings.iterdir())
        done = subprocess.run(
            [str(self.program), f"-artifact_prefix={self.findings}/", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={"ASAN_OPTIONS": "handle_abort=1", **os.environ},
        )
        if done.returncode != 0:
            print(done.stdout[-6000:])
            for finding in sorted(set(self.findings.iterdir()) - known):
                print(f"finding: {finding}")
            raise SystemExit(f"fuzz {self.name}: FAILED; again with: {self.program} FINDING")
        return done.stdout


def all_names() -> list[str]:
    return sorted(path.stem for path in HERE.glob("*.cpp"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=pathlib.Path, required=True, help="folder of the built targets")
    parser.add_argument("--findings", type=pathlib.Path, required=True, help="folder for what is found")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--check", action="store_true", help="a short run that is the same every time")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(all_names()))
    options = parser.parse_args()
    for name in options.targets:
        if name not in all_names():
            parser.error(f"no target {name}; there are: {', '.join(all_names())}")
    for name in options.targets or all_names():
        target = Target(name, options.programs, options.findings / ("check" if options.check else "run"))
        begun = time.monotonic()
        if options.check:
            target.forget()
        replayed = target.replay()
        if options.check:
            limits = [f"-seed={CHECK_SEED}", f"-runs={CHECK_RUNS}", f"-max_total_time={CHECK_SECONDS}"]
        else:
            limits = [f"-max_total_time={options.seconds}"]
        runs = target.explore(*limits)
        took = time.monotonic() - begun
        told = f"{replayed} inputs of the corpus, {runs} runs, {took:.1f} s, nothing found"
        print(f"fuzz {name}: {told}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
