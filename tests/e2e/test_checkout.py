"""The WAP gateway of the real binary: one signed query fifty times at once is one order, and queries as
clients write them by hand (spec/upay 2.3, 3.9).
"""

import concurrent.futures
import hashlib
import http.client
import re
import socket
import tempfile
import unittest
import urllib.parse

from processes import Demo
from till import Till


class Checkout(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.demo = Demo(folder.name, "--no-traffic")
        cls.addClassCleanup(cls.demo.put_down)
        cls.demo.start()
        upay = cls.demo.info["upay"]
        cls.sn, cls.key = upay["terminal_sn"], upay["terminal_key"]
        cls.till = Till(cls.demo.info["gateway"], cls.sn, cls.key)
        cls.addClassCleanup(cls.till.close)

    def text(self, client_sn: str, amount: int = 100, subject: str = "coffee") -> str:
        """The parameters in the order of their names, raw: what is signed."""
        return (
            f"client_sn={client_sn}&operator=kay&payway=3&return_url=http://127.0.0.1:9/done"
            f"&subject={subject}&terminal_sn={self.sn}&total_amount={amount}"
        )

    def signed(self, text: str) -> str:
        return text + "&sign=" + hashlib.md5(f"{text}&key={self.key}".encode()).hexdigest()

    def ask(self, query: bytes, method: str = "GET") -> tuple[int, str, str]:
        """Status, page and Location of the gateway; the query goes out byte for byte."""
        place = urllib.parse.urlsplit(self.demo.info["gateway"])
        with socket.create_connection((place.hostname, place.port), timeout=55) as wire:
            wire.sendall(f"{method} /gateway?".encode() + query + b" HTTP/1.1\r\nHost: gateway\r\n\r\n")
            answer = http.client.HTTPResponse(wire, method=method)
            answer.begin()
            return answer.status, answer.read().decode(), answer.getheader("Location", "")

    def fifty(self, queries: list[str]) -> list[tuple[int, str, str]]:
        with concurrent.futures.ThreadPoolExecutor(len(queries)) as pool:
            return list(pool.map(lambda query: self.ask(query.encode()), queries))

    @staticmethod
    def orders(pages: list[str]) -> set[str]:
        return {re.search(r'id="sn">(\d+)<', page).group(1) for page in pages}

    def test_one_query_fifty_times_at_once_is_one_order(self):
        answers = self.fifty([self.signed(self.text("same-1"))] * 50)
        self.assertEqual({status for status, _, _ in answers}, {200})
        (sn,) = self.orders([page for _, page, _ in answers])
        found = self.till.query(client_sn="same-1")
        self.assertEqual((found.data["sn"], found.order_status), (sn, "CREATED"))

    def test_two_amounts_under_one_number_are_one_order_and_a_conflict(self):
        queries = [self.signed(self.text("same-2", 100 + index % 2)) for index in range(50)]
        answers = self.fifty(queries)
        shown = [page for status, page, _ in answers if status == 200]
        self.assertEqual(len(shown), 25)
        self.assertEqual(len(self.orders(shown)), 1)
        refused = [location for status, _, location in answers if status == 302]
        self.assertEqual(len(refused), 25)
        for location in refused:
            self.assertTrue(location.startswith("http://127.0.0.1:9/done?is_success=F"), location)
            self.assertIn("error_code=CLIENT_SN_CONFLICT", location)

    def test_queries_written_by_hand(self):
        for client_sn, subject, is_escaped in (
            ("raw-1", "披萨", False),
            ("raw-2", "a+b", False),
            ("raw-3", "披萨 50%", True),
        ):
            query = self.signed(self.text(client_sn, subject=subject))
            if is_escaped:
                query = query.replace(subject, urllib.parse.quote(subject))
            status, page, _ = self.ask(query.encode())
            self.assertEqual(status, 200, page)
            self.assertIn(f'id="subject">{subject}<', page)

    def test_a_look_begins_nothing(self):
        query = self.signed(self.text("head-1")).encode()
        self.assertEqual(self.ask(query, "HEAD")[0], 200)
        self.assertEqual(self.ask(query, "POST")[0], 405)
        self.assertEqual(self.till.query(client_sn="head-1").biz_error, "UPAY_ORDER_NOT_EXISTS")


if __name__ == "__main__":
    unittest.main()
