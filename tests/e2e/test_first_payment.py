"""What the first page of the project promises: one command gives a platform, its demo.json is all a client
needs, and a payment, its query, its undoing and a lost check-in answer behave as the till's contract says.
"""

import hashlib
import json
import os
import stat
import tempfile
import time
import unittest
import urllib.request

from processes import Demo, binary
from till import Codes


class FirstPayment(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.demo = Demo(cls.folder.name, "--no-traffic")
        cls.addClassCleanup(cls.demo.put_down)
        cls.demo.start()
        cls.codes = Codes()
        cls.till = cls.demo.till()

    def test_demo_json_is_all_a_client_needs(self):
        """The request is put together here by hand, from demo.json and the documentation alone."""
        info = self.demo.info
        upay = info["upay"]
        for name in ("vendor_sn", "vendor_key", "app_id", "activation_code", "terminal_sn", "terminal_key"):
            self.assertTrue(upay[name], name)
        self.assertEqual(info["gateway"], f"http://127.0.0.1:{self.demo.port}")
        self.assertEqual(info["simulators"], f"http://127.0.0.1:{self.demo.port + 1}")
        for name in ("base_url", "appid", "mch_id", "api_key"):
            self.assertTrue(info["wechat"][name], name)

        body = (
            f'{{"terminal_sn":"{upay["terminal_sn"]}","client_sn":"README-1","total_amount":"1000",'
            f'"dynamic_id":"130818341921440000","subject":"披萨","operator":"kay"}}'
        ).encode()
        sign = hashlib.md5(body + upay["terminal_key"].encode()).hexdigest()
        request = urllib.request.Request(
            info["gateway"] + "/upay/v2/pay",
            body,
            {"Content-Type": "application/json", "Authorization": f"{upay['terminal_sn']} {sign}"},
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            answer = json.load(response)
        self.assertEqual(answer["result_code"], "200", answer)
        self.assertEqual(answer["biz_response"]["result_code"], "PAY_SUCCESS", answer)
        data = answer["biz_response"]["data"]
        self.assertRegex(data["sn"], r"^7[89]\d{14}$")
        wanted = {"client_sn": "README-1", "order_status": "PAID", "status": "SUCCESS", "payway": "3"}
        wanted |= {"sub_payway": "1", "total_amount": "1000", "net_amount": "1000", "subject": "披萨"}
        self.assertEqual({name: data.get(name) for name in wanted}, wanted)
        self.assertRegex(data["finish_time"], r"^\d{13}$")
        self.assertRegex(data["trade_no"], r"^\d{28}$")

    def test_demo_json_is_readable_by_its_owner_only(self):
        mode = stat.S_IMODE(os.stat(self.demo.data / "demo.json").st_mode)
        self.assertEqual(mode & 0o077, 0, oct(mode))

    def test_pay_query_cancel(self):
        before = self.demo.simulators.summary()
        paid = self.till.pay("first-1", self.codes(), 1234)
        self.assertEqual((paid.biz, paid.order_status), ("PAY_SUCCESS", "PAID"), paid)
        wrong_sn = {"sn": "7899999999999999", "client_sn": "first-1"}
        for order in ({"sn": paid.sn}, {"client_sn": "first-1"}, wrong_sn):
            found = self.till.query(**order)
            self.assertEqual((found.biz, found.sn, found.order_status), ("SUCCESS", paid.sn, "PAID"), found)
        again = self.till.pay("first-1", self.codes(), 1234)
        self.assertEqual((again.biz, again.biz_error), ("FAIL", "CLIENT_SN_CONFLICT"), again)
        after = self.demo.simulators.summary()
        self.assertEqual(after["micropay_calls"] - before["micropay_calls"], 1)
        self.assertEqual(after["net_fen"] - before["net_fen"], 1234)

        # The channel wants 15 s between a pay call and its reversal, so this answer takes that long.
        cancelled = self.till.cancel(sn=paid.sn)
        self.assertEqual((cancelled.biz, cancelled.order_status), ("CANCEL_SUCCESS", "CANCELED"), cancelled)
        self.assertEqual(cancelled.data["net_amount"], "0")
        again = self.till.cancel(client_sn="first-1")
        self.assertEqual((again.biz, again.biz_error), ("FAIL", "UPAY_CANCEL_ORDER_NOOP"), again)
        self.assertEqual(self.till.query(sn=paid.sn).order_status, "CANCELED")
        self.assertEqual(self.demo.simulators.summary()["net_fen"], before["net_fen"])
        self.assertEqual(self.demo.simulators.violations(), [])

    def test_revoke_is_cancel_and_the_other_till_may_do_it(self):
        paid = self.till.pay("first-2", self.codes(), 50)
        self.assertEqual(paid.order_status, "PAID", paid)
        other = self.demo.till()
        revoked = other.revoke(client_sn="first-2")
        self.assertEqual((revoked.biz, revoked.order_status), ("CANCEL_SUCCESS", "CANCELED"), revoked)
        self.assertEqual(revoked.data["terminal_sn"], other.sn)

    def test_refused_and_unknown(self):
        refused = self.till.pay("first-3", self.codes(6), 50)
        self.assertEqual((refused.biz, refused.biz_error), ("PAY_FAIL", "EXPIRED_BARCODE"), refused)
        self.assertEqual(refused.order_status, "PAY_CANCELED")
        unknown = self.till.query(client_sn="first-never")
        self.assertEqual((unknown.biz, unknown.biz_error), ("FAIL", "UPAY_ORDER_NOT_EXISTS"), unknown)
        unreadable = self.till.pay("first-4", "999999999999999999", 50)
        self.assertEqual((unreadable.biz, unreadable.biz_error), ("FAIL", "INVALID_BARCODE"), unreadable)
        self.assertEqual(self.till.query(client_sn="first-4").biz_error, "UPAY_ORDER_NOT_EXISTS")

    def test_payer_who_must_confirm(self):
        """The pay call waits for the payer's password and answers with the outcome."""
        paid = self.till.pay("first-5", self.codes(1, 3), 77)
        self.assertEqual((paid.biz, paid.order_status), ("PAY_SUCCESS", "PAID"), paid)

    def test_checkin_with_lost_answer(self):
        till = self.demo.till()
        first = till.key
        till.checkin(keep_key=True)
        till.checkin(keep_key=True)  # as apiflow says: once more, with the old key
        self.assertEqual(till.query(client_sn="none").outer, "200", "the key that authenticated stays")
        till.checkin()
        self.assertNotEqual(till.key, first)
        self.assertEqual(till.query(client_sn="none").outer, "200")
        till.checkin()
        till.key = first
        self.assertEqual(till.query(client_sn="none").error, "ILLEGAL_SIGN", "only two keys are valid")

    def test_wrong_key_wrong_sn(self):
        till = self.demo.till()
        till.key = "0" * 32
        self.assertEqual(till.query(client_sn="none").error, "ILLEGAL_SIGN")
        till.sn = "1" * 18
        self.assertEqual(till.query(client_sn="none").error, "INVALID_TERMINAL")


class Restart(unittest.TestCase):
    def test_keys_orders_and_demo_json_outlive_a_restart(self):
        with tempfile.TemporaryDirectory() as folder, Demo(folder, "--no-traffic") as demo:
            till = demo.till()
            till.checkin()
            paid = till.pay("again-1", Codes()(), 900)
            self.assertEqual(paid.order_status, "PAID", paid)
            before = demo.info
            self.assertEqual(demo.process.stop(), 0, demo.process.log()[-2000:])
            till.close()
            demo.start()
            self.assertEqual(demo.info, before)
            after = till.query(client_sn="again-1")
            self.assertEqual((after.sn, after.order_status), (paid.sn, "PAID"), after)
            self.assertEqual(till.pay("again-1", Codes()(), 900).biz_error, "CLIENT_SN_CONFLICT")
            fresh = till.pay("again-2", Codes(1)(), 1)
            self.assertEqual(fresh.order_status, "PAID", fresh)
            self.assertNotEqual(fresh.sn, paid.sn)
            demo.process.kill9()
            till.close()
            demo.start()
            self.assertEqual(till.query(client_sn="again-2").sn, fresh.sn)


    def test_a_first_start_that_was_killed_can_be_repeated(self):
        for delay in (n / 200 for n in range(1, 31)):
            with self.subTest(delay=delay), tempfile.TemporaryDirectory() as folder:
                demo = Demo(folder, "--no-traffic")
                self.addCleanup(demo.put_down)
                demo.process.launch()
                time.sleep(delay)
                demo.process.kill9()
                demo.start()
                self.assertEqual(demo.till().pay("killed-1", Codes()(), 5).order_status, "PAID")


class Stories(unittest.TestCase):
    def test_demo_plays_its_stories_and_is_ready_in_time(self):
        with tempfile.TemporaryDirectory() as folder:
            demo = Demo(folder, program=binary())
            self.addCleanup(demo.put_down)
            took = demo.start(ready_within=15)
            log = demo.process.log()
            self.assertGreater(len(log.splitlines()), 20, log)
            print(f"ready after {took:.1f} s", flush=True)
            paid = demo.till().pay("story-1", Codes()(), 5)
            self.assertEqual(paid.order_status, "PAID", paid)


if __name__ == "__main__":
    unittest.main()
