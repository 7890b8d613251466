"""A PostgreSQL server of the tests' own (Debian's package `postgresql`), and `huitong serve` several times on
one database of it.
"""

import json
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

from books import Books
from processes import Demo, Process, free_ports, simulated_merchant
from till import Till


class Postgresql:
    """On a socket in a temporary directory and on no port; gone with `stop`."""

    def __init__(self):
        binaries = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if not binaries:
            raise FileNotFoundError("no PostgreSQL server is installed (Debian package postgresql)")
        self._binaries = binaries[-1].parent
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="huitong-pg-", dir="/tmp"))
        self._databases = 0
        if os.geteuid() == 0:
            os.chown(self._folder, pwd.getpwnam("postgres").pw_uid, -1)
        try:
            self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
            options = f"-k {self._folder} -c listen_addresses='' -c fsync=off"
            self._run("pg_ctl", "-l", str(self._folder / "log"), "-w", "-o", options, "start")
        except BaseException:
            self.stop()
            raise

    def _run(self, program: str, *arguments: str) -> None:
        become = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*become, str(self._binaries / program), "-D", str(self._folder / "data"), *arguments]
        done = subprocess.run(
            command, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=60
        )
        if done.returncode != 0:
            raise AssertionError(f"{program}: exit {done.returncode}")

    def ask(self, query: str, database: str = "postgres") -> str:
        done = subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", str(self._folder)]
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
        return f"postgresql://postgres:hushhush@/{database}?host={self._folder}"

    def stop(self) -> None:
        try:
            self._run("pg_ctl", "-m", "immediate", "-w", "stop")
        except AssertionError:
            pass  # it did not run
        shutil.rmtree(self._folder, ignore_errors=True)


class PgBooks(Books):
    def __init__(self, server: Postgresql, database: str):
        self._server, self._name = server, database

    def _rows(self, query: str) -> list[dict]:
        whole = f"select coalesce(json_agg(found), '[]') from ({query}) found"
        return json.loads(self._server.ask(whole, self._name))


class Nodes:
    """`count` times `huitong serve` on one database, and the simulators in a process of their own."""

    def __init__(self, folder, server: Postgresql, payments: dict, count: int = 2):
        self.folder = pathlib.Path(folder)
        self.database = server.make_database()
        self.books = PgBooks(server, self.database)
        self._url, self._payments, self._count = server.url(self.database), payments, count
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
        path = self.folder / f"node-{index}.toml"
        with path.open("w") as file:
            for section, values in sections.items():
                lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
                print(f"[{section}]", *lines, sep="\n", file=file)
        return path

    def start(self) -> None:
        self.demo.start()
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

    def logs(self) -> str:
        files = [*self.folder.glob("*.log"), *self.folder.glob("*/*.log")]
        return "".join(file.read_text(errors="replace") for file in files)

    def put_down(self) -> None:
        for till in self._tills:
            till.close()
        self.demo.put_down()
        for process in [*self.nodes, *([self.simulator] if hasattr(self, "simulator") else [])]:
            process.put_down()
