"""The database server dies under load, again and again, and its synchronous stand-by takes its place: the
nodes go on by themselves, and nothing that was acknowledged is lost (docs/operations.md, "PostgreSQL"). The
servers do not flush to disk: processes are killed, no machine, and what the dead one left is thrown away.
"""

import asyncio
import os
import random
import tempfile
import unittest
import urllib.request

from cashiers import DESKS, SEED, TILLS
from exposition import Scrape
from load_case import PAYMENTS, LoadCase
from postgresql import Nodes, Pair

NODES = 3
FAILOVERS = int(os.environ.get("HUITONG_FAILOVERS") or 6)


async def fail_over_again_and_again(pair: Pair, rng: random.Random) -> None:
    def run(act):
        return asyncio.get_running_loop().run_in_executor(None, act)

    for turn in range(FAILOVERS):
        await asyncio.sleep(rng.uniform(2, 5))
        if turn % 3 != 0:  # as when the line between the two is cut first
            await run(pair.primary.stop_sending)
            await asyncio.sleep(rng.uniform(0.1, 0.4))
        await run(pair.fail_over)
        if turn % 2 == 1:  # the operator lets it serve without a stand-by until there is one
            await run(pair.serve_alone)
            await asyncio.sleep(rng.uniform(0, 2))
        await run(pair.rebuild)
    await asyncio.sleep(2)


class Failover(LoadCase):
    ALLOWED_ERRORS = {f"{call}: 500 REQUEST_FAIL" for call in ("pay", "query", "cancel", "refund")}
    HURRIED_QUERIES = 10

    def test_stand_by_takes_over_under_load(self):
        pair = Pair()
        self.addCleanup(pair.stop)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        sections = {"log": {"level": "info"}}
        nodes = Nodes(folder.name, pair, PAYMENTS, count=NODES, terminals=4, sections=sections)
        self.begin(nodes)
        processes = [node.pid for node in nodes.nodes]
        what = f"nodes {NODES} failovers {FAILOVERS}"
        print(f"\nseed {SEED} (HUITONG_SEED), {what}, {TILLS} tills of {DESKS} desks", flush=True)
        disturbance = fail_over_again_and_again(pair, random.Random(SEED))
        self.check_load_during(disturbance, what, least=10 * FAILOVERS)
        became = self.count_unknown_commits()
        print(f"commits without an answer, asked after: {became}", flush=True)
        self.assertGreater(became["lost"], 0, "no commit was cut off")
        self.assertEqual([node.pid for node in nodes.nodes if node.is_running()], processes)

    def count_unknown_commits(self) -> dict:
        """How many were found done, how many lost."""
        scrapes = []
        for url in self.platform.urls:
            with urllib.request.urlopen(url + "/metrics", timeout=10) as answer:
                scrapes.append(Scrape(answer.read().decode()))
        name = "huitong_store_unknown_commits_total"
        return {
            became: sum(int(scrape.get(name, became=became)) for scrape in scrapes)
            for became in ("done", "lost")
        }


if __name__ == "__main__":
    unittest.main()
