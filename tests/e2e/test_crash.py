"""kill -9 of the real gateway at random moments under load of pays, cancels and refunds on both wallets; the
simulated channels live in a process of their own and see everything (docs/architecture.md).
"""

import asyncio
import os
import random
import tempfile
import unittest

from cashiers import DESKS, SEED, TILLS
from load_case import PAYMENTS, LoadCase
from processes import Split

KILLS = int(os.environ.get("HUITONG_KILLS") or 50)


async def kill_again_and_again(split: Split, rng: random.Random) -> None:
    loop = asyncio.get_running_loop()
    for _ in range(KILLS):
        # A quarter of the kills hits a gateway that has just started to clear up.
        await asyncio.sleep(rng.uniform(0, 0.15) if rng.random() < 0.25 else rng.uniform(0.3, 3.0))
        await loop.run_in_executor(None, split.gateway.kill9)
        await asyncio.sleep(rng.choice((0, 0.1, 0.5)))
        await loop.run_in_executor(None, split.gateway.start)


class Crash(LoadCase):
    def test_kill_9_under_load(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        split = Split(folder.name, payments=PAYMENTS, terminals=4)
        self.begin(split)
        print(f"\nseed {SEED} (HUITONG_SEED), {KILLS} kills, {TILLS} tills of {DESKS} desks", flush=True)
        disturbance = kill_again_and_again(split, random.Random(SEED))
        self.check_load_during(disturbance, f"kills {KILLS}", least=KILLS)


if __name__ == "__main__":
    unittest.main()
