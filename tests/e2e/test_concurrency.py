"""Many clients at once on one order: the same pay fifty times, and pay, poll, cancel and a payer who
confirms at the last moment racing each other. One outcome each, the same for everybody who looks (spec/upay
5.4 "Race", 6.2).
"""

import asyncio
import dataclasses
import os
import random
import tempfile
import time
import unittest

from processes import Demo
from till import FINAL, AsyncTill, Codes

SEED = int(os.environ.get("HUITONG_SEED") or random.SystemRandom().randrange(1_000_000))
RACES = 100
EARLIEST_REVERSE_S = 15  # after the pay call, spec/channels 1A.4


@dataclasses.dataclass
class Sight:
    """What one answer showed, and when it was asked for and came."""

    asked: float
    came: float
    order_status: str
    what: str


class Concurrency(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.demo = Demo(folder.name, "--no-traffic")
        cls.addClassCleanup(cls.demo.put_down)
        cls.demo.start()
        cls.simulators = cls.demo.simulators
        cls.codes = Codes()

    def tills(self, count: int) -> list[AsyncTill]:
        upay = self.demo.info["upay"]
        keys = (self.demo.info["gateway"], upay["terminal_sn"], upay["terminal_key"])
        tills = [AsyncTill(*keys) for _ in range(count)]
        for till in tills:
            self.addCleanup(till.close)
        return tills

    async def pay_fifty_times(self, client_sn: str, codes: list[str], result: str) -> None:
        before = self.simulators.summary()
        tills = self.tills(50)
        await asyncio.gather(*(till.connect() for till in tills))
        answers = await asyncio.gather(*(till.pay(client_sn, code, 321) for till, code in zip(tills, codes)))
        told = sorted(answer.biz_error or answer.biz for answer in answers)
        self.assertEqual(told, sorted(["CLIENT_SN_CONFLICT"] * 49 + [result]))
        for answer in answers:
            self.assertEqual(bool(answer.data), answer.biz == result, "a conflict carries no data")
        after = self.simulators.summary()
        self.assertEqual(after["micropay_calls"] - before["micropay_calls"], 1)
        self.assertEqual(after["net_fen"] - before["net_fen"], 321)

    async def test_one_body_fifty_times(self):
        await self.pay_fifty_times("same-1", [self.codes()] * 50, "PAY_SUCCESS")

    async def test_one_body_fifty_times_while_the_payer_hesitates(self):
        await self.pay_fifty_times("same-2", [self.codes(1, 3)] * 50, "PAY_SUCCESS")

    async def test_one_number_with_fifty_codes(self):
        await self.pay_fifty_times("same-3", [self.codes() for _ in range(50)], "PAY_SUCCESS")

    async def test_fifty_cancels_of_a_paid_order(self):
        before = self.simulators.summary()
        tills = self.tills(50)
        self.assertEqual((await tills[0].pay("cancel-50", self.codes(), 5)).order_status, "PAID")
        answers = await asyncio.gather(*(till.cancel("cancel-50") for till in tills))
        self.assertEqual({answer.biz for answer in answers} - {"CANCEL_SUCCESS", "FAIL"}, set(), answers)
        self.assertIn("CANCEL_SUCCESS", {answer.biz for answer in answers})
        self.assertEqual({answer.order_status for answer in answers}, {"CANCELED"})
        after = self.simulators.summary()
        self.assertEqual(after["net_fen"], before["net_fen"])
        self.assertEqual(after["refunded_count"] - before["refunded_count"], 1)

    async def test_waiting_pay_sees_the_cancel_of_another_connection(self):
        paying, cancelling = self.tills(2)
        pay = asyncio.create_task(paying.pay("wait-1", self.codes(2), 88))
        await asyncio.sleep(1)
        cancelled = await cancelling.cancel("wait-1")
        cancelled_at = time.monotonic()
        told = (cancelled.biz, cancelled.order_status)
        self.assertEqual(told, ("CANCEL_ABORT_SUCCESS", "CANCELED"), cancelled)
        paid = await pay
        self.assertLess(time.monotonic() - cancelled_at, 1, "the pay answers at once")
        self.assertEqual((paid.biz, paid.order_status), ("PAY_FAIL", "CANCELED"), paid)
        self.assertEqual(paid.sn, cancelled.sn)

    async def race(self, index: int, rng: random.Random) -> tuple[str, bool, list[Sight]]:
        """One payment on three connections. The payer confirms around the moment a reversal may leave."""
        client_sn, sights, is_over = f"race-{SEED}-{index}", [], asyncio.Event()
        paying, polling, cancelling = self.tills(3)
        cancels = rng.random() < 0.8
        confirms_s = rng.choice((1, 5, EARLIEST_REVERSE_S - 1, EARLIEST_REVERSE_S, EARLIEST_REVERSE_S + 1))

        async def look(call, *arguments) -> str:
            asked = time.monotonic()
            answer = await call(*arguments)
            sights.append(Sight(asked, time.monotonic(), answer.order_status, call.__name__))
            return answer.order_status

        async def poll() -> None:
            await asyncio.sleep(0.5)
            while not is_over.is_set():
                await look(polling.query, client_sn)
                await asyncio.sleep(rng.uniform(0.2, 0.6))

        async def cancel() -> None:
            await asyncio.sleep(rng.uniform(0.3, EARLIEST_REVERSE_S + 2))
            while await look(cancelling.cancel, client_sn) not in FINAL:
                await asyncio.sleep(0.5)

        poller = asyncio.create_task(poll())
        racers = [look(paying.pay, client_sn, self.codes(1, confirms_s), 100)]
        await asyncio.gather(*racers, *([cancel()] if cancels else []))
        await asyncio.sleep(0.7)
        is_over.set()
        await poller
        await look(polling.query, client_sn)
        return client_sn, cancels, sights

    async def test_a_hundred_races(self):
        print(f"\nseed {SEED} (HUITONG_SEED)", flush=True)
        rng = random.Random(SEED)
        before = self.simulators.summary()
        started = [self.race(index, random.Random(rng.random())) for index in range(RACES)]
        races = await asyncio.gather(*started)
        still_paid = 0
        for client_sn, cancels, sights in races:
            outcome = sights[-1].order_status
            self.assertEqual(outcome, "CANCELED" if cancels else "PAID", (client_sn, sights))
            still_paid += outcome == "PAID"
            gone = [sight.came for sight in sights if sight.order_status == "CANCELED"]
            for sight in sights:
                if gone and sight.asked > min(gone):
                    self.assertEqual(sight.order_status, "CANCELED", (client_sn, sights))
                known = ("CREATED", "PAID", "CANCEL_INPROGRESS", "CANCELED")
                self.assertIn(sight.order_status, known, (client_sn, sights))
        after = self.simulators.summary()
        self.assertEqual(after["net_fen"] - before["net_fen"], 100 * still_paid)
        self.assertEqual(after["pending"], 0)
        self.assertEqual(self.simulators.violations(), [])
        print(f"races {RACES}, paid {still_paid}, cancelled {RACES - still_paid}", flush=True)


if __name__ == "__main__":
    unittest.main()
