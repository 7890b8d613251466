"""A demo built with sanitizers, for tests that feed it hostile bytes: it must survive them all, end with
exit code 0 and leave no sanitizer report.
"""

import itertools
import json
import socket
import tempfile
import time
import unittest

from processes import SANITIZER_MARKS, Demo, binary
from till import Codes, Till, pay_fields, sign

PAY, QUERY = "/upay/v2/pay", "/upay/v2/query"


class SanitizedCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.demo = Demo(
            folder.name,
            "--no-traffic",
            program=binary("HUITONG_ASAN_BIN"),
            environment={
                "ASAN_OPTIONS": "detect_leaks=1",
                "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
            },
        )
        cls.addClassCleanup(cls.check_process)
        cls.demo.start(ready_within=60)
        cls.simulators = cls.demo.simulators
        cls.simulators.options(password_above_fen=0, password_free_per_day=0)
        cls.upay = cls.demo.info["upay"]
        cls.sn, cls.key = cls.upay["terminal_sn"], cls.upay["terminal_key"]
        cls.codes = Codes()
        cls.numbers = itertools.count()

    @classmethod
    def check_process(cls):
        try:
            status = cls.demo.process.stop()
        finally:
            cls.demo.put_down()
        log = cls.demo.process.log()
        for mark in SANITIZER_MARKS:
            if mark in log:
                raise AssertionError(f"{mark} in the log:\n{log[log.index(mark) :][:6000]}")
        if status != 0:
            raise AssertionError(f"the gateway ended with {status}:\n{log[-4000:]}")

    def setUp(self):
        self.till = Till(self.demo.info["gateway"], self.sn, self.key)
        self.addCleanup(self.till.close)
        self.calls_before = self.simulators.summary()["micropay_calls"]
        self.payments_before = self.payment_count()

    def payment_count(self) -> int:
        return len(self.demo.admin("payment", "list", "--most", "1000000"))

    def assert_nothing_happened(self):
        self.assertTrue(self.demo.process.is_running(), self.demo.process.log()[-4000:])
        self.assertEqual(self.simulators.summary()["micropay_calls"], self.calls_before)
        self.assertEqual(self.payment_count(), self.payments_before)

    def head(self, body: bytes, path: str = PAY, extra: str = "", length: bool = True) -> bytes:
        authorization = f"{self.sn} {sign(body, self.key)}"
        lines = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n{extra}"
        return (lines + (f"Content-Length: {len(body)}\r\n" if length else "") + "\r\n").encode()

    def body(self, **fields) -> bytes:
        whole = {"terminal_sn": self.sn, **pay_fields(f"bad-{next(self.numbers)}", self.codes(), 1), **fields}
        return json.dumps(whole).encode()

    def raw(self, *pieces: bytes, pause: float = 0, wait: float = 20) -> bytes:
        """Sends the pieces; returns all that comes until the server closes, or 0.5 s after an answer."""
        with socket.create_connection(("127.0.0.1", self.demo.port), timeout=wait) as connection:
            got = b""
            try:
                for piece in pieces:
                    connection.sendall(piece)
                    time.sleep(pause)
                while chunk := connection.recv(65536):
                    got += chunk
                    connection.settimeout(0.5)
            except (ConnectionResetError, BrokenPipeError):
                pass
            except TimeoutError:
                self.assertTrue(got, "neither an answer nor a closed connection")
            return got

    @staticmethod
    def statuses(got: bytes) -> list[int]:
        return [int(part[:3]) for part in got.split(b"HTTP/1.1 ")[1:]]

    def assert_refused_by_transport(self, got: bytes, *allowed: int):
        """Closed without a word, or one answer with one of these statuses."""
        self.assertIn(self.statuses(got), [[], *([status] for status in allowed)], got[:500])

    def outer(self, body: bytes, path: str = PAY) -> str:
        answer = self.till.post(path, body, f"{self.sn} {sign(body, self.key)}")
        return answer.error or answer.biz_error or answer.biz
