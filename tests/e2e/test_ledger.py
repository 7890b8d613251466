"""The books: what was paid, cancelled and refunded on both wallets stands in the ledger with its fees,
hledger (which nobody here wrote) accepts the exported journal and comes to the same balances, and `ledger
verify` finds damage.
"""

import csv
import datetime
import io
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import time
import unittest

from books import Books
from processes import Demo
from till import Codes

TYPES = {
    "channel_receivable": "assets",
    "merchant_payable": "liabilities",
    "fee_income": "income",
    "channel_fee": "expenses",
}


def fee(amount: int, ppm: int) -> int:
    return (amount * ppm + 500_000) // 1_000_000


def hledger(journal: str, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["hledger", "-f", "-", *arguments],
        input=journal,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "LANG": "C.UTF-8"},
    )


def hledger_balances(journal: str) -> dict:
    done = hledger(journal, "balance", "--flat", "--empty", "--no-total", "-O", "csv")
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    return {row["account"]: row["balance"] for row in rows}


class Ledger(unittest.TestCase):
    """One demo in which money has moved in every way; the tests read it."""

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        cls.demo = Demo(cls.folder, "--no-traffic")
        cls.addClassCleanup(cls.demo.put_down)
        cls.demo.start()
        cls.books = Books(cls.demo.data / "huitong.db")
        cls.till, cls.codes = cls.demo.till(timeout=60), Codes()
        cls.trade()

    @classmethod
    def pay(cls, name: str, amount: int, wallet: str) -> None:
        answer = cls.till.pay(name, cls.codes(wallet=wallet), amount)
        if answer.order_status != "PAID":
            raise AssertionError(answer)

    @classmethod
    def refund(cls, name: str, request_no: str, amount: int) -> None:
        """Until it is proven: WeChat says "accepted" first (spec/channels 1A.9)."""
        until = time.monotonic() + 120
        while time.monotonic() < until:
            answer = cls.till.refund(name, request_no, amount)
            if answer.biz == "REFUND_SUCCESS" or answer.biz_error == "UPAY_REFUND_ORDER_NOOP":
                return
            time.sleep(1)
        raise AssertionError(answer)

    @classmethod
    def trade(cls) -> None:
        for wallet in (Codes.WECHAT, Codes.ALIPAY):
            # Around the halves that a fee of 0.38 % or 0.6 % is rounded at.
            for amount in (1, 83, 84, 131, 132, 1234, 99_999):
                cls.pay(f"kept-{wallet}-{amount}", amount, wallet)
            cls.pay(f"part-{wallet}", 10_001, wallet)
            cls.refund(f"part-{wallet}", "1", 3_333)
            cls.pay(f"whole-{wallet}", 777, wallet)
            cls.refund(f"whole-{wallet}", "1", 777)
            cls.pay(f"undone-{wallet}", 4_321, wallet)
            answer = cls.till.cancel(client_sn=f"undone-{wallet}")
            if answer.order_status != "CANCELED":
                raise AssertionError(answer)

    def export(self, *arguments: str) -> str:
        """`admin ledger export` prints a journal, never JSON."""
        operator = self.demo.info["admin"]
        done = subprocess.run(
            [self.demo.program, "admin", "ledger", "export", "--data", str(self.demo.data), *arguments]
            + ["--operator", operator["operator"]],
            env={**os.environ, "HUITONG_OPERATOR_KEY": operator["operator_key"]},
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_balances_are_what_was_paid_and_given_back(self):
        """By our own arithmetic, from the amounts above and the rates of the channel accounts."""
        wanted: dict[str, int] = {}
        listed = self.demo.admin("channel-account", "list")
        accounts = {each["channel"]: each for each in listed if each["active"]}
        merchant = self.demo.info["upay"]["merchant_sn"]
        for channel in ("wechat", "alipay"):
            account = accounts[channel]
            rates = account["channel_fee_ppm"], account["merchant_fee_ppm"]
            self.assertTrue(all(rates), "the demo takes no fees: nothing is tested")
            kept = [(amount, 0) for amount in (1, 83, 84, 131, 132, 1234, 99_999)]
            channel_fee = merchant_fee = gross = 0
            for amount, back in [*kept, (10_001, 3_333), (777, 777)]:
                gross += amount - back
                fees = [fee(amount, ppm) for ppm in rates]
                # Of each fee the share of what was refunded goes back, halves up.
                channel_fee += fees[0] - (2 * fees[0] * back + amount) // (2 * amount)
                merchant_fee += fees[1] - (2 * fees[1] * back + amount) // (2 * amount)
            wanted[f"channel_receivable:{account['id']}"] = gross - channel_fee
            wanted[f"channel_fee:{account['id']}"] = channel_fee
            for name, minor in (("merchant_payable", merchant_fee - gross), ("fee_income", -merchant_fee)):
                wanted[f"{name}:{merchant}"] = wanted.get(f"{name}:{merchant}", 0) + minor
        balances = self.demo.admin("ledger", "balances")
        self.assertEqual({row["currency"] for row in balances}, {"CNY"})
        self.assertEqual({row["account"]: row["amount_minor"] for row in balances}, wanted)
        self.assertEqual(sum(wanted.values()), 0)
        fees = self.books.fees()
        self.assertEqual(fees["income"], -wanted[f"fee_income:{merchant}"])
        self.assertEqual(
            fees["kept"], sum(minor for name, minor in wanted.items() if name.startswith("channel_fee"))
        )
        self.assertEqual(self.books.net_fen(), 2 * (1 + 83 + 84 + 131 + 132 + 1234 + 99_999 + 10_001 - 3_333))

    def test_hledger_accepts_the_journal_and_agrees(self):
        journal = self.export()
        checked = hledger(journal, "check", "--strict")
        self.assertEqual(checked.returncode, 0, checked.stderr)
        ours = {}
        for row in self.demo.admin("ledger", "balances"):
            account = f"{TYPES[row['account'].split(':')[0]]}:{row['account']}"
            ours[account] = f"{row['amount']} {row['currency']}" if row["amount_minor"] else "0"
        self.assertEqual(hledger_balances(journal), ours)
        # 10 payments of each wallet, one of them reversed, two refunded.
        self.assertEqual(journal.count(") payment\n"), 20)
        self.assertEqual(journal.count(") reversal\n"), 2)
        self.assertEqual(journal.count(") refund\n"), 4)
        for secret in ("kept-", "part-", "undone-"):
            self.assertNotIn(secret, journal, "the merchant's own numbers are not the accountant's")

    def test_a_journal_that_was_cut_or_altered_is_refused(self):
        journal = self.export()
        cut = journal[: len(journal) // 2].rsplit("\n\n", 1)[0] + "\n"
        self.assertNotEqual(hledger(cut, "check", "--strict").returncode, 0)
        altered = journal.replace("12.34 CNY", "12.35 CNY", 1)
        self.assertNotEqual(altered, journal)
        self.assertNotEqual(hledger(altered, "check", "--strict").returncode, 0)

    def test_an_export_of_some_days_holds_their_entries(self):
        beijing = datetime.timezone(datetime.timedelta(hours=8))
        days = [row["created_at"].astimezone(beijing).date() for row in self.books.payments()]
        first, last = min(days), max(days) + datetime.timedelta(days=1)  # may have gone on past midnight
        whole = self.export().split("\n", 1)[1]
        self.assertEqual(self.export("--from", str(first), "--to", str(last)).split("\n", 1)[1], whole)
        before, after = first - datetime.timedelta(days=1), last + datetime.timedelta(days=1)
        self.assertNotIn("CNY", self.export("--to", str(before)))
        self.assertNotIn("CNY", self.export("--from", str(after)))

    def verify(self, data: pathlib.Path) -> tuple[int, dict]:
        operator = self.demo.info["admin"]
        done = subprocess.run(
            [self.demo.program, "admin", "ledger", "verify", "--json", "--data", str(data)]
            + ["--operator", operator["operator"], "--key", operator["operator_key"]],
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertIn(done.returncode, (0, 3), done.stderr)
        return done.returncode, json.loads(done.stdout)

    def test_verify_finds_nothing(self):
        status, report = self.verify(self.demo.data)
        self.assertEqual(report, {"payments": 20, "entries": 26, "differences": []})
        self.assertEqual(status, 0)

    def test_verify_names_what_was_tampered_with(self):
        one = "id = (select id from payment where client_sn = '{}')"
        first = f"{one} and leg = 1"
        damages = [
            (f"update posting set amount_minor = 1235 where {first}", "kept-13-1234", {"amounts"}),
            (f"delete from posting where {one}", "kept-28-83", {"payment_entry"}),
            (f"update posting set credit = 'merchant_payable:9' where {first}", "kept-13-84", {"amounts"}),
            (f"update posting set debit = 'moon:1' where {first}", "kept-13-132", {"unreadable"}),
            (f"delete from posting where {one} and kind = 'refund'", "part-28", {"refund_entry"}),
            (f"update payment set refunded_minor = 1 where {one}", "part-13", {"refunded"}),
            (f"update payment set state = 'paid' where {one}", "whole-28", {"refunded"}),
            (
                f"delete from posting where {one} and kind = 'reversal'",
                "undone-13",
                {"reversal_entry", "not_zero"},
            ),
        ]
        for number, (statement, client_sn, problems) in enumerate(damages):
            with self.subTest(statement.format(client_sn)):
                data = self.folder / f"damaged-{number}"
                self.copy(data)
                with sqlite3.connect(data / "huitong.db") as database:
                    changed = database.execute(statement.format(client_sn)).rowcount
                    by_client_sn = "select sn from payments where client_sn = ?"
                    sn = database.execute(by_client_sn, (client_sn,)).fetchone()[0]
                database.close()
                self.assertGreater(changed, 0)
                status, report = self.verify(data)
                self.assertEqual(status, 3)
                self.assertEqual({each["sn"] for each in report["differences"]}, {str(sn)}, report)
                self.assertEqual({each["problem"] for each in report["differences"]}, problems, report)

    def copy(self, data: pathlib.Path) -> None:
        """A consistent copy while the demo runs: its files, and the database by SQLite's own backup."""
        shutil.copytree(self.demo.data, data, ignore=shutil.ignore_patterns("huitong.db*"))
        source = sqlite3.connect(f"file:{self.demo.data / 'huitong.db'}?mode=ro", uri=True)
        target = sqlite3.connect(data / "huitong.db")
        source.backup(target)
        source.close()
        target.close()


if __name__ == "__main__":
    unittest.main()
