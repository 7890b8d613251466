"""The real programs under test: `huitong demo`, or `huitong serve` with its simulators in a process of
their own, on free loopback ports and data of their own; started, killed and started again as a machine
would do it (docs/architecture.md; README.md).
"""

import contextlib
import http.client
import itertools
import json
import os
import pathlib
import random
import signal
import socket
import ssl
import subprocess
import time
import urllib.parse

from books import Books
from till import Till

ROOT = pathlib.Path(__file__).resolve().parents[2]
SANITIZER_MARKS = ("AddressSanitizer", "runtime error:", "LeakSanitizer", "UndefinedBehaviorSanitizer")


def binary(variable: str = "HUITONG_BIN") -> str:
    """The program named by the environment; for a run by hand, the one where `./dev` leaves it."""
    preset = {"HUITONG_BIN": "release", "HUITONG_ASAN_BIN": "asan"}[variable]
    path = os.environ.get(variable) or str(ROOT / "build" / preset / "huitong")
    if not os.access(path, os.X_OK):
        raise FileNotFoundError(f"{path}: build it, or name another in {variable}")
    return path


def free_ports(count: int) -> int:
    """The first of `count` ports in a row that nobody listens on."""
    for _ in range(200):
        first = random.randint(20_000, 30_000)  # below the range of ephemeral ports
        with contextlib.ExitStack() as sockets:
            try:
                for port in range(first, first + count):
                    listener = sockets.enter_context(socket.socket())
                    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    listener.bind(("127.0.0.1", port))
                return first
            except OSError:
                continue
    raise OSError("no free ports")


class Process:
    """One program whose output goes to a log file. Starts again with the same arguments."""

    def __init__(
        self, name: str, arguments: list[str], folder: pathlib.Path, environment: dict | None = None
    ):
        self.name, self.arguments = name, arguments
        self.folder = folder
        self.log_path = folder / f"{name}.log"
        self._environment = {**os.environ, **(environment or {})}
        self._child: subprocess.Popen | None = None

    @property
    def pid(self) -> int:
        return self._child.pid

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def launch(self) -> None:
        self._log_offset = self.log_path.stat().st_size if self.log_path.exists() else 0
        with self.log_path.open("ab") as log:
            self._child = subprocess.Popen(
                self.arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=self._environment,
            )

    def start(self, ready_within: float = 15) -> float:
        """Returns the seconds until the line `ready …`."""
        begun = time.monotonic()
        self.launch()
        while time.monotonic() - begun < ready_within:
            fresh = self.log_path.read_bytes()[self._log_offset :]
            if any(line.startswith(b"ready ") for line in fresh.splitlines()):
                return time.monotonic() - begun
            if self._child.poll() is not None:
                status = self._child.returncode
                raise AssertionError(f"{self.name} ended with {status}:\n{self.log()[-4000:]}")
            time.sleep(0.01)
        raise AssertionError(f"{self.name} was not ready within {ready_within} s:\n{self.log()[-4000:]}")

    def is_running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def send(self, number: int, wait: float = 30) -> int:
        """Sends a signal and returns the exit code, negative when a signal ended it."""
        self._child.send_signal(number)
        return self._child.wait(wait)

    def pause(self) -> None:
        self._child.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._child.send_signal(signal.SIGCONT)

    def kill9(self) -> None:
        self.send(signal.SIGKILL)

    def stop(self) -> int | None:
        return self.send(signal.SIGTERM) if self.is_running() else None

    def put_down(self) -> None:
        """For the end of a test, however it ended."""
        if self.is_running():
            self._child.kill()
            self._child.wait()


class Simulators:
    """The control plane of the simulated channels (spec/channels 6.4); `tls` when their URL is https."""

    def __init__(self, url: str, tls: ssl.SSLContext | None = None):
        address = urllib.parse.urlsplit(url)
        self._host, self._port, self._tls = address.hostname, address.port, tls

    def _connect(self) -> http.client.HTTPConnection:
        if self._tls is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=30)
        return http.client.HTTPSConnection(self._host, self._port, timeout=30, context=self._tls)

    def ask(self, method: str, path: str, body: dict | None = None) -> dict:
        connection = self._connect()
        try:
            connection.request(method, "/_sim/" + path, None if body is None else json.dumps(body))
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        if response.status != 200:
            raise AssertionError(f"{method} {path}: HTTP {response.status} {text[:300]!r}")
        return json.loads(text)

    def summary(self) -> dict:
        return self.ask("GET", "summary")

    def violations(self) -> list:
        return self.ask("GET", "violations")["violations"]

    def options(self, **switches) -> None:
        self.ask("POST", "options", switches)

    def fault(self, do: str, times: int = 1, **match) -> None:
        self.ask("POST", "faults", {"match": match, "do": do, "times": times})

    def faults(self) -> list:
        return self.ask("GET", "faults")["faults"]

    def _pages(self, what: str, name: str, page: int = 500):
        since = 0
        while rows := self.ask("GET", f"{what}?since={since}&limit={page}")[name]:
            yield from rows
            since = rows[-1]["seq"] if "seq" in rows[-1] else since + len(rows)

    def orders(self) -> dict:
        """Every order of either wallet by out_trade_no."""
        rows = itertools.chain(self._pages("orders/wechat", "orders"), self._pages("orders/alipay", "orders"))
        return {order["out_trade_no"]: order for order in rows}

    def journal(self):
        return self._pages("journal", "entries")


class Demo:
    """`huitong demo` in a folder of its own below `folder`; `store` is a store.url, empty for the default."""

    def __init__(
        self, folder, *arguments: str, program: str = "", environment: dict | None = None, store: str = ""
    ):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "data"
        self.program = program or binary()
        self.port = free_ports(2)
        command = [self.program, "demo", "--data", str(self.data), "--port", str(self.port), *arguments]
        self._store = ["--data", str(self.data)]
        if store:
            command += ["--store", store]
            self.config = self.folder / "demo.toml"
            quoted = json.dumps(str(self.data)), json.dumps(store)
            self.config.write_text("[data]\ndir = {}\n[store]\nurl = {}\n".format(*quoted))
            self._store = ["--config", str(self.config)]
        self.process = Process("demo", command, self.folder, environment)
        self._tills: list[Till] = []

    def __enter__(self) -> "Demo":
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self.put_down()

    def put_down(self) -> None:
        self.process.put_down()
        for till in self._tills:
            till.close()

    def start(self, ready_within: float = 15) -> float:
        took = self.process.start(ready_within)
        self.info = json.loads((self.data / "demo.json").read_text())
        self.simulators = Simulators(self.info["simulators"])
        return took

    def till(self, **options) -> Till:
        """A till with a terminal of its own."""
        upay = self.info["upay"]
        till = Till(self.info["gateway"], **options)
        self._tills.append(till)
        answer = till.activate(upay["vendor_sn"], upay["vendor_key"], upay["app_id"], upay["activation_code"])
        if answer.outer != "200":
            raise AssertionError(f"activation: {answer}")
        return till

    def make_terminals(self, count: int) -> list[dict]:
        """Number and key of each."""
        tills = [self.till() for _ in range(count)]
        return [{"terminal_sn": till.sn, "terminal_key": till.key} for till in tills]

    def admin(self, *arguments: str):
        """What `huitong admin … --json` prints; None when it prints nothing."""
        operator = self.info["admin"]
        done = subprocess.run(
            [self.program, "admin", *arguments, "--json"]
            + [*self._store, "--operator", operator["operator"]],
            env={**os.environ, "HUITONG_OPERATOR_KEY": operator["operator_key"]},
            capture_output=True,
            text=True,
            timeout=60,
        )
        if done.returncode != 0:
            raise AssertionError(f"admin {arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return json.loads(done.stdout) if done.stdout else None


def simulated_merchant(info: dict, folder: pathlib.Path) -> list[str]:
    """The arguments with which `huitong sim` knows the merchant of a demo.json."""
    wechat, alipay = info["wechat"], info["alipay"]
    private, public = folder / "alipay-simulator.pem", folder / "alipay-app-public.pem"
    private.write_text(alipay["simulator_private_key"])
    done = subprocess.run(
        ["openssl", "pkey", "-pubout"],
        input=alipay["app_private_key"],
        capture_output=True,
        text=True,
        check=True,
    )
    public.write_text(done.stdout)
    return [
        *("--appid", wechat["appid"], "--mch-id", wechat["mch_id"], "--api-key", wechat["api_key"]),
        *("--alipay-app-id", alipay["app_id"], "--alipay-seller-id", alipay["seller_id"]),
        *("--alipay-app-public-key", str(public), "--alipay-private-key", str(private)),
    ]


class Split:
    """`huitong serve` with a configuration file, and `huitong sim` in a process that outlives it. `payments`
    are keys of the file's section of that name, `sections` more of the same for others."""

    def __init__(self, folder, payments: dict, terminals: int, sections: dict | None = None):
        self.folder = pathlib.Path(folder)
        # Makes the merchant, its keys and its terminals; then leaves its data and its ports to the others.
        self.demo = Demo(self.folder, "--no-traffic")
        self.books = Books(self.demo.data / "huitong.db")
        self.terminals: list[dict] = []
        self._terminal_count = terminals
        self._sections = {
            "data": {"dir": str(self.demo.data)},
            "listen": {"port": self.demo.port, "drain_notice_ms": 0},
            "payments": payments,
            "log": {"level": "info", "file": "serve.log"},
        }
        for name, values in (sections or {}).items():
            self._sections[name] = self._sections.get(name, {}) | values
        self.processes = [self.demo.process]

    def _run(self, name: str, *arguments: str) -> Process:
        process = Process(name, [self.demo.program, name, *arguments], self.folder)
        self.processes.append(process)
        process.start()
        return process

    def start(self) -> None:
        self.demo.start()
        self.terminals = self.demo.make_terminals(self._terminal_count)
        status = self.demo.process.stop()
        if status != 0:
            raise AssertionError(f"the demo ended with {status}")
        self.gateway_url, self.simulators = self.demo.info["gateway"], self.demo.simulators
        self.urls = [self.gateway_url]
        config = self.folder / "huitong.toml"
        with config.open("w") as file:
            for section, values in self._sections.items():
                lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
                print(f"[{section}]", *lines, sep="\n", file=file)
        merchant = simulated_merchant(self.demo.info, self.folder)
        self.simulator = self._run("sim", "--port", str(self.demo.port + 1), "--tombstones", "on", *merchant)
        self.gateway = self._run("serve", "--config", str(config))

    def put_down(self) -> None:
        self.demo.put_down()
        for process in self.processes:
            process.put_down()

    def admin(self, *arguments: str):
        return self.demo.admin(*arguments)

    def troubles(self) -> list[str]:
        """Lines of the gateway's log that report more than the course of a payment."""
        with (self.demo.data / "serve.log").open(errors="replace") as log:
            return [line for line in log if "trouble" in line]
