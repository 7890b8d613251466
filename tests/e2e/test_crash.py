"""kill -9 of the real gateway at random moments under load of pays, cancels and refunds on both wallets; the
simulated channels live in a process of their own and see everything. Afterwards nothing acknowledged is lost,
nothing was charged or refunded twice, nothing stays open, and the channels' money is the ledger's (DESIGN in
short: docs/architecture.md, "Mechanisms"; client flow: spec/upay 6.3).
"""

import asyncio
import collections
import dataclasses
import datetime
import os
import random
import tempfile
import time
import unittest

from processes import Split
from till import FINAL, AsyncTill, Codes, LostAnswer, NotSent, Till

SEED = int(os.environ.get("HUITONG_SEED") or random.SystemRandom().randrange(1_000_000))
KILLS = int(os.environ.get("HUITONG_KILLS") or 50)
CANCELS = 4  # a till that gets no answer calls support then
TILLS, DESKS = 24, 6  # desks work at the same time; most of them wait for a payer or for a reversal
SEND_BY_S = 5.0  # a pay call may leave this long after its request arrived, and not later

# What the channel demands (15 s before a reversal, a minute of life of a payment code) stays as it is; our
# own deadlines are as short as the configuration allows, so that all is decided within the test.
PAYMENTS = {"call_timeout_ms": 4000, "deadline_ms": 20_000, "in_flight_bound_ms": 64_000}

PLAIN_SHARE = 0.6
REFUND_SHARE = 0.25
REFUND_TRIES = 4
NOOP = "UPAY_REFUND_ORDER_NOOP"
MIX = [  # scenario, its seconds or counts, how often the till takes the payment back
    (1, (1, 8), 0.2),
    (2, (0, 0), 0.5),
    (10, (0, 0), 0.2),
    (11, (0, 0), 0.2),
    (12, (2, 8), 0.2),
    (14, (0, 0), 0.2),
    (15, (1, 12), 0.2),
    (17, (0, 0), 0.2),
    (18, (0, 0), 0.2),
    (19, (2, 6), 0.2),
    (22, (2, 6), 0.2),
    (30, (1, 3), 0.7),
    (31, (1, 3), 0.7),
    (32, (1, 3), 0.7),
]
PAY_OPS = {"micropay": "wechat", "pay": "alipay"}  # what the channels call their pay call


@dataclasses.dataclass
class Order:
    """What one till knows of one order: only what the gateway told it."""

    client_sn: str
    amount: int
    sns: set = dataclasses.field(default_factory=set)
    told: list = dataclasses.field(default_factory=list)  # final order_status, in the order they were told
    asked_cancel: bool = False
    refunds: dict = dataclasses.field(default_factory=dict)  # request number: amount, of those asked for
    refunded: dict = dataclasses.field(default_factory=dict)  # of those that the till was told were made
    told_absent: bool = False  # "no such order" was the last word, and it was not paid again


class Cashier:
    """One desk of a till: it behaves as spec/upay 6.3 tells it to. A lost answer is followed by queries, a
    budget used up by a cancel that is repeated until it is answered."""

    def __init__(self, split: Split, index: int, errors: collections.Counter):
        upay = split.terminals[index % len(split.terminals)]
        self.till = AsyncTill(split.gateway_url, upay["terminal_sn"], upay["terminal_key"])
        self.rng, self.codes = random.Random(SEED * 1000 + index), Codes(block=index)
        self.index, self.errors = index, errors
        self.orders: list[Order] = []

    async def work(self) -> None:
        try:
            await asyncio.sleep(self.rng.uniform(0, 2))
            while True:
                name = f"C{SEED}-{self.index}-{len(self.orders)}"
                await self.serve_customer(Order(name, self.rng.randint(1, 50_000)))
                await asyncio.sleep(self.rng.uniform(0, 0.15))
        finally:
            self.till.close()

    async def serve_customer(self, order: Order) -> None:
        self.orders.append(order)
        scenario, count, takes_back = 0, 0, 0.1
        wallet = self.rng.choice((Codes.WECHAT, Codes.ALIPAY))
        if self.rng.random() > PLAIN_SHARE:
            scenario, counts, takes_back = self.rng.choice(MIX)
            count = self.rng.randint(*counts)
        await self.sell(order, scenario, count, wallet)
        if self.rng.random() < takes_back:
            await self.take_back(order)
        elif self.rng.random() < REFUND_SHARE:
            await self.pay_back(order)

    async def sell(self, order: Order, scenario: int, count: int, wallet: str) -> None:
        while True:
            order.told_absent = False
            code = self.codes(scenario, count, wallet)
            answer = await self.ask(order, self.till.pay, order.client_sn, code, order.amount)
            if answer is not None and answer.biz in ("PAY_SUCCESS", "PAY_FAIL"):
                return
            exists = await self.poll(order)
            if exists or self.rng.random() < 0.5:
                return
            scenario, count = 0, 0  # nothing happened: the same number may be paid with another code

    async def poll(self, order: Order) -> bool:
        """False: the gateway says that there is no such order."""
        for _ in range(self.rng.randint(3, 15)):
            answer = await self.ask(order, self.till.query, order.client_sn)
            if answer is not None and answer.biz_error == "UPAY_ORDER_NOT_EXISTS":
                order.told_absent = True
                return False
            if answer is not None and answer.order_status in FINAL:
                return True
            await asyncio.sleep(1)
        await self.take_back(order)
        return True

    async def take_back(self, order: Order) -> None:
        order.asked_cancel = True
        for _ in range(CANCELS):
            answer = await self.ask(order, self.till.cancel, order.client_sn)
            if answer is not None and (answer.biz == "FAIL" or answer.order_status in FINAL):
                return
            await asyncio.sleep(1)

    async def pay_back(self, order: Order) -> None:
        """One or two refunds, each repeated under its own number until it is answered for good."""
        parts = [order.amount] if self.rng.random() < 0.3 else [order.amount // 3, order.amount // 4]
        for index, amount in enumerate(part for part in parts if part > 0):
            request_no = f"R{index}"
            order.refunds[request_no] = amount
            for _ in range(REFUND_TRIES):
                answer = await self.ask(order, self.till.refund, order.client_sn, request_no, amount)
                if answer is not None and (answer.biz == "REFUND_SUCCESS" or answer.biz_error == NOOP):
                    order.refunded[request_no] = amount
                    break
                if answer is not None and answer.biz == "FAIL":
                    break
                await asyncio.sleep(1)

    async def ask(self, order: Order, call, *arguments):
        """The answer, or None when it was lost. A refused connection is tried again: nothing had happened."""
        while True:
            try:
                answer = await call(*arguments)
                break
            except NotSent:
                await asyncio.sleep(0.05)
            except LostAnswer:
                return None
        if answer.outer != "200":
            self.errors[f"{call.__name__}: {answer.outer} {answer.error}"] += 1
        if answer.sn:
            order.sns.add(answer.sn)
        if answer.order_status in FINAL and order.told[-1:] != [answer.order_status]:
            order.told.append(answer.order_status)
        return answer


def pay_calls(order: dict) -> int:
    return order.get("micropay_calls", order.get("pay_calls", 0))


async def run_under_kills(split: Split, rng: random.Random, errors: collections.Counter) -> list[Order]:
    loop = asyncio.get_running_loop()
    cashiers = [Cashier(split, index, errors) for index in range(TILLS * DESKS)]
    tasks = [asyncio.create_task(cashier.work()) for cashier in cashiers]
    for _ in range(KILLS):
        # A quarter of the kills hits a gateway that has just started to clear up.
        await asyncio.sleep(rng.uniform(0, 0.15) if rng.random() < 0.25 else rng.uniform(0.3, 3.0))
        await loop.run_in_executor(None, split.gateway.kill9)
        await asyncio.sleep(rng.choice((0, 0.1, 0.5)))
        await loop.run_in_executor(None, split.gateway.start)
        if broken := [task for task in tasks if task.done()]:
            await broken[0]
    await asyncio.sleep(1)
    for task in tasks:
        task.cancel()  # the tills are switched off in the middle of what they do
    await asyncio.gather(*tasks, return_exceptions=True)
    return [order for cashier in cashiers for order in cashier.orders]


class Crash(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.split = Split(folder.name, payments=PAYMENTS, terminals=4)
        self.addCleanup(self.split.put_down)
        self.split.start()
        self.simulators, self.books = self.split.simulators, self.split.books
        self.simulators.options(journal_limit=10_000_000, password_free_per_day=0)

    def wait_until_quiet(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while unresolved := self.books.count_unresolved():
            self.assertLess(time.monotonic(), until, f"{unresolved} unresolved")
            time.sleep(1)
        listed = self.split.admin("payment", "list", "--unresolved")
        self.assertEqual(listed, [], "the operator sees what the books say")

    def test_kill_9_under_load(self):
        print(f"\nseed {SEED} (HUITONG_SEED), {KILLS} kills, {TILLS} tills of {DESKS} desks", flush=True)
        errors = collections.Counter()
        orders = asyncio.run(run_under_kills(self.split, random.Random(SEED), errors))
        self.wait_until_quiet(200)

        payments = {payment["client_sn"]: payment for payment in self.books.payments()}
        channel = self.simulators.orders()
        summary = self.simulators.summary()
        lost = self.find_lost(orders, payments)
        double = [number for number, order in channel.items() if pay_calls(order) > 1]
        refunds, twice = self.find_refunded_twice(orders, payments, channel)
        late, sent = self.find_late(payments)
        astray = self.find_astray(payments, channel)
        net_ledger = self.books.net_fen()
        net_channel = summary["net_fen"] + summary["alipay"]["net_fen"]
        states = collections.Counter(payment["state"] for payment in payments.values())
        print(
            f"kills {KILLS} orders {len(orders)} payments {len(payments)} {dict(states)} pay calls {sent} "
            f"acknowledged {sum(1 for order in orders if order.sns)} lost {len(lost)} double {len(double)} "
            f"refunds {refunds} refunded twice {len(twice)} late {len(late)} unresolved 0 "
            f"net fen: channel {net_channel} ledger {net_ledger} "
            f"violations {summary['violations']} errors {dict(errors)}",
            flush=True,
        )
        print("".join(sorted(set(self.split.troubles()))), flush=True)
        self.assertEqual(lost, [])
        self.assertEqual(double, [])
        self.assertEqual(twice, [])
        self.assertGreater(refunds, KILLS, "hardly anything was refunded")
        self.assertEqual(late, [])
        self.assertEqual(astray, [])
        self.assertEqual(net_ledger, net_channel)
        violations = collections.Counter(each["rule"] for each in self.explain(self.simulators.violations()))
        self.assertEqual(violations, {})
        self.assertEqual(dict(errors), {}, "a till was answered with an outer error")
        self.assertGreater(len(payments), 10 * KILLS, "there was no load")
        self.assertLessEqual({"paid", "reversed", "partially_refunded", "refunded"}, set(states))
        self.assertLessEqual(
            set(states), {"paid", "reversed", "closed", "failed", "partially_refunded", "refunded"}
        )
        self.assertEqual(self.split.admin("ledger", "verify")["differences"], [])

    def explain(self, violations: list) -> list:
        """One of each rule, with the story of its payment."""
        listed = self.split.admin("payment", "list", "--most", "1000000")
        sns = {payment["channel_number"]: payment["sn"] for payment in listed}
        for violation in {each["rule"]: each for each in violations}.values():
            dossier = self.split.admin("payment", "show", sns[violation["out_trade_no"]])
            print(violation, f"created {dossier['payment']['created_at']}", flush=True)
            for row in dossier["timeline"]:
                print("   ", row["at"], row["happening"], row["finding"], row["state_after"], flush=True)
        return violations

    def find_lost(self, orders: list[Order], payments: dict) -> list:
        """Orders of which the gateway now says something else than it told a till."""
        upay = self.split.terminals[0]
        till = Till(self.split.gateway_url, upay["terminal_sn"], upay["terminal_key"])
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

    def find_late(self, payments: dict) -> tuple[list, int]:
        """Pay calls that reached the channel after their send-by time, and how many there were in all."""
        created = {payment["channel_number"]: payment["created_at"] for payment in payments.values()}
        late, sent = [], 0
        for entry in self.simulators.journal():
            if PAY_OPS.get(entry["op"]) != entry["channel"]:
                continue
            sent += 1
            number = entry["out_trade_no"]
            self.assertIn(number, created, "a pay call without a committed intent")
            arrived = datetime.datetime.fromisoformat(entry["at"])
            delay = (arrived - created[number]).total_seconds()
            if not -0.1 <= delay <= SEND_BY_S + 0.5:
                late.append((number, delay))
        return late, sent

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


if __name__ == "__main__":
    unittest.main()
