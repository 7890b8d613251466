"""Three nodes on one PostgreSQL under load, none of which is left in peace: killed with -9 and started again,
held for seconds, restarted in turn; tills go to another node when theirs is gone (docs/architecture.md,
"Several processes"). A server without fsync does for this: it is not the server that is killed.
"""

import asyncio
import datetime
import os
import random
import signal
import tempfile
import unittest

from cashiers import DESKS, SEED, TILLS
from load_case import PAYMENTS, LoadCase
from postgresql import Nodes, Postgresql
from processes import Process

NODES = 3
KILLS = int(os.environ.get("HUITONG_KILLS") or 50)
HOLDS, RESTARTS = KILLS * 3 // 10, KILLS // 8


async def trouble(node: Process, fates: list[str], rng: random.Random, stops: list) -> None:
    """Takes one fate after the other from those that the nodes share."""

    def run(act):
        return asyncio.get_running_loop().run_in_executor(None, act)

    while fates:
        fate = fates.pop()
        # A quarter hits a node that has just started to clear up.
        await asyncio.sleep(rng.uniform(0, 0.15) if rng.random() < 0.25 else rng.uniform(0.2, 2.0))
        if fate == "hold":
            node.pause()
            try:
                await asyncio.sleep(rng.uniform(1, 8))
            finally:
                stops.append(datetime.datetime.now(datetime.timezone.utc))
                node.go_on()
            continue
        status = await run(lambda: node.send(signal.SIGKILL if fate == "kill" else signal.SIGTERM))
        if fate == "restart" and status != 0:
            raise AssertionError(f"{node.name} ended with {status}:\n{node.log()[-2000:]}")
        await asyncio.sleep(rng.choice((0, 0.1, 0.5)))
        await run(node.start)


async def trouble_all(nodes: list[Process], stops: list) -> None:
    rng = random.Random(SEED)
    fates = ["kill"] * KILLS + ["hold"] * HOLDS + ["restart"] * RESTARTS
    rng.shuffle(fates)
    await asyncio.gather(*(trouble(node, fates, random.Random(rng.random()), stops) for node in nodes))


class ThreeNodes(LoadCase):
    LATE_BY_A_STOP = 2
    HURRIED_QUERIES = 10

    def test_kills_holds_and_restarts_under_load(self):
        server = Postgresql()
        self.addCleanup(server.stop)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        sections = {"listen": {"drain_timeout_ms": 3000}, "log": {"level": "info"}}
        nodes = Nodes(folder.name, server, PAYMENTS, count=NODES, terminals=4, sections=sections)
        self.begin(nodes)
        what = f"nodes {NODES} kills {KILLS} holds {HOLDS} restarts {RESTARTS}"
        print(f"\nseed {SEED} (HUITONG_SEED), {what}, {TILLS} tills of {DESKS} desks", flush=True)
        self.check_load_during(trouble_all(nodes.nodes, self.stops), what, least=KILLS)


if __name__ == "__main__":
    unittest.main()
