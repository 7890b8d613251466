#!/usr/bin/env python3
"""The mutation proof: makes each deliberate mistake of the sources (core/mutation.hpp) in turn and shows
what notices it: a seed of the simulation, or else a unit test of the library that it stands in. First a
control run without any mistake, which must be clean. Exit code 1: one survives, or the control run is not
clean.
"""

import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "mutate"
NAME = re.compile(r'HUITONG_MUTATED\("(\w+)"\)')

# Unit tests of a mistake are those of the library it stands in, unless others are named here, by the mistake
# or by the library; each a program and perhaps GoogleTest's filter.
TESTS = {
    "flows": ("test_app",),
    "alert_delivered_unsent": ("test_app AlertsTest.*",),
    "catch_up_gate_open": ("test_app *Restore*",),
    "journal_after_send": ("test_app *Restore*",),
    "limit_counted_twice": ("test_app *Limits*",),
    "limit_day_in_utc": ("test_app *Limits*",),
    "limit_not_given_back": ("test_app *Limits*",),
    "lost_payment_not_inserted": ("test_app *Restore*",),
    "merchants_not_isolated": ("test_app Checklist.*",),
    "notification_answer_unread": ("test_app Notification*",),
    "notification_claim_ignored": ("test_app Notification*",),
    "notification_not_written": ("test_app Notification*",),
    "refund_query_of_first_refund": ("test_app *Refunds*",),
}


@dataclasses.dataclass(frozen=True)
class Run:
    """What a program that was run came to; `code` is None where it ran out of time."""

    code: int | None
    out: str
    err: str

    @property
    def has_died(self) -> bool:
        """By its own doing: who is killed (memory ran out, an operator) proves nothing."""
        if self.code is None or self.code in (-signal.SIGKILL, 128 + signal.SIGKILL):
            return False
        return self.code < 0 or self.code >= 128


@dataclasses.dataclass(frozen=True)
class Verdict:
    killed_by: str | None  # None: nothing noticed
    note: str = ""  # why not, or what else is worth knowing


def find_names(root: pathlib.Path) -> dict[str, list[str]]:
    """The libraries each mistake stands in, by its name."""
    names: dict[str, list[str]] = {}
    source_dir = root / "src"
    for path in sorted(source_dir.rglob("*.[ch]pp")):
        if path.name == "mutation.hpp":
            continue
        library = path.parent.relative_to(source_dir).as_posix()
        for name in NAME.findall(path.read_text(encoding="utf-8")):
            libraries = names.setdefault(name, [])
            if library not in libraries:
                libraries.append(library)
    return dict(sorted(names.items()))


def tests_of(name: str, libraries: list[str]) -> list[str]:
    """The unit tests to try, each a program and perhaps its filter."""
    if name in TESTS:
        return list(TESTS[name])
    programs: list[str] = []
    for library in libraries:
        programs += TESTS.get(library, ("test_" + library.replace("/", "_"),))
    return programs


def last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""


def judge_seeds(run: Run) -> Verdict:
    """What a run of the simulation says about a mistake."""
    try:
        failed = json.loads(run.out)["failed"]
    except (ValueError, KeyError, TypeError):
        failed = []
    # A day that was killed (memory ran out, an operator) proves nothing.
    failed = [one for one in failed if not one["text"].endswith(f"signal {signal.SIGKILL:d}")]
    if failed:
        seed, rule = failed[0]["seed"], failed[0]["rule"]
        if rule == "died":
            # Which assertion it was: a crash that has nothing to do with the mistake is to be seen.
            rule = f"died: {last_line(run.err) or failed[0]['text']}"
        return Verdict(f"seed {seed}: {rule}"[:160])
    if run.code is None:
        return Verdict(None, "hung")
    if run.has_died:
        return Verdict(f"died: {last_line(run.err) or f'exit code {run.code}'}"[:160])
    if run.code == 0:
        return Verdict(None, "survived")
    # Findings without a word of them, bad usage: nothing that proves anything.
    return Verdict(None, f"no verdict: exit code {run.code} {run.err.strip()[-160:]}".strip())


def judge_test(program: str, run: Run) -> Verdict:
    """What a run of a GoogleTest program says."""
    if run.code is None:
        return Verdict(None, f"{program} hung")
    if run.code == 0:
        return Verdict(None, "survived")
    failed = re.search(r"^\[  FAILED  \] ([^\s,]+)", run.out, re.MULTILINE)
    if failed:
        return Verdict(f"{program}: {failed[1]}")
    begun = re.findall(r"^\[ RUN      \] (\S+)", run.out, re.MULTILINE)
    if run.has_died and begun:
        return Verdict(f"{program}: {begun[-1]} (died)")
    return Verdict(None, f"no verdict: {program} exit code {run.code}")


def execute(command: list[str], seconds: float, mutation: str = "") -> Run:
    process = subprocess.Popen(
        command,
        env={**os.environ, "HUITONG_MUTATE": mutation},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    code: int | None = None
    try:
        out, err = process.communicate(timeout=seconds)
        code = process.returncode
    except subprocess.TimeoutExpired:
        out = err = b""
    finally:
        # The simulation runs its days in processes of their own: they end with it.
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    return Run(code, out.decode(errors="replace"), err.decode(errors="replace"))


class Driver:
    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.lock = threading.Lock()  # of the build, and of what follows
        self.is_sound: dict[str, bool] = {}  # unit tests, by program and filter: they pass without a mistake

    def simulate(self, jobs: int, *arguments: str) -> Verdict:
        command = [str(BUILD / "huitong"), "simulate", "--seeds", f"1..{self.options.seeds}", "--json"]
        return judge_seeds(execute([*command, "--jobs", str(jobs), *arguments], self.options.timeout))

    def control(self) -> str:
        """What is wrong without any mistake: "clean"."""
        verdict = self.simulate(self.options.jobs)
        return verdict.killed_by or ("clean" if verdict.note == "survived" else verdict.note)

    def try_mutation(self, name: str, libraries: list[str]) -> tuple[str, Verdict, float]:
        begun = time.monotonic()
        # Two days at a time: one that never ends does not keep the others from noticing.
        verdict = self.simulate(2, "--mutate", name, "--stop-at-first")
        tests = tests_of(name, libraries) if verdict.killed_by is None else []
        for test in tests:
            by_test = self.try_test(test, name)
            if by_test.killed_by:
                verdict = Verdict(by_test.killed_by, f"seeds: {verdict.note}")
                break
            if by_test.note != "survived":
                verdict = Verdict(None, f"{verdict.note}; {by_test.note}")
        return name, verdict, time.monotonic() - begun

    def try_test(self, test: str, name: str) -> Verdict:
        program, _, pattern = test.partition(" ")
        command = [str(BUILD / program), "--gtest_color=no", "--gtest_fail_fast"]
        command += [f"--gtest_filter={pattern}"] if pattern else []
        with self.lock:
            if test not in self.is_sound:
                subprocess.run(["ninja", "-C", str(BUILD), program], check=True, stdout=subprocess.DEVNULL)
                self.is_sound[test] = execute(command, self.options.timeout).code == 0
        if not self.is_sound[test]:
            return Verdict(None, f"{program} fails without a mistake")
        return judge_test(program, execute(command, self.options.timeout, name))


def report(rows: list[tuple[str, Verdict, float]], seeds: int, control: str) -> str:
    """The table, in Markdown."""
    lines = ["# Mutation proof", "", f"Control run of {seeds} seeds: {control}.", ""]
    lines += ["| mistake | noticed by | seconds |", "|---|---|---:|"]
    for name, verdict, seconds in rows:
        noticed = verdict.killed_by or f"**nothing** ({verdict.note})"
        lines.append(f"| {name} | {noticed.replace('|', '/')} | {seconds:.0f} |")
    survivors = sum(1 for _, verdict, _ in rows if verdict.killed_by is None)
    by_seed = sum(1 for _, verdict, _ in rows if verdict.killed_by and not verdict.note)
    summary = f"{len(rows)} mistakes: {by_seed} noticed by the simulation"
    summary += f", {len(rows) - by_seed - survivors} by a unit test only, {survivors} by nothing."
    return "\n".join([*lines, "", summary, ""])


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev mutate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, metavar="N", help="at most, for each (default 200)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="at a time")
    parser.add_argument("--timeout", type=float, default=600, metavar="SECONDS", help="of one run")
    parser.add_argument("--no-control", action="store_true", help="leave the control run out")
    parser.add_argument("--list", action="store_true", help="print the names and end")
    parser.add_argument("names", nargs="*", metavar="NAME", help="of mistakes; none: all")
    options = parser.parse_args(arguments)
    known = find_names(ROOT)
    unknown = [name for name in options.names if name not in known]
    if unknown:
        parser.error(f"no mistake of the name {unknown[0]}; --list shows them")
    if options.list:
        print("\n".join(f"{name}  {', '.join(libraries)}" for name, libraries in known.items()))
        return 0
    driver = Driver(options)
    control = "left out"
    if not options.no_control:
        control = driver.control()
        print(f"control run: {control}", flush=True)
        if control != "clean":
            return 1
    rows = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        chosen = options.names or list(known)
        running = [pool.submit(driver.try_mutation, name, known[name]) for name in chosen]
        for one in concurrent.futures.as_completed(running):
            name, verdict, seconds = one.result()
            rows.append((name, verdict, seconds))
            noticed = verdict.killed_by or f"NOTHING ({verdict.note})"
            print(f"{len(rows):3}/{len(running)} {name:40} {noticed}  {seconds:.0f} s", flush=True)
    text = report(sorted(rows), options.seeds, control)
    (BUILD / "report.md").write_text(text, encoding="utf-8")
    print(text.splitlines()[-1])
    return 1 if any(verdict.killed_by is None for _, verdict, _ in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
