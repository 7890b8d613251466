"""The operators' first hour on the real program: /healthz, /readyz and /metrics, a stop that a balancer
notices, alerts by webhook, the log as JSON (docs/operations.md).
"""

import hashlib
import hmac
import http.client
import http.server
import json
import os
import signal
import tempfile
import threading
import time
import unittest
import urllib.parse

from exposition import Complaint, Scrape
from processes import Demo, Split
from till import Codes, Till

SECRET = "a-secret-of-the-webhook"


def get(base: str, path: str, method: str = "GET", headers: dict | None = None) -> tuple[int, str]:
    address = urllib.parse.urlsplit(base)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
    try:
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def scrape(base: str) -> Scrape:
    status, text = get(base, "/metrics")
    if status != 200:
        raise AssertionError(f"/metrics: HTTP {status} {text[:300]}")
    return Scrape(text)


class Receiver(http.server.HTTPServer):
    """An operator's webhook on a free port: refuses the first call, takes the others."""

    def __init__(self):
        self.calls: list[tuple[dict, bytes]] = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.calls.append((dict(self.headers), body))
                self.send_response(500 if len(receiver.calls) == 1 else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self.serve_forever)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/alerts"

    def wait_for(self, count: int, seconds: float) -> None:
        until = time.monotonic() + seconds
        while len(self.calls) < count:
            if time.monotonic() > until:
                raise AssertionError(f"{len(self.calls)} of {count} calls within {seconds} s")
            time.sleep(0.05)

    def close(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class TheReader(unittest.TestCase):
    def test_complains(self):
        good = "# HELP a x\n# TYPE a gauge\na 1\n"
        Scrape(good)
        histogram = "# HELP h x\n# TYPE h histogram\n"
        bad = [
            good[:-1],
            "a 1\n",
            "# TYPE a gauge\na 1\n",
            good + "a 2\n",
            good + "b 2\n",
            good + "# TYPE a gauge\n",
            good.replace("a 1", 'a{l="\\x"} 1'),
            good.replace("a 1", "a{l=1} 1"),
            good.replace("gauge", "counter"),
            histogram + 'h_bucket{le="1"} 1\nh_sum 1\nh_count 1\n',
            histogram + 'h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n',
            histogram + 'h_bucket{le="+Inf"} 1\nh_sum 1\nh_count 2\n',
        ]
        for text in bad:
            with self.subTest(text), self.assertRaises(Complaint):
                Scrape(text)


class Running(unittest.TestCase):
    def test_metrics_and_health(self):
        with tempfile.TemporaryDirectory() as folder, Demo(folder, "--no-traffic") as demo:
            base = demo.info["gateway"]
            before = scrape(base)
            self.assertEqual(before.get("huitong_payments_open", state="pending"), 0)
            self.assertEqual(get(base, "/healthz"), (200, "ok\n"))
            status, body = get(base, "/readyz")
            self.assertEqual((status, json.loads(body)), (200, {"ready": True, "reasons": []}))
            for path in ("/healthz", "/readyz", "/metrics"):
                self.assertEqual(get(base, path, "POST")[0], 405, path)
            self.assertEqual(get(base, "/metrics", headers={"X-Forwarded-For": "8.8.8.8"})[0], 403)

            till, codes = demo.till(), Codes(390)
            sns = [till.pay(f"ops-{i}", codes()).sn for i in range(5)]
            self.assertTrue(all(sns))
            self.assertEqual(till.query(client_sn="ops-0").order_status, "PAID")
            after = scrape(base)
            grown = lambda name, **labels: after.total(name, **labels) - before.total(name, **labels)
            self.assertEqual(grown("huitong_payment_transitions_total", **{"from": "none"}), 5)
            self.assertEqual(grown("huitong_payment_transitions_total", to="paid"), 5)
            self.assertEqual(grown("huitong_channel_calls_total", channel="wechat", outcome="done"), 5)
            self.assertEqual(grown("huitong_channel_call_duration_seconds_count", channel="wechat"), 5)
            paid = {"path": "/upay/v2/pay", "result": "success"}
            self.assertEqual(after.get("huitong_http_requests_total", **paid), 5)
            self.assertGreaterEqual(grown("huitong_store_commit_duration_seconds_count"), 10)
            self.assertGreater(after.get("huitong_store_commit_duration_seconds_sum"), 0)
            self.assertGreaterEqual(grown("huitong_store_queue_wait_seconds_count", lane="write"), 10)
            self.assertEqual(after.get("huitong_store_readable"), 1)
            self.assertLess(abs(time.time() - after.get("process_start_time_seconds")), 120)
            self.assertGreater(after.get("process_resident_memory_bytes"), 1_000_000)
            self.assertGreater(after.get("process_open_fds"), 5)
            unbounded = {*sns, "ops-0", till.sn, demo.info["upay"]["terminal_sn"]}
            self.assertFalse(after.label_values() & unbounded)
            self.assertEqual(demo.process.stop(), 0)


class Production(unittest.TestCase):
    def test_notice_webhook_token_and_log(self):
        """One `serve` for all of it: starting one costs more than asking it."""
        receiver = Receiver()
        self.addCleanup(receiver.close)
        sections = {
            "listen": {"drain_notice_ms": 30_000},
            "manage": {"metrics_token": "a-token-for-metrics"},
            "alerts": {"webhook_url": receiver.url, "webhook_secret": SECRET},
            "channels": {"circuit_failures": 3, "circuit_pause_ms": 1000},
            "log": {"level": "debug", "format": "json"},
        }
        with tempfile.TemporaryDirectory() as folder:
            split = Split(folder, {}, 1, sections)
            self.addCleanup(split.put_down)
            split.start()
            terminal = split.terminals[0]
            till = Till(split.gateway_url, terminal["terminal_sn"], terminal["terminal_key"])
            self.addCleanup(till.close)
            codes = Codes(391)
            sn = till.pay("ops-a", codes()).sn
            self._check_token(split.gateway_url)
            self._check_webhook(split, till, codes, receiver)
            self._check_notice(split, till)
            self._check_log(split, sn)

    def _check_token(self, base: str):
        self.assertEqual(get(base, "/metrics")[0], 403)
        said = {"Authorization": "Bearer a-token-for-metrics"}
        status, text = get(base, "/metrics", headers=said)
        self.assertEqual(status, 200)
        Scrape(text)

    def _check_webhook(self, split: Split, till: Till, codes: Codes, receiver: Receiver):
        split.simulator.kill9()
        for i in range(3):
            till.pay(f"ops-down-{i}", codes())
        receiver.wait_for(2, 25)  # refused once, again ten seconds later
        bodies = []
        for headers, body in receiver.calls[:2]:
            expected = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
            self.assertEqual(headers["X-Huitong-Signature"], expected)
            bodies.append(json.loads(body))
        self.assertEqual(bodies[0]["name"], "channel_down")
        self.assertEqual(bodies[0], bodies[1], "the same alert under the same id")
        self.assertEqual(set(bodies[0]), {"id", "at", "name", "detail", "sn", "node"})

    def _check_notice(self, split: Split, till: Till):
        base = split.gateway_url
        self.assertEqual(get(base, "/readyz")[0], 200)
        os.kill(split.gateway.pid, signal.SIGTERM)
        until = time.monotonic() + 5
        while (answer := get(base, "/readyz"))[0] == 200 and time.monotonic() < until:
            time.sleep(0.02)
        self.assertEqual(answer[0], 503)
        self.assertEqual(json.loads(answer[1]), {"ready": False, "reasons": ["draining"]})
        self.assertEqual(get(base, "/healthz")[0], 200)
        self.assertEqual(till.query(client_sn="ops-a").order_status, "PAID", "served as before")
        begun = time.monotonic()
        self.assertEqual(split.gateway.send(signal.SIGTERM), 0)
        self.assertLess(time.monotonic() - begun, 20, "a second signal ends the notice")

    def _check_log(self, split: Split, sn: str):
        with (split.demo.data / "serve.log").open() as file:
            lines = [json.loads(line) for line in file]
        for line in lines:
            self.assertLessEqual({"at", "level", "event"}, set(line))
            if line["event"].startswith("payment.") or line["event"] == "channel.call":
                self.assertTrue(line["sn"], line)
        requests = [line for line in lines if line["event"] == "request" and line["path"] == "/upay/v2/pay"]
        self.assertEqual((requests[0]["sn"], requests[0]["result"]), (sn, "success"))
        self.assertGreaterEqual(int(requests[0]["took_ms"]), 0)
        self.assertNotIn(SECRET, json.dumps(lines))
        self.assertNotIn("a-token-for-metrics", json.dumps(lines))


if __name__ == "__main__":
    unittest.main()
