"""The judgement after a load under kills: nothing that a gateway told a till is lost, nothing was charged or
refunded twice, nothing stays open, and the channels' money is the ledger's. What the channels saw (the
simulators, a process that nobody kills) and what the store holds decide.
"""

import asyncio
import collections
import datetime
import time
import unittest

from cashiers import Order, serve_during
from till import FINAL, Till

# What the channel demands (15 s before a reversal, a minute of life of a payment code) stays as it is; our
# own deadlines are as short as the configuration allows, so that all is decided within the test.
PAYMENTS = {"call_timeout_ms": 4000, "deadline_ms": 20_000, "in_flight_bound_ms": 64_000}
SEND_BY_S = 5.0  # a pay call may leave this long after its request arrived, and not later
PAY_OPS = {"micropay": "wechat", "pay": "alipay"}  # what the channels call their pay call


def pay_calls(order: dict) -> int:
    return order.get("micropay_calls", order.get("pay_calls", 0))


class LoadCase(unittest.TestCase):
    """`platform` is a Split or the like, not yet started; `stops` are the times at which one of its processes
    was held."""

    ALLOWED_ERRORS: set = set()  # outer errors that tills may be answered
    LATE_BY_A_STOP = 0  # pay calls that a stopped process may send when it goes on
    HURRIED_QUERIES = 0  # queries of one payment by two nodes, one of which was held up after its last look

    def begin(self, platform) -> None:
        self.platform, self.stops = platform, []
        self.addCleanup(platform.put_down)
        platform.start()
        self.simulators, self.books = platform.simulators, platform.books
        self.simulators.options(journal_limit=10_000_000, password_free_per_day=0)

    def check_load_during(self, disturbance, what: str, least: int) -> None:
        """`least` refunds and ten times as many payments, or there was no load."""
        errors = collections.Counter()
        begun = time.monotonic()
        orders = asyncio.run(serve_during(disturbance, self.platform, errors))
        loaded = time.monotonic() - begun
        self.wait_until_quiet(200)
        quiet = time.monotonic() - begun - loaded
        print(f"{what} load {loaded:.0f} s quiet {quiet:.0f} s", end=" ")
        self.judge(orders, errors, least)

    def wait_until_quiet(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while unresolved := self.books.count_unresolved():
            self.assertLess(time.monotonic(), until, f"{unresolved} unresolved")
            time.sleep(1)
        listed = self.platform.admin("payment", "list", "--unresolved")
        self.assertEqual(listed, [], "the operator sees what the books say")

    def judge(self, orders: list[Order], errors: collections.Counter, least: int) -> None:
        payments = {payment["client_sn"]: payment for payment in self.books.payments()}
        channel = self.simulators.orders()
        summary = self.simulators.summary()
        lost = self.find_lost(orders, payments)
        double = [number for number, order in channel.items() if pay_calls(order) > 1]
        refunds, twice = self.find_refunded_twice(orders, payments, channel)
        late, by_a_stop, sent = self.find_late(payments)
        astray = self.find_astray(payments, channel)
        net_ledger = self.books.net_fen()
        net_channel = summary["net_fen"] + summary["alipay"]["net_fen"]
        states = collections.Counter(payment["state"] for payment in payments.values())
        print(
            f"orders {len(orders)} payments {len(payments)} {dict(states)} pay calls {sent} "
            f"acknowledged {sum(1 for order in orders if order.sns)} lost {len(lost)} double {len(double)} "
            f"refunds {refunds} refunded twice {len(twice)} late {len(late)} by a stop {len(by_a_stop)} "
            f"unresolved 0 net fen: channel {net_channel} ledger {net_ledger} "
            f"violations {summary['violations']} errors {dict(errors)}",
            flush=True,
        )
        self.print_troubles()
        self.assertEqual(lost, [])
        self.assertEqual(double, [])
        self.assertEqual(twice, [])
        self.assertGreater(refunds, least, "hardly anything was refunded")
        self.assertEqual(late, [])
        self.assertLessEqual(len(by_a_stop), self.LATE_BY_A_STOP)
        self.assertEqual(astray, [])
        self.assertEqual(net_ledger, net_channel)
        violations = collections.Counter(each["rule"] for each in self.explain(self.simulators.violations()))
        self.assertLessEqual(violations.pop("query_too_often", 0), self.HURRIED_QUERIES)
        self.assertEqual(violations, {})
        self.assertLessEqual(set(errors), self.ALLOWED_ERRORS, "a till was answered with an outer error")
        self.assertGreater(len(payments), 10 * least, "there was no load")
        self.assertLessEqual({"paid", "reversed", "partially_refunded", "refunded"}, set(states))
        self.assertLessEqual(
            set(states), {"paid", "reversed", "closed", "failed", "partially_refunded", "refunded"}
        )
        self.assertEqual(self.platform.admin("ledger", "verify")["differences"], [])

    def print_troubles(self) -> None:
        """One of each kind, of those without a kind's name all."""
        kinds = {}
        for line in sorted(self.platform.troubles()):
            kind = tuple(word for word in line.split() if word.startswith(("where=", "reason=")))
            kinds.setdefault(kind or line, []).append(line)
        for lines in kinds.values():
            print(f"{len(lines)} times, first: {lines[0].rstrip()[:300]}", flush=True)

    def explain(self, violations: list) -> list:
        """One of each rule, with the story of its payment."""
        listed = self.platform.admin("payment", "list", "--most", "1000000")
        sns = {payment["channel_number"]: payment["sn"] for payment in listed}
        for violation in {each["rule"]: each for each in violations}.values():
            dossier = self.platform.admin("payment", "show", sns[violation["out_trade_no"]])
            print(violation, f"created {dossier['payment']['created_at']}", flush=True)
            for row in dossier["timeline"]:
                print("   ", row["at"], row["happening"], row["finding"], row["state_after"], flush=True)
        return violations

    def find_lost(self, orders: list[Order], payments: dict) -> list:
        """Orders of which the gateway now says something else than it told a till."""
        upay = self.platform.terminals[0]
        till = Till(self.platform.urls[0], upay["terminal_sn"], upay["terminal_key"])
        self.addCleanup(till.close)
        lost = []
        for order in orders:
            answer = till.query(client_sn=order.client_sn)
            exists = answer.biz_error != "UPAY_ORDER_NOT_EXISTS"
            problem = ""
            if exists != (order.client_sn in payments):
                problem = "API and operator's list disagree"
            elif len(order.sns) > 1 or (order.sns and order.sns != {answer.sn}):
                problem = "acknowledged under another number"
            elif order.told_absent and exists:
                problem = "appeared after 'no such order'"
            elif order.told and not self.is_still(order, answer):
                problem = "final outcome changed"
            elif any(earlier not in ("PAID", "PARTIAL_REFUNDED") for earlier in order.told[:-1]):
                problem = "final outcome changed while the till looked on"
            elif "CANCELED" in (*order.told, answer.order_status) and not order.asked_cancel:
                problem = "cancelled by nobody"
            elif exists and answer.order_status not in FINAL:
                problem = "not final"
            elif exists and answer.data["total_amount"] != str(order.amount):
                problem = "other amount"
            if problem:
                lost.append((problem, order, answer))
        return lost

    @staticmethod
    def is_still(order: Order, answer) -> bool:
        told, now = order.told[-1], answer.order_status
        if (told, now) == ("PAID", "CANCELED"):
            return order.asked_cancel
        refunded = ("PARTIAL_REFUNDED", "REFUNDED")
        if told in ("PAID", "PARTIAL_REFUNDED") and now in refunded:
            return bool(order.refunds)
        return now == told

    def find_late(self, payments: dict) -> tuple[list, list, int]:
        """Pay calls that reached the channel after their send-by time; those that a process sent which was
        held before the first byte, and went on; how many there were in all."""
        created = {payment["channel_number"]: payment["created_at"] for payment in payments.values()}
        late, by_a_stop, sent = [], [], 0
        for entry in self.simulators.journal():
            if PAY_OPS.get(entry["op"]) != entry["channel"]:
                continue
            sent += 1
            number = entry["out_trade_no"]
            self.assertIn(number, created, "a pay call without a committed intent")
            arrived = datetime.datetime.fromisoformat(entry["at"])
            delay = (arrived - created[number]).total_seconds()
            if not -0.1 <= delay <= SEND_BY_S + 0.5:
                was_held = any(
                    created[number] <= end and 0 <= (arrived - end).total_seconds() <= 1 for end in self.stops
                )
                (by_a_stop if was_held else late).append((number, delay))
        return late, by_a_stop, sent

    @staticmethod
    def find_refunded_twice(orders: list[Order], payments: dict, channel: dict) -> tuple[int, list]:
        """How many refunds the channels made; orders of which more, or other, went back than was asked."""
        made, wrong = 0, []
        for order in orders:
            payment = payments.get(order.client_sn)
            there = channel.get(payment["channel_number"]) if payment else None
            refunds = [refund for refund in (there["refunds"] if there else []) if refund["accepted_at"]]
            made += len(refunds)
            automatic = [refund for refund in refunds if refund["number"].startswith("A")]
            amounts = sorted(refund["amount"] for refund in refunds if refund not in automatic)
            is_asked = collections.Counter(amounts) <= collections.Counter(order.refunds.values())
            is_told = sum(order.refunded.values()) <= sum(amounts)
            if not is_asked or not is_told or len(automatic) > 1 or (automatic and amounts):
                wrong.append((order, payment, refunds))
        return made, wrong

    @staticmethod
    def find_astray(payments: dict, channel: dict) -> list:
        """Orders whose money at the channel is not what the payment's state, or what the ledger says."""
        known = {payment["channel_number"] for payment in payments.values()}
        astray = [("channel only", number) for number in channel.keys() - known]
        for payment in payments.values():
            order = channel.get(payment["channel_number"])
            net = 0 if order is None or order["paid_at"] is None else order["amount"] - order["refunded"]
            is_kept = payment["state"] in ("paid", "partially_refunded", "refunded")
            told = payment["amount"] - payment["refunded"] if is_kept else 0
            if not net == told == payment["posted"]:
                astray.append((payment, order))
        return astray

