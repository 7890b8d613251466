"""The restore drill on the real programs: a backup is taken while the gateway serves, then come a thousand
more payments over both wallets, with refunds and cancels among them; the gateway is killed and its disk is
lost; the backup is restored and the gateway asks the channels. Every payment that a channel knows is known
again, nothing is charged or refunded twice, no number is used again (docs/backup.md).
"""

import asyncio
import collections
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

from processes import Split
from till import AsyncTill, Codes, Till

PAYMENTS = int(os.environ.get("HUITONG_DRILL_PAYMENTS") or 1000)
BEFORE = 60  # payments that the backup has
DESKS = 16
KEYS = {"call_timeout_ms": 4000, "deadline_ms": 20_000, "in_flight_bound_ms": 64_000}


class BothWalletsCodes:
    """Payment codes of WeChat and Alipay in turn."""

    def __init__(self, block: int):
        self._codes, self._count = Codes(block), 0

    def __call__(self, scenario: int = 0, count: int = 0) -> str:
        code = self._codes(scenario, count)
        self._count += 1
        return code if self._count % 2 else "28" + code[2:]


class Desk:
    """Sells, and takes some of it back; remembers what it was told."""

    def __init__(self, split: Split, index: int, prefix: str, count: int):
        upay = split.terminals[index % len(split.terminals)]
        self.till = AsyncTill(split.gateway_url, upay["terminal_sn"], upay["terminal_key"])
        self.codes = BothWalletsCodes(index + 100 * "BDL".index(prefix))
        self.names = [f"{prefix}-{index}-{n}" for n in range(count)]
        self.told: dict[str, tuple] = {}
        self.refunds: dict[str, str] = {}

    async def work(self) -> None:
        for n, name in enumerate(self.names):
            amount = 100 + n
            answer = await self.till.pay(name, self.codes(), amount)
            assert answer.biz == "PAY_SUCCESS", answer
            if n % 10 == 3:
                answer = await self.till.cancel(name)
                assert answer.biz == "CANCEL_SUCCESS", answer
            elif n % 10 == 7:
                refund = {"client_sn": name, "refund_request_no": "r1", "refund_amount": "40"}
                answer = await self.till.call("/upay/v2/refund", {**refund, "operator": "kay"})
                self.refunds[name] = answer.biz
            self.told[name] = (answer.sn, amount)
        self.till.close()


async def sell(desks: list[Desk]) -> None:
    await asyncio.gather(*(desk.work() for desk in desks))


def pay_calls(order: dict) -> int:
    return order["micropay_calls"] if "micropay_calls" in order else order["pay_calls"]


class Restore(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        journal = {"dir": str(self.folder / "other-disk")}
        self.split = Split(folder.name, payments=KEYS, terminals=4, sections={"journal": journal})
        self.addCleanup(self.split.put_down)
        self.split.start()
        self.simulators = self.split.simulators
        self.simulators.options(journal_limit=10_000_000, password_free_per_day=0)
        self.data = self.split.demo.data
        self.config = str(self.folder / "huitong.toml")

    def run_command(self, *arguments: str, status: int = 0):
        done = subprocess.run(
            [self.split.demo.program, *arguments, "--config", self.config, "--json"],
            capture_output=True,
            text=True,
            timeout=120,
        )
        self.assertEqual(done.returncode, status, f"{arguments}: {done.stdout}\n{done.stderr}")
        return json.loads(done.stdout) if done.stdout else done.stderr

    def believed(self) -> dict:
        listed = self.split.admin("payment", "list", "--most", "1000000")
        return {payment["client_sn"]: payment for payment in listed}

    def lose_the_disk(self) -> None:
        self.split.gateway.kill9()
        key = (self.data / "master.key").read_bytes()
        demo = (self.data / "demo.json").read_bytes()
        shutil.rmtree(self.data)
        self.data.mkdir(mode=0o700)
        # What an operator keeps elsewhere: the key, and how to reach the demo.
        (self.data / "master.key").write_bytes(key)
        (self.data / "master.key").chmod(0o600)
        (self.data / "demo.json").write_bytes(demo)

    def wait_until_caught_up(self, seconds: float) -> float:
        upay = self.split.terminals[0]
        till = Till(self.split.gateway_url, upay["terminal_sn"], upay["terminal_key"])
        self.addCleanup(till.close)
        begun = time.monotonic()
        refused = 0
        while True:
            answer = till.pay(f"probe-{refused}", Codes(399)())
            if answer.outer == "200":
                break
            refused += 1
            self.assertLess(time.monotonic(), begun + seconds, answer)
            time.sleep(0.2)
        self.assertGreater(refused, 0, "nothing new before the channels have answered")
        return time.monotonic() - begun

    def test_drill(self):
        asyncio.run(sell([Desk(self.split, n, "B", BEFORE // DESKS + 1) for n in range(DESKS)]))
        desks = [Desk(self.split, n, "L", -(-PAYMENTS // DESKS)) for n in range(DESKS)]
        backup = str(self.folder / "backup.db")
        made = asyncio.run(self.back_up_while_selling(backup))
        self.assertGreater(made["bytes"], 0)
        self.assertIn("exists", self.run_command("backup", "--to", backup, status=1))
        asyncio.run(sell(desks))
        lost = {name: told for desk in desks for name, told in desk.told.items()}
        self.assertIn("locked", self.run_command("restore", "--from", backup, status=1))
        before, channel_before = self.believed(), self.simulators.orders()
        self.lose_the_disk()

        self.run_command("restore", "--from", backup)
        self.assertIn("exists", self.run_command("restore", "--from", backup, status=1))
        self.split.gateway.start()
        took = self.wait_until_caught_up(120)
        after, channel = self.believed(), self.simulators.orders()
        self.compare(lost, before, after, channel_before, channel, took)

    async def back_up_while_selling(self, to: str) -> dict:
        """Sales that go on while the copy is taken."""
        selling = asyncio.create_task(sell([Desk(self.split, n, "D", 8) for n in range(DESKS)]))
        await asyncio.sleep(0.2)
        loop = asyncio.get_running_loop()
        made = await loop.run_in_executor(None, lambda: self.run_command("backup", "--to", to))
        await selling
        return made

    def compare(self, lost, before, after, channel_before, channel, took) -> None:
        new = [name for name in after if name.startswith("probe-")]
        known_again = [name for name in lost if name in after and after[name]["sn"] == before[name]["sn"]]
        changed = {
            name: (before[name]["state"], after[name]["state"])
            for name in before
            if name not in after or before[name]["state"] != after[name]["state"]
        }
        by_number = collections.Counter(payment["channel_number"] for payment in after.values())
        reused = [number for number, count in by_number.items() if count > 1]
        fresh = [after[name]["channel_number"] for name in new]
        reused += [number for number in fresh if number in channel_before]
        double = [number for number, order in channel.items() if pay_calls(order) > 1]
        unknown = set(channel) - set(by_number)
        moved = {
            key: (order["refunded"], channel[key]["refunded"])
            for key, order in channel_before.items()
            if order["refunded"] != channel[key]["refunded"]
        }
        states = collections.Counter(payment["state"] for payment in after.values())
        print(
            f"\nlost payments {len(lost)} known again {len(known_again)} double charged {len(double)} "
            f"reused numbers {len(reused)} refunded anew {len(moved)} changed {len(changed)} "
            f"unknown to the gateway {len(unknown)} states {dict(states)} caught up in {took:.1f} s",
            flush=True,
        )
        self.assertGreaterEqual(len(lost), PAYMENTS)
        self.assertEqual(len(known_again), len(lost))
        self.assertEqual(changed, {})
        self.assertEqual(double, [])
        self.assertEqual(reused, [])
        self.assertEqual(moved, {})
        self.assertEqual(unknown, set())
        self.assertEqual(self.simulators.violations(), [])
        self.split.admin("ledger", "verify")

    def test_doctor(self):
        rows = {row["check"]: row for row in self.run_command("doctor")}
        for check in ("config", "data_dir", "store", "master_key", "audit"):
            self.assertEqual(rows[check]["verdict"], "ok", rows)
        for row in rows.values():
            if row["check"].startswith("channel "):
                self.assertEqual(row["verdict"], "ok", row)
        self.assertEqual(rows["backup"]["verdict"], "warn")
        self.assertEqual(rows["journal"]["verdict"], "warn", "on the store's own device")
        text = json.dumps(list(rows.values()))
        self.assertNotIn(self.split.demo.info["wechat"]["api_key"], text)
        self.assertNotIn((self.data / "master.key").read_text().strip(), text)
        self.split.simulator.kill9()
        failed = {row["check"]: row for row in self.run_command("doctor", status=1)}
        self.assertTrue(any(row["verdict"] == "fail" for row in failed.values()))


if __name__ == "__main__":
    unittest.main()
