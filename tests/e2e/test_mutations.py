"""Thousands of seeded mutations of a valid request, of its body and of its raw HTTP bytes, against the
sanitizer build: an answer of the envelope or a closed connection, never an internal error, never a second
payment of one number.
"""

import json
import os
import random
import socket
import unittest

from sanitized import PAY, QUERY, SanitizedCase
from till import pay_fields, sign

SEED = int(os.environ.get("HUITONG_SEED") or random.SystemRandom().randrange(1_000_000))
MUTATIONS = int(os.environ.get("HUITONG_MUTATIONS") or 4000)
SNIPPETS = [b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"\\u0000", b"\x00", b"\xff", b"\xe6\x8a", b"9"]
SNIPPETS += [b"-1", b"1e9", b"true", b"null"]
SNIPPETS += [ b'""', b"\r\n", b"\r\n\r\n", b"%00", b" " * 100, b"9" * 30, b"Content-Length: 7\r\n", b"\t"]


def mutated(rng: random.Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 8))):
        at = rng.randrange(len(out) + 1)
        match rng.randrange(6):
            case 0 if at < len(out):
                out[at] ^= 1 << rng.randrange(8)
            case 1 if at < len(out):
                out[at] = rng.randrange(256)
            case 2:
                del out[at : at + rng.randint(1, 12)]
            case 3:
                out[at:at] = rng.choice(SNIPPETS)
            case 4:
                start = rng.randrange(len(out) + 1)
                out[at:at] = out[start : start + rng.randint(1, 40)]
            case _:
                out[at : at + rng.randint(1, 8)] = rng.choice(SNIPPETS)
    return bytes(out)


class Mutations(SanitizedCase):
    def setUp(self):
        super().setUp()
        print(f"\nseed {SEED} (HUITONG_SEED)", flush=True)
        self.rng = random.Random(SEED)
        # No mutation of these codes is likely to be magic: 10 in front, 9999 behind.
        self.code = "10" + "".join(self.rng.choices("0123456789", k=12)) + "9999"

    def valid(self, path: str) -> bytes:
        fields = {"terminal_sn": self.sn, "client_sn": f"mut-{next(self.numbers)}"}
        if path == PAY:
            fields |= pay_fields(fields["client_sn"], self.code, 1)
            fields |= {"extended": {"attach": "a"}, "reflect": "r"}
        return json.dumps(fields, ensure_ascii=self.rng.random() < 0.5).encode()

    def test_bodies_signed_after_the_change(self):
        """Whoever holds the key may send anything: the answer is an envelope with a decision in it."""
        for _ in range(MUTATIONS):
            path = self.rng.choice((PAY, QUERY, QUERY, "/upay/v2/cancel", "/terminal/checkin"))
            body = mutated(self.rng, self.valid(path))
            answer = self.till.post(path, body, f"{self.sn} {sign(body, self.key)}")
            self.assertIn(answer.outer, ("200", "400"), (body, answer))
            self.assertIn(answer.error, ("", "INVALID_PARAMS", "INVALID_TERMINAL"), (body, answer))
            if path == "/terminal/checkin" and answer.outer == "200":
                self.till.key = self.key  # still valid: it is the one that authenticated
        self.assertTrue(self.demo.process.is_running())
        self.assertLessEqual(self.simulators.summary()["max_micropay_calls_per_number"], 1)
        self.assertEqual(self.simulators.violations(), [])

    def test_bodies_changed_after_signing(self):
        for _ in range(MUTATIONS):
            body = self.valid(PAY)
            changed = mutated(self.rng, body)
            if changed == body:
                continue
            answer = self.till.post(PAY, changed, f"{self.sn} {sign(body, self.key)}")
            self.assertEqual((answer.outer, answer.error), ("400", "ILLEGAL_SIGN"), changed)
        self.assert_nothing_happened()

    def test_raw_bytes_of_the_request(self):
        """No mutation of a signed query may end in anything but HTTP answers or a closed connection."""
        counts: dict = {}
        for _ in range(MUTATIONS):
            body = self.valid(QUERY)
            data = mutated(self.rng, self.head(body, QUERY) + body)
            with socket.create_connection(("127.0.0.1", self.demo.port), timeout=10) as connection:
                try:
                    connection.sendall(data)
                    connection.shutdown(socket.SHUT_WR)
                    got = b""
                    while chunk := connection.recv(65536):
                        got += chunk
                except (ConnectionResetError, BrokenPipeError):
                    got = b""
            statuses = self.statuses(got)
            known = {200, 400, 404, 405, 408, 411, 413, 417, 431, 501, 505}
            self.assertTrue(set(statuses) <= known, (data, got))
            counts[str(statuses)] = counts.get(str(statuses), 0) + 1
        print(counts, flush=True)
        self.assert_nothing_happened()


if __name__ == "__main__":
    unittest.main()
