"""The real program on a PostgreSQL store: what a till sees is what it sees on SQLite, and of two processes on
one database the other ends what one began, however that one ended (docs/architecture.md,
"Several processes").
"""

import concurrent.futures
import json
import os
import signal
import subprocess
import tempfile
import time
import unittest

import test_first_payment
from postgresql import Nodes, PgBooks, Postgresql
from processes import Demo
from till import FINAL, Codes

# As short as the configuration allows: a dead process's payments are taken over call_timeout + 5 s after what
# it had to do was due.
PAYMENTS = {"call_timeout_ms": 4000, "deadline_ms": 20_000, "in_flight_bound_ms": 64_000}


class FirstPaymentOnPostgresql(test_first_payment.FirstPayment):
    """All that the first page promises, again."""

    @classmethod
    def setUpClass(cls):
        cls.server = Postgresql()
        cls.addClassCleanup(cls.server.stop)
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.database = cls.server.make_database()
        cls.demo = Demo(cls.folder.name, "--no-traffic", store=cls.server.url(cls.database))
        cls.addClassCleanup(cls.demo.put_down)
        cls.demo.start()
        cls.codes = Codes()
        cls.till = cls.demo.till()

    def test_refund_and_ledger(self):
        paid = self.till.pay("pg-1", self.codes(), 1000)
        self.assertEqual(paid.order_status, "PAID", paid)
        self.assertEqual(self.till.refund("pg-1", "R1", 300).biz, "REFUND_SUCCESS")
        self.assertEqual(self.till.query(client_sn="pg-1").order_status, "PARTIAL_REFUNDED")
        self.assertEqual(self.demo.admin("ledger", "verify")["differences"], [])
        whose = ("--terminal", self.till.sn)
        self.assertEqual(self.demo.admin("limit", "set", *whose, "--per-day", "1")["per_day_fen"], 1)
        self.assertNotEqual(self.till.pay("pg-2", self.codes(), 2).order_status, "PAID")
        self.demo.admin("limit", "remove", *whose)
        posted = {row["client_sn"]: row["posted"] for row in PgBooks(self.server, self.database).payments()}
        self.assertEqual(posted["pg-1"], 700)

    def test_commands(self):
        """What works on a server says so; what is for a file is refused; the password is nowhere."""

        def run(*arguments: str) -> subprocess.CompletedProcess:
            command = [self.demo.program, *arguments]
            return subprocess.run(command, capture_output=True, text=True, timeout=60)

        config = str(self.demo.config)
        migrated = run("migrate", "--config", config, "--json")
        self.assertEqual(json.loads(migrated.stdout)["new_key"], False, migrated.stderr)
        shown = run("check-config", config)
        self.assertIn("postgresql://postgres:********@", shown.stdout)
        backup = run("backup", "--config", config, "--to", f"{self.folder.name}/copy")
        self.assertIn("not_a_file", backup.stderr)
        doctor = run("doctor", "--config", config, "--json")
        found = {each["check"]: each for each in json.loads(doctor.stdout)}
        self.assertEqual(found["store"]["verdict"], "ok", found)
        self.assertIn("fsync=off", found["store_server"]["text"])
        log = (self.demo.data / "huitong.log").read_text() + self.demo.process.log()
        for text in (log, *(done.stdout + done.stderr for done in (migrated, shown, backup, doctor))):
            self.assertNotIn("hushhush", text)


class TwoNodes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Postgresql()
        cls.addClassCleanup(cls.server.stop)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.nodes = Nodes(folder.name, self.server, PAYMENTS)
        self.addCleanup(self.nodes.put_down)
        self.nodes.start()
        self.simulators, self.codes = self.nodes.simulators, Codes()
        pool = concurrent.futures.ThreadPoolExecutor(16)
        self.addCleanup(pool.shutdown)
        self.submit = pool.submit

    def wait_until(self, till, client_sn: str, seconds: float):
        until = time.monotonic() + seconds
        while (answer := till.query(client_sn=client_sn)).order_status not in FINAL:
            self.assertLess(time.monotonic(), until, answer)
            time.sleep(0.2)
        return answer

    def wait_until_there(self, till, client_sn: str) -> None:
        until = time.monotonic() + 10
        while till.query(client_sn=client_sn).biz_error == "UPAY_ORDER_NOT_EXISTS":
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)

    def check_books(self, states: dict) -> None:
        payments = {row["client_sn"]: row for row in self.nodes.books.payments()}
        self.assertEqual({name: row["state"] for name, row in payments.items()}, states)
        self.assertEqual(self.nodes.books.net_fen(), self.simulators.summary()["net_fen"])
        pay_calls = [order["micropay_calls"] for order in self.simulators.orders().values()]
        self.assertEqual(max(pay_calls), 1, "a pay call was sent twice")
        self.assertEqual(self.simulators.violations(), [])
        self.assertNotIn("hushhush", self.nodes.logs())

    def test_a_waiting_till_sees_what_the_other_node_commits(self):
        first, second = self.nodes.till(0), self.nodes.till(1)
        self.assertEqual(first.pay("seen-1", self.codes(), 10).order_status, "PAID")
        self.assertEqual(second.query(client_sn="seen-1").order_status, "PAID")
        self.assertEqual(second.pay("seen-1", self.codes(), 10).biz_error, "CLIENT_SN_CONFLICT")
        self.assertEqual(second.refund("seen-1", "R1", 4).biz, "REFUND_SUCCESS")

        def timed(call, *arguments, **named):
            return call(*arguments, **named), time.monotonic()

        waiting = self.submit(timed, first.pay, "seen-2", self.codes(2), 20)
        self.wait_until_there(second, "seen-2")
        cancelled, at = timed(second.cancel, client_sn="seen-2")
        self.assertEqual(cancelled.order_status, "CANCELED", cancelled)
        told, told_at = waiting.result(60)
        self.assertEqual(told.order_status, "CANCELED", told)
        self.assertLess(told_at - at, 1.0, "0.5 s, and what this machine adds")
        self.check_books({"seen-1": "partially_refunded", "seen-2": told_state(self.nodes, "seen-2")})

    def test_many_tills_at_both(self):
        """One terminal's payments through both nodes at once, with a limit that both must keep together."""
        self.nodes.demo.admin("limit", "set", "--terminal", self.nodes.till(0).sn, "--per-day", "2000")
        tills = [self.nodes.till(index % 2) for index in range(12)]
        paid = []
        for round_ in range(4):
            waiting = [
                self.submit(till.pay, f"many-{round_}-{index}", self.codes(), 100)
                for index, till in enumerate(tills)
            ]
            paid += [future.result(60).order_status == "PAID" for future in waiting]
        self.assertEqual(paid.count(True), 20)
        self.assertEqual(self.nodes.books.net_fen(), 2000)

    def test_kill_9_of_one_node(self):
        first, second = self.nodes.till(0), self.nodes.till(1)
        self.assertEqual(first.pay("kill-0", self.codes(), 500).order_status, "PAID")
        doomed = [  # the payer hesitates; the channel's answer is late; it was lost
            self.submit(self.nodes.till(0).pay, f"kill-{index}", self.codes(scenario, count), 100)
            for index, scenario, count in ((1, 1, 12), (2, 15, 8), (3, 14, 0))
        ]
        self.simulators.fault("delay:3000", op="refund", channel="wechat")
        refund = self.submit(self.nodes.till(0).refund, "kill-0", "R1", 200)
        for index in (1, 2, 3):
            self.wait_until_there(second, f"kill-{index}")
        time.sleep(1)
        self.nodes.nodes[0].kill9()
        begun = time.monotonic()
        for future in (*doomed, refund):
            self.assertIsNotNone(future.exception(30))
        for index in (1, 2, 3):
            answer = self.wait_until(second, f"kill-{index}", 60)
            self.assertIn(answer.order_status, FINAL)
        print(f"taken over and ended after {time.monotonic() - begun:.1f} s", flush=True)
        until = time.monotonic() + 40
        while self.nodes.books.count_unresolved():
            self.assertLess(time.monotonic(), until)
            time.sleep(0.3)
        self.assertEqual(second.query(client_sn="kill-0").order_status, "PARTIAL_REFUNDED")
        payments = {row["client_sn"]: row["state"] for row in self.nodes.books.payments()}
        self.assertEqual(payments["kill-1"], "paid", "its payer confirmed in time")
        self.check_books(payments)

    def test_a_stopped_node_comes_back_too_late(self):
        """SIGSTOP while the channel's answer "paid" is on its way; the other node cancels; SIGCONT."""
        second = self.nodes.till(1)
        waiting = self.submit(self.nodes.till(0).pay, "stop-1", self.codes(15, 3), 100)
        self.wait_until_there(second, "stop-1")
        time.sleep(0.5)
        self.nodes.nodes[0].pause()
        try:
            cancelled = second.cancel(client_sn="stop-1")
            self.assertEqual(cancelled.order_status, "CANCELED", cancelled)
        finally:
            self.nodes.nodes[0].go_on()
        self.assertEqual(waiting.result(60).order_status, "CANCELED")
        time.sleep(2)
        for node in (0, 1):
            self.assertEqual(self.nodes.till(node).query(client_sn="stop-1").order_status, "CANCELED")
        self.assertEqual(self.nodes.books.net_fen(), 0)
        self.check_books({"stop-1": told_state(self.nodes, "stop-1")})

    def test_who_must_not_join(self):
        """A process with another key, and a restore beside one that serves."""
        running, other = self.nodes.nodes
        other.stop()
        config = str(self.nodes.folder / "node-1.toml")

        def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
            return subprocess.run(
                [self.nodes.demo.program, *arguments, "--config", config],
                capture_output=True,
                text=True,
                timeout=60,
                env={**os.environ, **environment},
            )

        refused = run("serve", HUITONG_MASTER_KEY="ab" * 32)
        self.assertEqual(refused.returncode, 1, refused)
        self.assertIn("wrong_master_key", refused.stderr)
        brought_back = ("restore", "--as-of", "2026-01-01T00:00:00+08:00")
        refused = run(*brought_back)
        self.assertEqual(refused.returncode, 1, refused)
        self.assertIn("in_use", refused.stderr)
        self.assertEqual(self.nodes.till(0).pay("goes-on", self.codes(), 100).order_status, "PAID")
        running.stop()
        done = run(*brought_back, "--accept-loss")
        self.assertEqual(done.returncode, 0, done)
        running.start()
        until = time.monotonic() + 60
        till = self.nodes.till(0)
        while till.pay(f"again-{time.monotonic_ns()}", self.codes(), 100).order_status != "PAID":
            self.assertLess(time.monotonic(), until, "the catch-up does not end")
            time.sleep(0.2)


def told_state(nodes: Nodes, client_sn: str) -> str:
    """Reversed or closed: both are cancelled to a till."""
    state = {row["client_sn"]: row["state"] for row in nodes.books.payments()}[client_sn]
    return state if state in ("reversed", "closed") else "neither reversed nor closed"


if __name__ == "__main__":
    unittest.main()
