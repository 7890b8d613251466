"""The operator's desk on the command line: channel accounts whose keys never come back, limits that hold at
the till, alerts, and an audit row for each act.
"""

import os
import pathlib
import sqlite3
import subprocess
import tempfile
import unittest

from processes import Demo
from till import Codes


class Desk(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        cls.demo = Demo(cls.folder, "--no-traffic")
        cls.addClassCleanup(cls.demo.put_down)
        cls.demo.start()
        cls.merchant = cls.demo.info["upay"]["merchant_sn"]
        cls.codes = Codes()

    def refused(self, *arguments: str, person: tuple[str, str] = ("", "")) -> str:
        """The reason with which an act is refused."""
        info = self.demo.info["admin"]
        operator, key = person if person[0] else (info["operator"], info["operator_key"])
        done = subprocess.run(
            [self.demo.program, "admin", *arguments, "--data", str(self.demo.data), "--operator", operator],
            env={**os.environ, "HUITONG_OPERATOR_KEY": key},
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual(done.returncode, 1, (done.stdout, done.stderr))
        return done.stderr.strip()

    def acts(self, act: str) -> list[str]:
        return [row["subject"] for row in self.demo.admin("audit", "list") if row["act"] == act]

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def openssl(self, *arguments: str) -> str:
        done = subprocess.run(
            ["openssl", *arguments], capture_output=True, text=True, timeout=30, cwd=self.folder
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def certificate(self, name: str, key: str) -> str:
        subject = ("-subj", f"/CN={name}/O=Test/C=CN")
        self.openssl("req", "-x509", "-key", key, *subject, "-days", "2", "-out", f"{name}.crt")
        return str(self.folder / f"{name}.crt")

    def alipay(self, account: str, **files: str) -> list[str]:
        options = ["channel-account", "create", account, "--channel", "alipay", "--merchant", self.merchant]
        options += ["--appid", "2021000000000042", "--priority", "900", "--refund-days", "30"]
        for name, path in files.items():
            options += [f"--{name.replace('_', '-')}-file", path]
        return options

    def test_an_alipay_account_is_shown_without_its_keys(self):
        for name in ("app", "other"):
            self.openssl("genrsa", "-out", f"{name}.pem", "2048")
        self.openssl("rsa", "-in", "other.pem", "-pubout", "-out", "channel.pem")
        token = self.file("token", "201611BBsecrettoken\n")
        keys = {
            "app_private_key": str(self.folder / "app.pem"),
            "channel_public_key": str(self.folder / "channel.pem"),
        }
        made = self.demo.admin(*self.alipay("ali-desk", **keys, app_auth_token=token))
        self.assertEqual((made["id"], made["channel"], made["priority"]), ("ali-desk", "alipay", 900))
        shown = self.demo.admin("channel-account", "show", "ali-desk")
        self.assertEqual(shown["base_url"], "https://openapi.alipay.com/gateway.do")
        self.assertEqual((shown["sign_type"], shown["refund_days"]), ("RSA2", 30))
        names = ("app_private_key", "app_auth_token", "api_key", "app_certificate")
        self.assertEqual([shown[name] for name in names], ["set", "set", "none", "none"])
        secrets = [line for line in (self.folder / "app.pem").read_text().splitlines() if "-----" not in line]
        lists = [self.demo.admin(kind, "list") for kind in ("channel-account", "audit")]
        for text in map(str, (made, shown, *lists)):
            self.assertNotIn(secrets[1], text)
            self.assertNotIn("secrettoken", text)
        self.assertIn("ali-desk", self.acts("channel_account.create"))

        # Certificate mode: all three certificates, and the application's belongs to its key.
        certificates = {
            "app_certificate": self.certificate("app", "app.pem"),
            "channel_public_key": self.certificate("channel", "other.pem"),
            "root_certificates": self.certificate("root", "other.pem"),
        }
        key = {"app_private_key": keys["app_private_key"]}
        self.assertEqual(self.demo.admin(*self.alipay("ali-cert", **key, **certificates))["id"], "ali-cert")
        self.assertEqual(self.demo.admin("channel-account", "show", "ali-cert")["app_certificate"], "set")
        for missing in certificates:
            rest = {**keys, **certificates}
            rest[missing] = keys.get(missing, "")
            rest = {name: path for name, path in rest.items() if path}
            self.assertIn("certificate mode takes", self.refused(*self.alipay("ali-part", **rest)), missing)
        foreign = {**key, **certificates, "app_certificate": certificates["root_certificates"]}
        self.assertIn("another key", self.refused(*self.alipay("ali-foreign", **foreign)))
        no_key = {**keys, "app_private_key": token}
        self.assertIn("app_private_key", self.refused(*self.alipay("ali-none", **no_key)))
        for account in ("ali-desk", "ali-cert"):
            self.demo.admin("channel-account", "disable", account)

    def test_limits_hold_at_the_till_and_can_be_lifted(self):
        till = self.demo.till()
        whose = ("--terminal", till.sn)
        made = self.demo.admin("limit", "set", *whose, "--per-payment", "5000")
        self.assertEqual(made["kind"], "terminal")
        self.assertEqual((made["per_payment_fen"], made["per_day_fen"]), (5000, None))
        made = self.demo.admin("limit", "set", *whose, "--per-day", "8000")
        self.assertEqual((made["per_payment_fen"], made["per_day_fen"]), (5000, 8000))

        def paid(name: str, amount: int) -> bool:
            return till.pay(name, self.codes(), amount).order_status == "PAID"

        self.assertFalse(paid("limit-1", 5001))
        self.assertTrue(paid("limit-2", 5000))
        self.assertFalse(paid("limit-3", 3001))
        listed = [row for row in self.demo.admin("limit", "list") if row["subject"] == till.sn]
        self.assertEqual([row["used_today_fen"] for row in listed], [5000])
        self.assertTrue(paid("limit-4", 3000))
        self.assertFalse(paid("limit-5", 1))
        self.demo.admin("limit", "remove", *whose)
        self.assertTrue(paid("limit-6", 5001))
        self.assertEqual(self.acts("limit.set").count(f"terminal {till.sn}"), 2)
        self.assertEqual(self.acts("limit.remove").count(f"terminal {till.sn}"), 1)
        self.assertIn("no_limit", self.refused("limit", "remove", *whose))
        for kind, reason in (("terminal", "no_terminal"), ("store", "no_store"), ("merchant", "no_merchant")):
            self.assertIn(reason, self.refused("limit", "set", f"--{kind}", "1234", "--per-day", "1"))
        self.assertIn("bad_limit", self.refused("limit", "set", *whose))
        self.assertIn("bad_limit", self.refused("limit", "set", *whose, "--per-day", "0"))

    def test_an_auditor_reads_and_changes_nothing(self):
        made = self.demo.admin("operator", "create", "desk-auditor", "--role", "auditor")
        person = (made["name"], made["key"])
        merchant = ("--merchant", self.merchant)
        raised = self.refused("limit", "set", *merchant, "--per-day", "1", person=person)
        self.assertIn("may_only_read", raised)
        self.assertIn("may_only_read", self.refused("limit", "remove", *merchant, person=person))
        self.assertIn("may_only_read", self.refused("alert", "ack", "1", person=person))

    def test_alerts_are_open_until_acknowledged(self):
        """What raises one takes a channel that misbehaves for minutes; this row is put in by hand."""
        with sqlite3.connect(self.demo.data / "huitong.db", timeout=30) as database:
            database.execute(
                "insert into alert values ('desk-1', 1772683200000000, 'channel_down', 'wx-main', null,"
                " null, 0, 1772683200000000, '', null)"
            )
        database.close()
        listed = {row["id"]: row for row in self.demo.admin("alert", "list")}
        self.assertEqual(listed["desk-1"]["name"], "channel_down")
        self.assertEqual(listed["desk-1"]["at"], "2026-03-05T12:00:00.000+08:00")
        self.demo.admin("alert", "ack", "desk-1")
        self.assertNotIn("desk-1", {row["id"] for row in self.demo.admin("alert", "list")})
        kept = {row["id"]: row for row in self.demo.admin("alert", "list", "--all")}["desk-1"]
        self.assertEqual(kept["acknowledged_by"], self.demo.info["admin"]["operator"])
        self.assertIn("no_alert", self.refused("alert", "ack", "desk-1"))
        self.assertEqual(self.acts("alert.acknowledge"), ["desk-1"])


if __name__ == "__main__":
    unittest.main()
