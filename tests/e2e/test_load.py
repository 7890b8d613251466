"""`huitong load` against the real program: a run keeps its rate and is clean, its report is JSON, and its
audit fails when a channel holds an order that nobody asked for or the store lost one (docs/load.md).
"""

import hashlib
import http.client
import json
import os
import pathlib
import pty
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

from postgresql import Nodes, Postgresql
from processes import Demo, binary, free_ports

OPERATIONS = ("pay", "query", "cancel", "refund")
FAULTS = ("lost", "double", "unresolved", "money")
PAYMENTS = {"call_timeout_ms": 4000, "deadline_ms": 20_000, "in_flight_bound_ms": 64_000}


def run_load(*arguments: str, timeout: float = 250) -> subprocess.CompletedProcess:
    command = [binary(), "load", "--json", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout)


def make_order_at_wechat(info: dict, number: str, fen: int, code: str) -> str:
    """A pay call of the merchant's own account that no gateway sent; the answer (spec/channels 1A)."""
    wechat = info["wechat"]
    fields = {
        "appid": wechat["appid"],
        "mch_id": wechat["mch_id"],
        "nonce_str": "forged",
        "body": "forged",
        "out_trade_no": number,
        "total_fee": str(fen),
        "spbill_create_ip": "127.0.0.1",
        "auth_code": code,
    }
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields)) + f"&key={wechat['api_key']}"
    fields["sign"] = hashlib.md5(text.encode()).hexdigest().upper()
    body = "<xml>" + "".join(f"<{name}>{value}</{name}>" for name, value in fields.items()) + "</xml>"
    address = urllib.parse.urlsplit(wechat["base_url"])
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    try:
        connection.request("POST", "/pay/micropay", body)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


class Load(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.demo = Demo(folder.name, "--no-traffic")
        cls.addClassCleanup(cls.demo.put_down)
        cls.demo.start()

    def load(self, *arguments: str) -> tuple[int, dict]:
        done = run_load("--demo", str(self.demo.data), *arguments)
        self.assertIn(done.returncode, (0, 3), done.stderr)
        self.assertEqual(done.stderr, "", "a progress bar where nobody looks")
        return done.returncode, json.loads(done.stdout)

    def assert_clean(self, status: int, report: dict) -> None:
        audit = report["audit"]
        self.assertEqual(audit["findings"], [], report)
        self.assertEqual(status, 0)
        self.assertEqual((audit["channel"], audit["ledger"], audit["not_audited"]), (True, True, []))
        self.assertEqual([audit[fault] for fault in FAULTS], [0] * len(FAULTS))
        self.assertEqual(audit["orders"], report["operations"]["pay"]["count"])
        self.assertEqual(audit["told_fen"], audit["channel_fen"])
        self.assertEqual(audit["told_fen"], audit["ledger_fen"])
        self.assertGreater(audit["told_fen"], 0)

    def test_a_run_keeps_its_rate_and_is_clean(self):
        before = self.demo.simulators.summary()
        status, report = self.load("--rate", "40", "--seconds", "8", "--connections", "128")
        self.assert_clean(status, report)
        rate = report["rate"]
        self.assertEqual((rate["asked_per_s"], rate["sent"]), (40, 320))
        self.assertGreater(rate["kept_per_s"], 36)
        self.assertLess(rate["kept_per_s"], 41)
        self.assertLess(rate["seconds"], 40)
        operations = report["operations"]
        self.assertEqual(sum(operations[name]["count"] for name in OPERATIONS), 320)
        for name in OPERATIONS:
            with self.subTest(name):
                tally, latency = operations[name], operations[name]["latency_us"]
                self.assertGreater(tally["definite"], 0)
                self.assertEqual(tally["refused"], 0, tally)
                self.assertEqual(tally["definite"] + tally["unknown"], tally["count"])
                self.assertEqual(sum(tally["answers"].values()), tally["count"])
                shown = [latency[each] for each in ("p50", "p90", "p99", "p99_9", "max")]
                self.assertEqual(shown, sorted(shown))
                self.assertGreater(shown[0], 100, "no answer takes less than 0.1 ms")
        after = self.demo.simulators.summary()
        made = after["orders"] + after["alipay"]["orders"] - before["orders"] - before["alipay"]["orders"]
        self.assertEqual(made, operations["pay"]["count"])
        self.assertGreater(after["orders"], before["orders"])
        self.assertGreater(after["alipay"]["orders"], before["alipay"]["orders"])
        self.assertEqual(after["violations"], before["violations"])
        self.assertEqual(self.demo.admin("ledger", "verify")["differences"], [])

    def test_what_hesitates_or_is_lost_is_settled(self):
        arguments = ("--rate", "10", "--seconds", "10", "--arrivals", "poisson", "--seed", "3")
        status, report = self.load(*arguments, "--faults", "0.5", "--mix", "pay=1", "--connections", "256")
        self.assert_clean(status, report)
        pay = report["operations"]["pay"]
        self.assertGreater(pay["latency_us"]["p90"], 1_000_000, "nobody hesitated")
        self.assertGreater(pay["count"], 60)
        self.assertLess(pay["count"], 150)

    def test_an_order_that_nobody_asked_for_is_found(self):
        forged = []

        def forge() -> None:
            time.sleep(2)
            code = "139999999999990000"
            forged.append(make_order_at_wechat(self.demo.info, "forged1", 77, code))

        forger = threading.Thread(target=forge)
        forger.start()
        status, report = self.load("--rate", "10", "--seconds", "5", "--mix", "pay=1")
        forger.join()
        self.assertIn("<result_code><![CDATA[SUCCESS]]></result_code>", forged[0])
        self.assertEqual(status, 3)
        self.assertEqual([each["order"] for each in report["audit"]["findings"]], ["forged1"])
        self.assertEqual(report["audit"]["money"], 1)
        self.assert_clean(*self.load("--rate", "10", "--seconds", "2", "--mix", "pay=1"))

    def test_a_payment_that_the_store_lost_is_found(self):
        """Its rows are deleted between its answer and the audit."""
        command = [binary(), "load", "--json", "--demo", str(self.demo.data), "--mix", "pay=1"]
        with subprocess.Popen(
            [*command, "--rate", "10", "--seconds", "4"], stdout=subprocess.PIPE, text=True
        ) as process:
            self.addCleanup(process.kill)
            with sqlite3.connect(self.demo.data / "huitong.db", timeout=30) as database:
                newest = "select max(id) from payment where client_sn like 'load%' and state = 'paid'"
                before = row = database.execute(newest).fetchone()
                while row == before and process.poll() is None:
                    time.sleep(0.05)
                    row = database.execute(newest).fetchone()
                time.sleep(0.5)  # its till has heard of it
                for table in ("posting", "operation", "payment"):
                    database.execute(f"delete from {table} where id = ?", row)
            database.close()
            output, _ = process.communicate(timeout=200)
        report = json.loads(output)
        self.assertEqual(process.returncode, 3)
        self.assertEqual((report["audit"]["lost"], report["audit"]["money"]), (1, 1), report["audit"])
        details = [each["detail"] for each in report["audit"]["findings"]]
        self.assertIn("acknowledged, and not in the store", details)

    def test_without_witnesses_it_says_what_it_did_not_audit(self):
        till = self.demo.till()
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump([{"terminal_sn": till.sn, "terminal_key": till.key}], file)
            file.flush()
            arguments = ("--target", self.demo.info["gateway"], "--terminals", file.name)
            done = run_load(*arguments, "--rate", "20", "--seconds", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        audit = json.loads(done.stdout)["audit"]
        self.assertEqual((audit["channel_fen"], audit["ledger_fen"]), (None, None))
        self.assertEqual(len(audit["not_audited"]), 3)
        self.assertEqual(audit["acknowledged"], audit["orders"])

    def test_for_people(self):
        command = [binary(), "load", "--demo", str(self.demo.data), "--rate", "20", "--seconds", "1"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=200)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done)
        for text in ("rate: asked 20.0/s, kept ", "PAY_SUCCESS", "lost 0 double 0 unresolved 0 money 0"):
            self.assertIn(text, done.stdout)

    def test_a_terminal_shows_how_far_it_is(self):
        screen, terminal = pty.openpty()
        self.addCleanup(os.close, screen)
        command = [binary(), "load", "--demo", str(self.demo.data), "--rate", "20", "--seconds", "3"]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=terminal, timeout=200)
        os.close(terminal)
        self.assertEqual(done.returncode, 0)
        shown = os.read(screen, 100_000).decode()
        self.assertRegex(shown, r"\[#+-+\] [12]/3 s  \d+/s  unknown or refused \d+  p99 \d+\.\d ms")

    def test_exit_codes_of_what_cannot_run(self):
        nobody = f"http://127.0.0.1:{free_ports(1)}"
        demo = ("--demo", str(self.demo.data))
        for arguments, status, told in [
            ((), 2, "--target URL or --demo DIR"),
            (("--target", self.demo.info["gateway"]), 2, "--terminals FILE"),
            ((*demo, "--mix", "query=1"), 2, "pay=0"),
            ((*demo, "--rate", "0"), 2, "--rate"),
            ((*demo, "--target", "ftp://there"), 2, "ftp://there"),
            ((*demo, "--target", nobody), 1, "connect_failed"),
            ((*demo, "--sim", self.demo.info["gateway"]), 1, "bad_simulator"),
            ((*demo, "--terminals", "/nowhere"), 1, "no_file"),
        ]:
            with self.subTest(arguments):
                done = run_load(*arguments, "--seconds", "1")
                self.assertEqual(done.returncode, status, done)
                self.assertIn(told, done.stderr)
                self.assertEqual(done.stdout, "")


class TwoNodes(unittest.TestCase):
    """Two processes on one database, any of them answers; one is killed on the way."""

    def test_kill_9_of_one_node_loses_nothing(self):
        server = Postgresql()
        self.addCleanup(server.stop)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        nodes = Nodes(folder.name, server, PAYMENTS)
        self.addCleanup(nodes.put_down)
        nodes.start()
        upay = nodes.demo.info["upay"]
        terminals = pathlib.Path(folder.name) / "terminals.json"
        terminals.write_text(
            json.dumps([{"terminal_sn": upay["terminal_sn"], "terminal_key": upay["terminal_key"]}])
        )
        killer = threading.Timer(5, nodes.nodes[1].kill9)
        killer.start()
        done = run_load(
            *(each for url in nodes.urls for each in ("--target", url)),
            *("--terminals", str(terminals), "--sim", nodes.demo.info["simulators"]),
            *("--config", str(nodes.folder / "node-0.toml"), "--rate", "20", "--seconds", "10"),
            *("--faults", "0.3", "--connections", "256"),
        )
        killer.join()
        self.assertEqual(done.returncode, 0, done)
        report = json.loads(done.stdout)
        audit, pay = report["audit"], report["operations"]["pay"]
        self.assertEqual(audit["findings"], [])
        self.assertEqual((audit["channel"], audit["ledger"]), (True, True))
        self.assertGreater(pay["answers"]["connect_failed"], 20, "nothing was sent to the dead node")
        self.assertEqual(pay["refused"], pay["answers"]["connect_failed"], pay)
        self.assertGreater(pay["unknown"], 0, "nothing was under way at the dead node")
        self.assertGreater(report["settling"]["open"], 0)
        self.assertEqual(audit["told_fen"], audit["ledger_fen"])


if __name__ == "__main__":
    unittest.main()
