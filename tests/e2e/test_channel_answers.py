"""Hostile answers from the channel: XML bombs, entities, truncation, forged signatures, endless nesting.
None may decide a payment, none may crash the gateway (sanitizer build); the next honest query decides
(spec/channels 0, 1A.1, 6.3).
"""

import concurrent.futures
import time
import unittest

from sanitized import SanitizedCase
from till import Till

OK = "<return_code>SUCCESS</return_code><return_msg>OK</return_msg><result_code>SUCCESS</result_code>"
PAID = OK + "<trade_type>MICROPAY</trade_type><total_fee>1</total_fee><cash_fee>1</cash_fee>"
REFUSED = (
    "<return_code>SUCCESS</return_code><result_code>FAIL</result_code><err_code>NOTENOUGH</err_code>"
    "<err_code_des>x</err_code_des>"
)
BOMB = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
HOSTILE = {
    "empty": "",
    "html": "<html><body>502 Bad Gateway</body></html>",
    "json": '{"return_code":"SUCCESS"}',
    "unsigned success": f"<xml>{PAID}</xml>",
    "unsigned refusal": f"<xml>{REFUSED}</xml>",
    "forged refusal": f"<xml>{REFUSED}<sign>{'A' * 32}</sign></xml>",
    "forged success": f"<xml>{PAID}<sign>{'0' * 64}</sign></xml>",
    "external entity": f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml>{PAID}<a>&e;</a></xml>',
    "billion laughs": f'<!DOCTYPE x [<!ENTITY l0 "ha">{BOMB}]><xml>{PAID}<attach>&l9;</attach></xml>',
    "dtd only": f"<!DOCTYPE xml><xml>{REFUSED}</xml>",
    "truncated": f"<xml>{PAID}"[:-20],
    "duplicate element": f"<xml>{PAID}<result_code>FAIL</result_code></xml>",
    "nested": "<xml>" + "<a>" * 60_000 + "</a>" * 60_000 + "</xml>",
    "never closed": "<a>" * 100_000,
    "long text": f"<xml>{PAID}<attach>{'x' * 500_000}</attach></xml>",
    "many fields": f"<xml>{PAID}{''.join(f'<f{n}>1</f{n}>' for n in range(20_000))}</xml>",
    "attributes": '<xml a="' + "b" * 10_000 + f'">{PAID}</xml>',
    "control characters": f"<xml>{PAID}<attach>\u0001\u0000</attach></xml>",
    "character reference": f"<xml>{PAID}<attach>&#0;&#x110000;&#xD800;</attach></xml>",
    "cdata bomb": "<xml><![CDATA[" * 10_000,
    "comment": f"<xml><!--{'-' * 10_000}{PAID}</xml>",
    "config error": "<xml><return_code>FAIL</return_code><return_msg>whatever</return_msg></xml>",
    "outer system error": "<xml><return_code>SYSTEMERROR</return_code></xml>",
}


class ChannelAnswers(SanitizedCase):
    def pay_while(self, name: str, *faults: tuple[str, str]):
        """Starts a pay whose calls meet the faults (operation, what to do); returns its future."""
        for operation, do in faults:
            self.simulators.fault(do, op=operation)
        till = Till(self.demo.info["gateway"], self.sn, self.key)
        self.addCleanup(till.close)
        paid = self.pool.submit(till.pay, name, self.codes(), 1)
        until = time.monotonic() + 10
        while any(fault["match"]["op"] == "micropay" for fault in self.simulators.faults()):
            self.assertLess(time.monotonic(), until, "the channel was not called")
            time.sleep(0.02)
        return paid

    def setUp(self):
        super().setUp()
        self.pool = concurrent.futures.ThreadPoolExecutor(64)
        self.addCleanup(self.pool.shutdown)
        self.addCleanup(self.simulators.ask, "DELETE", "faults")

    def test_hostile_pay_answers_decide_nothing(self):
        """The channel executed the call and paid; what it answered is rubbish, so only a query may say so."""
        pays = {}
        for index, (name, text) in enumerate(HOSTILE.items()):
            pays[name] = self.pay_while(f"pay-{index}", ("micropay", "body:" + text))
        pays["wrong sign"] = self.pay_while("pay-sign", ("micropay", "badsign"))
        pays["other amount"] = self.pay_while("pay-amount", ("micropay", "amount:2"))
        for name, paid in pays.items():
            with self.subTest(name):
                answer = paid.result()
                self.assertEqual((answer.biz, answer.order_status), ("PAY_SUCCESS", "PAID"), answer)
        self.assertTrue(self.demo.process.is_running())
        summary = self.simulators.summary()
        self.assertEqual(summary["micropay_calls"] - self.calls_before, len(pays))
        self.assertLessEqual(summary["max_micropay_calls_per_number"], 1)
        self.assertEqual(self.simulators.violations(), [])

    def test_hostile_query_answers_decide_nothing(self):
        """The pay call ends unknown; the first query brings rubbish, the second the truth."""
        pays = {}
        for index, (name, text) in enumerate(HOSTILE.items()):
            pays[name] = self.pay_while(f"query-{index}", ("micropay", "badsign"))
        for text in HOSTILE.values():
            self.simulators.fault("body:" + text, op="orderquery")
        self.simulators.fault("badsign", op="orderquery")
        for name, paid in pays.items():
            answer = paid.result()
            self.assertEqual((answer.biz, answer.order_status), ("PAY_SUCCESS", "PAID"), answer)
        self.assertEqual(self.simulators.faults(), [], "not every answer was delivered")
        self.assertTrue(self.demo.process.is_running())
        self.assertEqual(self.simulators.violations(), [])


if __name__ == "__main__":
    unittest.main()
