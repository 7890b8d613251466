"""Notifications on the real program (spec/upay 2.4): what a merchant's receiver is sent, that another program
verifies the signature, what stops and what brings a repetition, which addresses are refused, and that of two
processes on one database one delivers. The schedule to its end is tested in simulated time.
"""

import base64
import collections
import gzip
import http.client
import http.server
import json
import pathlib
import signal
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

from exposition import Scrape
from postgresql import Nodes, Postgresql
from processes import Demo, Split
from till import Codes, sign

PAYMENTS = {"call_timeout_ms": 4000, "deadline_ms": 20_000, "in_flight_bound_ms": 64_000}


class Receiver(http.server.ThreadingHTTPServer):
    """A merchant's server. `answers` are given in turn, the last one again and again."""

    def __init__(self, *answers: tuple[int, bytes, dict]):
        self.calls: list[tuple[float, str, dict, bytes]] = []
        self.answers = list(answers) or [(200, b"success", {})]
        self._lock = threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver._lock:
                    receiver.calls.append((time.monotonic(), self.path, dict(self.headers), body))
                    answers = receiver.answers
                    status, text, headers = answers.pop(0) if len(answers) > 1 else answers[0]
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self.serve_forever)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/notify"

    def wait_for(self, count: int, seconds: float = 15) -> None:
        until = time.monotonic() + seconds
        while len(self.calls) < count:
            if time.monotonic() > until:
                raise AssertionError(f"{len(self.calls)} of {count} calls within {seconds} s")
            time.sleep(0.05)

    def close(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


def get(base: str, path: str) -> str:
    address = urllib.parse.urlsplit(base)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        if response.status != 200:
            raise AssertionError(f"{path}: HTTP {response.status}")
        return response.read().decode()
    finally:
        connection.close()


def verifies(folder: str, public_key: str, body: bytes, signature: str) -> bool:
    """By the openssl program, as spec/upay 11 has it."""
    path = pathlib.Path(folder)
    (path / "pub.pem").write_text(public_key)
    (path / "body.bin").write_bytes(body)
    (path / "sig.bin").write_bytes(base64.b64decode(signature, validate=True))
    command = ["openssl", "dgst", "-sha256", "-verify", "pub.pem", "-signature", "sig.bin", "body.bin"]
    return subprocess.run(command, cwd=path, capture_output=True).returncode == 0


class OnTheDemo(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.demo = Demo(self.folder, "--no-traffic")
        self.addCleanup(self.demo.put_down)
        self.demo.start()
        self.till, self.codes = self.demo.till(), Codes(391)

    def receiver(self, *answers) -> Receiver:
        receiver = Receiver(*answers)
        self.addCleanup(receiver.close)
        return receiver

    def notifications(self, *arguments: str) -> list[dict]:
        return self.demo.admin("notification", "list", *arguments)

    def wait_until_delivered(self, sn: str) -> dict:
        until = time.monotonic() + 15
        while time.monotonic() < until:
            rows = self.notifications("--payment", sn)
            if rows and rows[0]["delivered_at"]:
                return rows[0]
            time.sleep(0.1)
        raise AssertionError(f"not delivered: {self.notifications()}")

    def test_signed_once_and_verified_by_another_program(self):
        receiver = self.receiver()
        paid = self.till.pay("n-1", self.codes(), notify_url=receiver.url + "?shop=7")
        self.assertEqual(paid.order_status, "PAID", paid)
        row = self.wait_until_delivered(paid.sn)
        time.sleep(1.5)
        self.assertEqual(len(receiver.calls), 1)
        _, path, headers, body = receiver.calls[0]
        self.assertEqual(path, "/notify?shop=7")
        self.assertEqual(headers["Content-Type"], "application/json")
        told = json.loads(body)
        self.assertEqual((told["sn"], told["client_sn"], told["order_status"]), (paid.sn, "n-1", "PAID"))
        query = self.till.query(client_sn="n-1").data
        self.assertEqual(told, {key: value for key, value in query.items() if key != "store_id"})

        public = self.demo.info["upay"]["platform_public_key"]
        self.assertEqual(get(self.demo.info["gateway"], "/upay/v2/public_key"), public)
        self.assertEqual(self.demo.admin("key", "show")["public_key"], public)
        bare = get(self.demo.info["gateway"], "/upay/v2/public_key?format=base64").strip()
        self.assertIn(bare, public.replace("\n", ""))
        self.assertTrue(verifies(self.folder, public, body, headers["Authorization"]))
        self.assertFalse(verifies(self.folder, public, body + b" ", headers["Authorization"]))

        shown = self.demo.admin("notification", "show", paid.sn, str(row["ordinal"]))
        self.assertEqual(shown["body"].encode(), body)
        self.assertEqual([(one["status"], one["answer"]) for one in shown["log"]], [(200, "success")])
        self.demo.admin("notification", "resend", paid.sn, str(row["ordinal"]))
        receiver.wait_for(2)
        self.assertEqual(receiver.calls[1][3], body)
        acts = [row["act"] for row in self.demo.admin("audit", "list")]
        self.assertIn("notification.resend", acts)
        scrape = Scrape(get(self.demo.info["gateway"], "/metrics"))
        self.assertGreaterEqual(scrape.get("huitong_notification_tries_total", outcome="delivered"), 1)

    def test_repeated_until_confirmed_and_no_redirect_followed(self):
        elsewhere = self.receiver()
        receiver = self.receiver(
            (302, b"success", {"Location": elsewhere.url}), (200, b"fail", {}), (200, b" Success\n", {})
        )
        paid = self.till.pay("n-2", self.codes(), notify_url=receiver.url)
        row = self.wait_until_delivered(paid.sn)
        self.assertEqual((row["tries"], len(receiver.calls)), (3, 3))
        self.assertEqual(elsewhere.calls, [])
        times = [call[0] for call in receiver.calls]
        self.assertGreaterEqual(times[1] - times[0], 0.95)
        self.assertGreaterEqual(times[2] - times[1], 4.95)
        self.assertEqual(len({call[3] for call in receiver.calls}), 1)

    def test_a_killed_process_leaves_it_to_the_next(self):
        receiver = self.receiver((500, b"", {}), (500, b"", {}), (200, b"success", {}))
        paid = self.till.pay("n-3", self.codes(), notify_url=receiver.url)
        receiver.wait_for(2)
        time.sleep(0.5)  # the second try is noted; the third is due in five seconds
        self.demo.process.send(signal.SIGKILL)
        public = self.demo.info["upay"]["platform_public_key"]
        self.demo.start()
        self.assertEqual(self.demo.info["upay"]["platform_public_key"], public, "the key is kept")
        self.assertTrue(self.wait_until_delivered(paid.sn)["delivered_at"])
        self.assertEqual(len({call[3] for call in receiver.calls}), 1)

    def test_switches_of_an_application(self):
        receiver = self.receiver()
        app = self.demo.info["upay"]["app_id"]
        wanted = ("--notify-on", "canceled,refunded", "--notify-header", "sn_prefixed")
        changed = self.demo.admin("app", "set", app, *wanted, "--unique-device", "yes")
        self.assertEqual(changed["notify_on"], "paid,canceled,refunded")
        self.till.pay("n-4", self.codes(), notify_url=receiver.url)
        receiver.wait_for(1)
        self.assertEqual(self.till.refund("n-4", "r1", 40).biz, "REFUND_SUCCESS")
        receiver.wait_for(2)
        statuses = [json.loads(call[3])["order_status"] for call in receiver.calls]
        self.assertEqual(statuses, ["PAID", "PARTIAL_REFUNDED"])
        sn, signature = receiver.calls[0][2]["Authorization"].split(" ")
        self.assertEqual(sn, self.till.sn)
        public = self.demo.info["upay"]["platform_public_key"]
        self.assertTrue(verifies(self.folder, public, receiver.calls[0][3], signature))

        upay = self.demo.info["upay"]
        who = (upay["vendor_sn"], upay["vendor_key"], app, upay["activation_code"])
        again = self.till.activate(*who)
        self.assertEqual((again.outer, again.error), ("400", "INVALID_PARAMS"), again)
        self.demo.admin("terminal", "disable", self.till.sn)
        self.assertEqual(self.till.activate(*who).outer, "200")

    def test_upload_log(self):
        log = gzip.compress(b"a line of a till's log\n" * 1000) + b"\x00\xff"
        answer = self.till.post("/terminal/uploadLog", log, self.upload_authorization(log))
        self.assertEqual((answer.outer, answer.error), ("200", "SUCCESS"), answer)
        kept = list((self.demo.data / "logs" / self.till.sn).glob("*.bin"))
        self.assertEqual([file.read_bytes() for file in kept], [log])
        bad = self.till.post("/terminal/uploadLog", log, f"{self.till.sn} {'0' * 32}")
        self.assertEqual((bad.outer, bad.error), ("400", "ILLEGAL_SIGN"))

    def upload_authorization(self, log: bytes) -> str:
        return f"{self.till.sn} {sign(log, self.till.key)}"


class Addresses(unittest.TestCase):
    def test_loopback_is_refused_unless_it_is_allowed(self):
        with tempfile.TemporaryDirectory() as folder:
            receiver = Receiver()
            self.addCleanup(receiver.close)
            split = Split(folder, PAYMENTS, terminals=1)
            self.addCleanup(split.put_down)
            split.start()
            till, codes = split.demo.till(), Codes(392)
            port = receiver.server_address[1]
            hosts = ("127.0.0.1", "localhost", "0x7f.1", "[::ffff:127.0.0.1]", "0.0.0.0")
            for index, host in enumerate(hosts):
                paid = till.pay(f"a-{index}", codes(), notify_url=f"http://{host}:{port}/n")
                self.assertEqual(paid.order_status, "PAID", paid)
            until = time.monotonic() + 20
            while time.monotonic() < until:
                rows = split.admin("notification", "list", "--undelivered")
                if len(rows) == len(hosts) and all(row["tries"] >= 2 for row in rows):
                    break
                time.sleep(0.2)
            self.assertEqual(len(rows), len(hosts))
            for row in rows:
                shown = split.admin("notification", "show", row["payment"], str(row["ordinal"]))
                for tried in shown["log"]:
                    self.assertIn("address_refused", tried["error"])
            self.assertEqual(receiver.calls, [])


class TwoNodes(unittest.TestCase):
    def test_one_of_them_delivers(self):
        server = Postgresql()
        self.addCleanup(server.stop)
        receiver = Receiver()
        self.addCleanup(receiver.close)
        with tempfile.TemporaryDirectory() as folder:
            nodes = Nodes(folder, server, PAYMENTS, sections={"notify": {"allow": "127.0.0.0/8"}})
            self.addCleanup(nodes.put_down)
            nodes.start()
            codes, sns = Codes(393), set()
            tills = [nodes.till(0), nodes.till(1)]
            for index in range(20):
                paid = tills[index % 2].pay(f"t-{index}", codes(), notify_url=receiver.url)
                self.assertEqual(paid.order_status, "PAID", paid)
                sns.add(paid.sn)
            receiver.wait_for(20)
            time.sleep(2.5)
            told = collections.Counter(json.loads(call[3])["sn"] for call in receiver.calls)
            self.assertEqual(told, collections.Counter(sns), "each once")
            keys = {get(url, "/upay/v2/public_key") for url in nodes.urls}
            self.assertEqual(len(keys), 1, "one key for all")
            body, signature = receiver.calls[0][3], receiver.calls[0][2]["Authorization"]
            self.assertTrue(verifies(folder, keys.pop(), body, signature))


if __name__ == "__main__":
    unittest.main()
