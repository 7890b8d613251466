"""Reversals with a client certificate over TLS: the real gateway and simulated channels in processes of their
own, with certificates made here. WeChat demands the merchant's certificate on /secapi/ (spec/channels 1A.5);
and a server whose certificate nobody trusts must not see a payment.
"""

import json
import pathlib
import re
import ssl
import subprocess
import tempfile
import unittest

from books import Books
from processes import Demo, Process, Simulators
from till import Codes


class Authority:
    """A CA in a folder of its own, and what it signs."""

    def __init__(self, folder: pathlib.Path, name: str):
        self._folder, self.name = folder, name
        self.certificate, self._key = folder / f"{name}.crt", folder / f"{name}.key"
        self._openssl(
            *("req", "-x509", "-subj", f"/CN={name}", "-days", "2", "-out", str(self.certificate)),
            *("-addext", "basicConstraints=critical,CA:TRUE", *self._new_key(self._key)),
        )

    @staticmethod
    def _new_key(path: pathlib.Path) -> list[str]:
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(path)]

    @staticmethod
    def _openssl(*arguments: str) -> None:
        done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, timeout=30)
        if done.returncode != 0:
            raise AssertionError(f"openssl {arguments}: {done.stderr}")

    def sign(self, name: str, extensions: str) -> tuple[str, str]:
        """The files of a new certificate and its key."""
        request, certificate = self._folder / f"{name}.csr", self._folder / f"{name}.crt"
        key, extension_file = self._folder / f"{name}.key", self._folder / f"{name}.ext"
        extension_file.write_text(extensions)
        self._openssl("req", "-subj", f"/CN={name}", "-out", str(request), *self._new_key(key))
        self._openssl(
            *("x509", "-req", "-in", str(request), "-days", "2", "-out", str(certificate)),
            *("-CA", str(self.certificate), "-CAkey", str(self._key), "-CAcreateserial"),
            *("-extfile", str(extension_file)),
        )
        return str(certificate), str(key)

    def sign_server(self, name: str) -> tuple[str, str]:
        return self.sign(name, "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")

    def sign_client(self, name: str) -> tuple[str, str]:
        return self.sign(name, "extendedKeyUsage=clientAuth\n")


class ClientCertificate(unittest.TestCase):
    """One gateway that trusts one CA; the merchant's account is another one for each test."""

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        cls.channel_ca, cls.stranger = Authority(cls.folder, "channel-ca"), Authority(cls.folder, "stranger")
        cls.merchant_ca = Authority(cls.folder, "merchant-ca")
        # Makes the merchant, its keys and a terminal; then leaves its data and its port to `serve`.
        cls.demo = Demo(cls.folder, "--no-traffic")
        cls.addClassCleanup(cls.demo.put_down)
        cls.demo.start()
        cls.till, cls.codes = cls.demo.till(timeout=60), Codes()
        cls.accounts = [account["id"] for account in cls.demo.admin("channel-account", "list")]
        cls.demo.process.stop()
        cls.till.close()
        cls.books = Books(cls.demo.data / "huitong.db")
        cls.simulators = cls.start_simulators("sim", cls.channel_ca)
        cls.unknown = cls.start_simulators("sim-unknown", cls.stranger)
        cls.start_gateway()

    @classmethod
    def start_simulators(cls, name: str, authority: Authority) -> Simulators:
        certificate, key = authority.sign_server(f"{name}-server")
        known = cls.demo.info["wechat"]
        process = Process(
            name,
            [cls.demo.program, "sim", "--port", "0", "--require-client-cert", "on"]
            + ["--tls-certificate", certificate, "--tls-key", key]
            + ["--client-ca", str(cls.merchant_ca.certificate)]
            + ["--appid", known["appid"], "--mch-id", known["mch_id"], "--api-key", known["api_key"]],
            cls.folder,
        )
        cls.addClassCleanup(process.put_down)
        process.start()
        url = re.search(r"^ready (https://\S+)$", process.log(), re.MULTILINE)[1]
        simulators = Simulators(url, ssl.create_default_context(cafile=authority.certificate))
        simulators.url = url
        return simulators

    @classmethod
    def start_gateway(cls) -> None:
        sections = {
            "data": {"dir": str(cls.demo.data)},
            "listen": {"port": cls.demo.port},
            "channels": {"trusted_ca_file": str(cls.channel_ca.certificate)},
            "upay": {"pay_wait_ms": 22_000},  # the channel wants 15 s between a pay call and its reversal
        }
        config = cls.folder / "huitong.toml"
        with config.open("w") as file:
            for section, values in sections.items():
                lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
                print(f"[{section}]", *lines, sep="\n", file=file)
        gateway = Process("serve", [cls.demo.program, "serve", "--config", str(config)], cls.folder)
        cls.addClassCleanup(gateway.put_down)
        gateway.start()

    def use_account(self, account: str, simulators: Simulators, client: tuple[str, str] | None) -> None:
        """Makes that account the merchant's only active one, while the gateway runs."""
        for other in self.accounts:
            self.demo.admin("channel-account", "disable", other)
        self.accounts[:] = [account]
        known, files = self.demo.info["wechat"], []
        if client is not None:
            files = ["--certificate-file", client[0], "--certificate-key-file", client[1]]
        api_key = self.folder / "api.key"
        api_key.write_text(known["api_key"] + "\n")
        self.demo.admin(
            *("channel-account", "create", account, "--base-url", simulators.url),
            *("--merchant", self.demo.info["upay"]["merchant_sn"], "--server-ip", "127.0.0.1"),
            *("--appid", known["appid"], "--mch-id", known["mch_id"], "--api-key-file", str(api_key), *files),
        )

    def payment(self, client_sn: str) -> dict:
        return next(row for row in self.books.payments() if row["client_sn"] == client_sn)

    def order_of(self, payment: dict) -> dict:
        return self.simulators.orders()[payment["channel_number"]]

    def refusals(self) -> int:
        """Reversals that the channel turned away at its door, where it has not read their number yet."""
        return sum("证书出错" in entry["response"] for entry in self.simulators.journal())

    def pay_and_fail_to_cancel(self, client_sn: str, state: str):
        """Pays 500 fen and cancels; the money stays where it was, on both sides. The cancel's answer."""
        paid = self.till.pay(client_sn, self.codes(), 500)
        self.assertEqual((paid.biz, paid.order_status), ("PAY_SUCCESS", "PAID"), paid)
        cancelled = self.till.cancel(client_sn=client_sn)
        payment = self.payment(client_sn)
        self.assertEqual((payment["state"], payment["posted"]), (state, 500))
        order = self.order_of(payment)
        self.assertEqual((order["amount"], order["refunded"], order["reverse_calls"]), (500, 0, 0))
        self.assertIsNotNone(order["paid_at"])
        return cancelled

    def test_pay_and_cancel_with_the_certificate(self):
        self.use_account("wx-cert", self.simulators, self.merchant_ca.sign_client("merchant"))
        paid = self.till.pay("cert-1", self.codes(), 700)
        self.assertEqual((paid.biz, paid.order_status), ("PAY_SUCCESS", "PAID"), paid)
        cancelled = self.till.cancel(client_sn="cert-1")
        self.assertEqual((cancelled.biz, cancelled.order_status), ("CANCEL_SUCCESS", "CANCELED"), cancelled)
        payment = self.payment("cert-1")
        self.assertEqual((payment["state"], payment["posted"]), ("reversed", 0))
        self.assertEqual(self.order_of(payment)["refunded"], 700)
        self.assertEqual(self.simulators.violations(), [])

    def test_without_a_certificate_the_payment_stays_paid(self):
        self.use_account("wx-bare", self.simulators, None)
        before = self.refusals()
        cancelled = self.pay_and_fail_to_cancel("bare-1", "paid")
        self.assertEqual((cancelled.biz, cancelled.order_status), ("CANCEL_ERROR", "PAID"), cancelled)
        self.assertGreater(self.refusals(), before)
        self.assertEqual(self.till.query(client_sn="bare-1").order_status, "PAID")

    def test_certificate_of_an_authority_the_channel_does_not_know(self):
        """The channel breaks the connection and says nothing, so nothing is known: the reversal goes on."""
        self.use_account("wx-foreign", self.simulators, self.stranger.sign_client("foreign-merchant"))
        before = self.refusals()
        cancelled = self.pay_and_fail_to_cancel("foreign-1", "reversing")
        self.assertEqual(cancelled.biz, "CANCEL_IN_PROGRESS", cancelled)
        self.assertEqual(self.refusals(), before)

    def test_server_of_an_unknown_authority_sees_no_payment(self):
        self.use_account("wx-unknown", self.unknown, self.merchant_ca.sign_client("other-merchant"))
        refused = self.till.pay("unknown-1", self.codes(), 900)
        self.assertEqual((refused.biz, refused.order_status), ("PAY_FAIL", "PAY_CANCELED"), refused)
        payment = self.payment("unknown-1")
        self.assertEqual((payment["state"], payment["posted"]), ("failed", 0))
        self.assertEqual(self.unknown.summary()["micropay_calls"], 0)
        self.assertEqual(list(self.unknown.journal()), [])


if __name__ == "__main__":
    unittest.main()
