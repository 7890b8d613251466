"""No secret at rest in clear: not in the database or its write-ahead log, not in a log, not in a core file,
not in what an operator is shown. Keys are looked for as text, as raw bytes and in Base64; payment codes as
text.
"""

import base64
import os
import pathlib
import resource
import signal
import subprocess
import tempfile
import time
import unittest

from processes import Demo
from till import Codes, LostAnswer

SECRET_NAMES = ("key", "secret", "password", "token")
PUBLIC_NAMES = ("public", "certificate", "serial", "file", "_sn", "base_url")
OWN_FILES = {"demo.json"}  # made to be read by clients, and readable by its owner only


def secrets_of(node, path: str = "") -> dict[str, str]:
    """Every value of demo.json whose name says that it is one to keep."""
    found = {}
    for name, value in node.items():
        where = f"{path}.{name}"
        if isinstance(value, dict):
            found |= secrets_of(value, where)
        elif any(word in name for word in SECRET_NAMES) and not any(word in name for word in PUBLIC_NAMES):
            found[where] = str(value)
    return found


def forms_of(secret: str) -> dict[str, bytes]:
    """The ways in which a careless program could leave it behind."""
    text = secret.encode()
    forms = {"text": text, "upper case": secret.upper().encode(), "base64": base64.b64encode(text)[:-4]}
    forms["utf-16"] = secret.encode("utf-16-le")
    if len(secret) in (32, 64) and all(char in "0123456789abcdef" for char in secret):
        raw = bytes.fromhex(secret)
        forms |= {"raw bytes": raw, "base64 of raw": base64.b64encode(raw).rstrip(b"=")[:-1]}
    return forms


def allow_core_files() -> None:
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


def left_a_core(pid: int) -> bool:
    """Whether the kernel says that this child, killed by a signal, was dumped."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT).si_code == os.CLD_DUMPED


def core_files(started: float, folder: pathlib.Path) -> list[pathlib.Path]:
    """Files below `folder` or where this kernel puts cores that could be one written since `started`."""
    pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text().strip()
    found = set(folder.rglob("*core*"))
    places = [pathlib.Path("/var/lib/systemd/coredump")]
    places += [pathlib.Path(pattern).parent] if pattern.startswith("/") else []
    for place in places:
        found |= set(place.glob("*core*")) if place.is_dir() else set()
    return [path for path in found if path.is_file() and path.stat().st_mtime >= started - 1]


class Secrets(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        allow_core_files()  # inherited by the demo
        self.demo = Demo(folder.name, "--no-traffic")
        self.addCleanup(self.demo.put_down)
        self.demo.start()

    def use_it(self) -> dict[str, str]:
        """Payments of several endings, activations, check-ins; returns everything that must not be found."""
        secrets = secrets_of(self.demo.info)
        self.assertGreaterEqual(len(secrets), 3, secrets.keys())
        codes = Codes()
        till = self.demo.till()
        for number in range(3):
            secrets[f"key {number} of an activated terminal"] = till.key
            till.checkin()
        secrets["last key"] = till.key
        endings = [codes(), codes(5), codes(6), codes(1, 2), codes(11), codes(14), codes(17), codes(18)]
        for number, code in enumerate(endings):
            secrets[f"payment code {number}"] = code
            till.pay(f"secret-{number}-in-the-clear", code, 10 + number)
        broken = codes()
        secrets["payment code in a broken request"] = broken
        till.pay("secret-x" * 10, broken, 10)
        till.pay("secret-y", broken + "0" * 20, 10)
        try:
            till.post("/upay/v2/pay?dynamic_id=" + broken, broken.encode(), f"{till.sn} {'0' * 32}")
        except LostAnswer:
            pass
        till.cancel(client_sn="secret-0-in-the-clear")
        for name, secret in secrets.items():
            self.assertGreaterEqual(len(secret), 16, name)
        return secrets

    def search(self, data: bytes, where: str, secrets: dict[str, str], allowed: str = "") -> list[str]:
        found = []
        for name, secret in secrets.items():
            for form, needle in forms_of(secret).items():
                if needle in data and name != allowed:
                    found.append(f"{name} as {form} in {where}")
        return found

    def search_files(self, secrets: dict[str, str]) -> list[str]:
        found, searched = [], set()
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and path.name not in OWN_FILES:
                searched.add(path.name)
                allowed = "master key" if path.name == self.master_key.name else ""
                found += self.search(path.read_bytes(), str(path), secrets, allowed)
        self.assertTrue({"demo.log"} < searched, searched)
        self.assertTrue(any(name.endswith("-wal") for name in searched), searched)
        control = {"a client_sn": "secret-0-in-the-clear"}
        files = [path for path in self.folder.rglob("*") if path.is_file() and path.name not in OWN_FILES]
        seen = [hit for path in files for hit in self.search(path.read_bytes(), path.name, control)]
        self.assertTrue(seen, "this search finds nothing, not even what is there")
        return found

    def test_nothing_in_clear(self):
        keys = [path for path in self.demo.data.rglob("*") if path.is_file() and path.name.endswith(".key")]
        self.assertEqual(len(keys), 1, keys)
        self.master_key = keys[0]
        self.assertEqual(self.master_key.stat().st_mode & 0o077, 0)
        secrets = self.use_it()
        secrets["master key"] = self.master_key.read_text().strip()
        self.assertEqual(self.search_files(secrets), [])

        lists = (("vendor", "list"), ("channel-account", "list"), ("payment", "list"), ("audit", "list"))
        for arguments in lists:
            shown = self.demo.admin(*arguments)
            self.assertEqual(self.search(str(shown).encode(), "admin " + " ".join(arguments), secrets), [])
        for payment in self.demo.admin("payment", "list"):
            shown = self.demo.admin("payment", "show", payment["sn"])
            self.assertTrue(any("exchange" in row for row in shown["timeline"]), "evidence is kept")
            where = "evidence of " + payment["client_sn"]
            self.assertEqual(self.search(str(shown).encode(), where, secrets), [])

        self.abort_and_look(secrets)
        self.assertEqual(self.search_files(secrets), [], "after the crash")
        self.demo.start()
        self.assertEqual(self.demo.process.stop(), 0)

    def abort_and_look(self, secrets: dict[str, str]) -> None:
        started = time.time()
        with tempfile.TemporaryDirectory() as elsewhere:
            control = subprocess.Popen(["sleep", "60"], cwd=elsewhere)
            control.send_signal(signal.SIGABRT)
            machine_dumps = left_a_core(control.pid)
            control.wait()

        process = self.demo.process
        limits = pathlib.Path(f"/proc/{process.pid}/limits").read_text()
        core_limit = next(line for line in limits.splitlines() if "core file" in line).split()[4]
        owner = os.stat(f"/proc/{process.pid}/mem").st_uid
        print(f"\nmachine dumps cores: {machine_dumps}; core limit {core_limit}, /proc/PID/mem of {owner}")
        is_shut = core_limit == "0" or (os.getuid() != 0 and owner == 0)
        self.assertTrue(machine_dumps or is_shut, "nothing keeps memory out of a core file")
        os.kill(process.pid, signal.SIGABRT)
        self.assertFalse(left_a_core(process.pid), "the kernel wrote a core file")
        self.assertEqual(process.send(0), -signal.SIGABRT)
        for path in core_files(started, self.folder):
            self.assertEqual(self.search(path.read_bytes(), str(path), secrets), [])


if __name__ == "__main__":
    unittest.main()
