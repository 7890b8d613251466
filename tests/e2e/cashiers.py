"""Cashiers for the tests that kill: many desks that pay, cancel and refund on both wallets without pause, and
remember what the gateway told them (client flow: spec/upay 6.3).
"""

import asyncio
import collections
import dataclasses
import os
import random

from till import FINAL, AsyncTill, Codes, LostAnswer, NotSent

SEED = int(os.environ.get("HUITONG_SEED") or random.SystemRandom().randrange(1_000_000))
CANCELS = 4  # a till that gets no answer calls support then
TILLS, DESKS = 24, 6  # desks work at the same time; most of them wait for a payer or for a reversal

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
    budget used up by a cancel that is repeated until it is answered. Of several gateways it stays with one
    until that one is gone."""

    def __init__(self, platform, index: int, errors: collections.Counter):
        upay = platform.terminals[index % len(platform.terminals)]
        keys = upay["terminal_sn"], upay["terminal_key"]
        self.tills = [AsyncTill(url, *keys) for url in platform.urls]
        self.gateway = index % len(self.tills)
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
            for till in self.tills:
                till.close()

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
            answer = await self.ask(order, AsyncTill.pay, order.client_sn, code, order.amount)
            if answer is not None and answer.biz in ("PAY_SUCCESS", "PAY_FAIL"):
                return
            exists = await self.poll(order)
            if exists or self.rng.random() < 0.5:
                return
            scenario, count = 0, 0  # nothing happened: the same number may be paid with another code

    async def poll(self, order: Order) -> bool:
        """False: the gateway says that there is no such order."""
        for _ in range(self.rng.randint(3, 15)):
            answer = await self.ask(order, AsyncTill.query, order.client_sn)
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
            answer = await self.ask(order, AsyncTill.cancel, order.client_sn)
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
                answer = await self.ask(order, AsyncTill.refund, order.client_sn, request_no, amount)
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
                answer = await call(self.tills[self.gateway], *arguments)
                break
            except NotSent:
                self.leave()
                await asyncio.sleep(0.05)
            except LostAnswer:
                self.leave()
                return None
        if answer.outer != "200":
            self.errors[f"{call.__name__}: {answer.outer} {answer.error}"] += 1
        if answer.sn:
            order.sns.add(answer.sn)
        if answer.order_status in FINAL and order.told[-1:] != [answer.order_status]:
            order.told.append(answer.order_status)
        return answer

    def leave(self) -> None:
        self.gateway = (self.gateway + 1) % len(self.tills)


async def serve_during(disturbance, platform, errors: collections.Counter) -> list[Order]:
    """What all desks know when the disturbance is over; outer errors they were answered are in `errors`."""
    cashiers = [Cashier(platform, index, errors) for index in range(TILLS * DESKS)]
    tasks = [asyncio.create_task(cashier.work()) for cashier in cashiers]
    disturbing = asyncio.create_task(disturbance)
    await asyncio.wait([disturbing, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in [task for task in (disturbing, *tasks) if task.done()]:
        await task
    await asyncio.sleep(1)
    for task in tasks:
        task.cancel()  # the tills are switched off in the middle of what they do
    await asyncio.gather(*tasks, return_exceptions=True)
    return [order for cashier in cashiers for order in cashier.orders]
