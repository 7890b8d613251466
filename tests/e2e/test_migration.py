"""A new program comes while an old one serves (docs/operations.md, "Upgrading"): tills go on paying while the
schema is migrated, and a program that is older than the schema says so and does not start.
"""

import concurrent.futures
import tempfile
import threading
import time
import unittest

from postgresql import Nodes, Postgresql
from till import Codes

PAYMENTS = {"call_timeout_ms": 4000, "deadline_ms": 20_000, "in_flight_bound_ms": 64_000}
# What schemas 4 and 6 added, which no sale touches, so that a node of today is one of schema 3 to all who pay.
# The columns of schemas 5 and 6 stay, since it writes them; to add them again takes the same locks.
BACK_TO_3 = (
    "drop table terminal_name",
    "drop table notification",
    "drop table notification_try",
    "drop table terminal_device",
    "drop table platform_key",
    "drop table review_proposal",
    "drop index merchant_name",
    "drop index store_name",
    "delete from schema_version where version > 3",
)


class Migration(unittest.TestCase):
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

    def ask(self, query: str) -> str:
        return self.server.ask(query, self.nodes.database)

    def test_tills_pay_while_the_schema_is_migrated(self):
        old, new = self.nodes.nodes
        new.stop()
        for statement in BACK_TO_3:
            self.ask(statement)
        codes, is_over = Codes(), threading.Event()
        tills = [self.nodes.till(0) for _ in range(4)]

        def sell(index: int) -> tuple[int, float]:
            sold, longest = 0, 0.0
            while not is_over.is_set():
                begun = time.monotonic()
                answer = tills[index].pay(f"sold-{index}-{sold}", codes(), 100)
                self.assertEqual(answer.order_status, "PAID", answer)
                sold, longest = sold + 1, max(longest, time.monotonic() - begun)
            return sold, longest

        with concurrent.futures.ThreadPoolExecutor(len(tills) + 1) as pool:
            selling = [pool.submit(sell, index) for index in range(len(tills))]
            try:
                # A report reads meanwhile what the migration wants for itself.
                report = pool.submit(self.ask, "select count(*) from terminal, payment, pg_sleep(3)")
                time.sleep(1)
                new.start()
                report.result(60)
                time.sleep(0.5)
            finally:
                is_over.set()
            told = [future.result(60) for future in selling]
        sold, longest = sum(each[0] for each in told), max(each[1] for each in told)
        print(f"{sold} sales, the longest took {longest:.2f} s", flush=True)
        self.assertGreater(sold, 20)
        self.assertLess(longest, 2.5, "a sale was held up")
        self.assertEqual(self.ask("select max(version) from schema_version"), "6")
        missing = "select count(*) from terminal t where client_sn <> '' and not exists"
        names = "(select 1 from terminal_name n where n.app_id = t.app_id and n.client_sn = t.client_sn)"
        self.assertEqual(self.ask(f"{missing} {names}"), "0")
        self.assertEqual(self.nodes.till(1).query(client_sn="sold-0-0").order_status, "PAID")
        self.assertEqual(self.nodes.books.net_fen(), sold * 100)
        self.assertTrue(old.is_running())

    def test_an_older_program_does_not_start(self):
        running, older = self.nodes.nodes
        older.stop()
        self.ask("insert into schema_version (version) values (1000)")
        with self.assertRaises(AssertionError) as refused:
            older.start()
        self.assertIn("schema_too_new", str(refused.exception))
        self.assertIn("the store has schema 1000", str(refused.exception))
        answer = self.nodes.till(0).pay("goes-on", Codes()(), 100)
        self.assertEqual(answer.order_status, "PAID", "who runs goes on")
        self.assertTrue(running.is_running())


if __name__ == "__main__":
    unittest.main()
