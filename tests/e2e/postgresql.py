"""A PostgreSQL server of the tests' own (Debian's package `postgresql`), and `huitong serve` several times on
one database of it.
"""

import contextlib
import json
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

from books import Books
from processes import Demo, Process, free_ports, simulated_merchant
from till import Till


def become_postgres() -> list[str]:
    return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


def children_of(parent: int) -> list[int]:
    found = []
    for status in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended
            if int(status.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(status.parent.name))
    return found


def is_there(process: int) -> bool:
    """Running; one that has ended and that nobody has waited for is not."""
    try:
        status = pathlib.Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


class Postgresql:
    """On a socket in a temporary directory and on no port; gone with `stop`. It does not flush: what is
    written outlives the end of its processes, not that of the machine. With `primary` it begins as a copy of
    that server and follows it."""

    def __init__(self, primary: "Postgresql | None" = None):
        binaries = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if not binaries:
            raise FileNotFoundError("no PostgreSQL server is installed (Debian package postgresql)")
        self._binaries = binaries[-1].parent
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="huitong-pg-", dir="/tmp"))
        self._data = self.folder / "data"
        self._databases = 0
        if os.geteuid() == 0:
            os.chown(self.folder, pwd.getpwnam("postgres").pw_uid, -1)
        try:
            if primary is None:
                arguments = ("-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
                self._run("initdb", "-D", str(self._data), "-U", "postgres", *arguments)
                self._start()
            else:
                self.follow(primary)
        except BaseException:
            self.stop()
            raise

    def _run(self, program: str, *arguments: str) -> None:
        command = [*become_postgres(), str(self._binaries / program), *arguments]
        done = subprocess.run(
            command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=60
        )
        if done.returncode != 0:
            log = self.folder / "log"
            said = log.read_text(errors="replace")[-1000:] if log.exists() else ""
            raise AssertionError(f"{program}: exit {done.returncode}\n{said}")

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-w", *arguments)

    def _start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses='' -c fsync=off"
        self._control("-l", str(self.folder / "log"), "-o", options, "start")

    def follow(self, primary: "Postgresql") -> None:
        """Begins anew as its stand-by."""
        shutil.rmtree(self._data, ignore_errors=True)
        source = f"host={primary.folder} user=postgres application_name=standby"
        self._run("pg_basebackup", "-D", str(self._data), "-d", source, "-R", "-c", "fast", "--no-sync")
        self._start()

    def stop_sending(self) -> None:
        """From now on every commit waits for a stand-by that does not hear of it."""
        server = int((self._data / "postmaster.pid").read_text().splitlines()[0])
        for process in children_of(server):
            if b"walsender" in pathlib.Path(f"/proc/{process}/cmdline").read_bytes():
                os.kill(process, signal.SIGSTOP)

    def kill9(self) -> None:
        """All processes of the server at once, as when its machine is gone; returns when they are."""
        server = int((self._data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(server, signal.SIGSTOP)  # no more children
        processes = [*children_of(server), server]
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        until = time.monotonic() + 10
        while any(is_there(process) for process in processes):
            if time.monotonic() > until:
                raise AssertionError("a killed server is still there")
            time.sleep(0.01)
        # A new server takes the number in there for a living one until somebody has waited for the old.
        for lock in self.folder.glob(".s.PGSQL.*.lock"):
            lock.unlink()

    def promote(self) -> None:
        self._control("promote")

    def set(self, name: str, value: str) -> None:
        self.ask(f"alter system set {name} = '{value}'")
        self.ask("select pg_reload_conf()")

    def ask(self, query: str, database: str = "postgres") -> str:
        done = subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder)]
            + ["-U", "postgres", "-d", database, "-c", query],
            capture_output=True,
            text=True,
            timeout=60,
        )
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return done.stdout.strip()

    def make_database(self) -> str:
        self._databases += 1
        name = f"e2e{self._databases}"
        self.ask(f"create database {name}")
        return name

    def url(self, database: str) -> str:
        # A password that nothing asks for, and that nothing may show.
        return f"postgresql://postgres:hushhush@/{database}?host={self.folder}"

    def stop(self) -> None:
        try:
            self._control("-m", "immediate", "stop")
        except (AssertionError, subprocess.TimeoutExpired):
            with contextlib.suppress(OSError, IndexError):  # it did not run
                self.kill9()
        shutil.rmtree(self.folder, ignore_errors=True)


class Pair:
    """Two servers: one serves, the other follows; while there are two, each commit waits for both."""

    def __init__(self):
        self.primary = Postgresql()
        try:
            self.standby = Postgresql(self.primary)
        except BaseException:
            self.primary.stop()
            raise
        self._addresses = f"{self.primary.folder},{self.standby.folder}"
        self.keep_together()

    def keep_together(self) -> None:
        """From now on each commit waits for the stand-by, which has everything from before."""
        self.primary.set("synchronous_standby_names", "standby")
        here = self.primary.ask("select pg_current_wal_flush_lsn()")
        is_safe = f"sync_state = 'sync' and state = 'streaming' and flush_lsn >= '{here}'"
        until = time.monotonic() + 30
        while self.primary.ask(f"select {is_safe} from pg_stat_replication") != "t":
            if time.monotonic() > until:
                raise AssertionError("the stand-by does not follow")
            time.sleep(0.02)

    def fail_over(self) -> None:
        """The primary is gone, the other takes its place. Whether its commits wait for a new stand-by is what
        was set when it was made."""
        self.primary.kill9()
        self.standby.promote()
        self.primary, self.standby = self.standby, self.primary

    def serve_alone(self) -> None:
        self.primary.set("synchronous_standby_names", "")

    def rebuild(self) -> None:
        self.standby.follow(self.primary)
        self.keep_together()

    def ask(self, query: str, database: str = "postgres") -> str:
        return self.primary.ask(query, database)

    def make_database(self) -> str:
        return self.primary.make_database()

    def url(self, database: str) -> str:
        return f"postgresql://postgres:hushhush@/{database}?host={self._addresses}"

    def stop(self) -> None:
        self.standby.stop()
        self.primary.stop()


class PgBooks(Books):
    def __init__(self, server: Postgresql, database: str):
        self._server, self._name = server, database

    def _rows(self, query: str) -> list[dict]:
        whole = f"select coalesce(json_agg(found), '[]') from ({query}) found"
        return json.loads(self._server.ask(whole, self._name))


class Nodes:
    """`count` times `huitong serve` on one database, and the simulators in a process of their own.
    `terminals` are made besides the one of the demo; `sections` are more keys of the nodes' configuration."""

    def __init__(
        self,
        folder,
        server: Postgresql,
        payments: dict,
        count: int = 2,
        terminals: int = 0,
        sections: dict | None = None,
    ):
        self.folder = pathlib.Path(folder)
        self.database = server.make_database()
        self.books = PgBooks(server, self.database)
        self._url, self._payments, self._count = server.url(self.database), payments, count
        self._terminal_count, self._sections = terminals, sections or {}
        # Makes the merchant, its keys and its terminal; then leaves its ports to the others.
        self.demo = Demo(self.folder, "--no-traffic", store=self._url)
        self._tills: list[Till] = []
        self.nodes: list[Process] = []
        self.urls: list[str] = []

    def _configure(self, index: int, port: int) -> pathlib.Path:
        data = self.folder / f"node-{index}"
        data.mkdir(exist_ok=True)
        sections = {
            "data": {"dir": str(data)},
            "store": {"url": self._url, "connections": 2},
            "secrets": {"key_file": str(self.demo.data / "master.key")},
            "listen": {"port": port, "drain_notice_ms": 0},
            "payments": self._payments,
            "log": {"level": "debug", "file": "serve.log"},
        }
        for name, values in self._sections.items():
            sections[name] = sections.get(name, {}) | values
        path = self.folder / f"node-{index}.toml"
        with path.open("w") as file:
            for section, values in sections.items():
                lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
                print(f"[{section}]", *lines, sep="\n", file=file)
        return path

    def start(self) -> None:
        self.demo.start()
        self.terminals = self.demo.make_terminals(self._terminal_count)
        status = self.demo.process.stop()
        if status != 0:
            raise AssertionError(f"the demo ended with {status}")
        self.simulators = self.demo.simulators
        merchant = simulated_merchant(self.demo.info, self.folder)
        port = str(self.demo.port + 1)
        command = [self.demo.program, "sim", "--port", port, "--tombstones", "on", *merchant]
        self.simulator = Process("sim", command, self.folder)
        self.simulator.start()
        first = free_ports(self._count)
        for index in range(self._count):
            config = self._configure(index, first + index)
            serve = [self.demo.program, "serve", "--config", str(config)]
            self.nodes.append(Process(f"serve-{index}", serve, self.folder))
            self.urls.append(f"http://127.0.0.1:{first + index}")
        for node in self.nodes:
            node.start()

    def till(self, node: int) -> Till:
        upay = self.demo.info["upay"]
        till = Till(self.urls[node], upay["terminal_sn"], upay["terminal_key"])
        self._tills.append(till)
        return till

    def admin(self, *arguments: str):
        return self.demo.admin(*arguments)

    def troubles(self) -> list[str]:
        """Lines of the nodes' logs that report more than the course of a payment."""
        return [line for line in self.logs().splitlines(keepends=True) if "trouble" in line]

    def logs(self) -> str:
        files = [*self.folder.glob("*.log"), *self.folder.glob("*/*.log")]
        return "".join(file.read_text(errors="replace") for file in files)

    def put_down(self) -> None:
        for till in self._tills:
            till.close()
        self.demo.put_down()
        for process in [*self.nodes, *([self.simulator] if hasattr(self, "simulator") else [])]:
            process.put_down()
