"""Hostile bytes from the till's side. Each is answered with a clear error or a closed connection, changes
nothing, and leaves no sanitizer report (spec/upay 1.3, 5.0; limits: src/net/http_server.hpp).
"""

import asyncio
import json
import time
import unittest

from sanitized import PAY, QUERY, SanitizedCase
from till import sign


class BadInput(SanitizedCase):
    def test_bodies_that_are_no_request(self):
        deep = b'{"a":' * 20_000 + b"1" + b"}" * 20_000
        valid = self.body()
        bodies = {
            "empty": b"",
            "array": b"[]",
            "text": b'"x"',
            "truncated": valid[:-3],
            "two values": valid + b"{}",
            "deep objects": deep,
            "deep arrays": b"[" * 500_000,
            "duplicate key": valid[:-1] + b', "total_amount":"1"}',
            "broken utf-8": valid.replace(b'"kay"', b'"\xff\xfe"'),
            "overlong utf-8": valid.replace(b'"kay"', b'"\xc0\xaf"'),
            "cut utf-8": valid.replace(b'"kay"', b'"\xe6\x8a"'),
            "lone surrogate": valid.replace(b'"kay"', b'"\\ud800"'),
            "encoded surrogate": valid.replace(b'"kay"', b'"\xed\xa0\x80"'),
            "raw NUL": valid.replace(b'"kay"', b'"k\x00y"'),
            "raw control": valid.replace(b'"kay"', b'"k\x01y"'),
            "escaped NUL in client_sn": self.body(client_sn="a\x00b"),
            "comment": valid[:-1] + b"/* */}",
            "trailing comma": valid[:-1] + b",}",
            "single quotes": valid.replace(b'"', b"'"),
            "NaN": valid.replace(b'"1"', b"NaN"),
            "megabyte of blanks": b" " * 1_000_000,
            "long key": valid[:-1] + b', "' + b"k" * 900_000 + b'\x01":1}',
        }
        for name, body in bodies.items():
            with self.subTest(name):
                self.assertEqual(self.outer(body), "INVALID_PARAMS")
        self.assert_nothing_happened()

    def test_amounts_that_are_none(self):
        amounts = ["1.0", "100.00", "1e2", "1E2", "-1", "0", "-0", "1e400", "12345678901"]
        amounts += ["9" * 20, "true", "[1]", "{}"]
        amounts += ['"1.0"', '"+1"', '" 1"', '"1 "', '"0x10"', '"１"', '"1e2"', '"-1"']
        for amount in amounts:
            with self.subTest(amount):
                body = self.body().replace(b'"total_amount": "1"', f'"total_amount": {amount}'.encode())
                self.assertIn(amount.encode(), body)
                self.assertEqual(self.outer(body), "INVALID_PARAMS")
        self.assert_nothing_happened()

    def test_fields_too_long_or_of_the_wrong_kind(self):
        wrong = [{"client_sn": "x" * 33}, {"client_sn": ["x"]}, {"client_sn": ""}, {"subject": {}}]
        wrong += [{"longitude": "1"}, {"subject": "汉" * 65}, {"dynamic_id": "1" * 33}, {"dynamic_id": ""}]
        wrong += [{"payway": "x"}, {"extended": "x"}, {"extended": {str(n): "v" for n in range(25)}}]
        wrong += [{"extended": {"a": "v" * 257}}, {"goods_details": [1]}]
        for fields in wrong:
            with self.subTest(fields):
                self.assertEqual(self.outer(self.body(**fields)), "INVALID_PARAMS")
        self.assert_nothing_happened()

    def test_order_of_checks(self):
        """spec/upay 5.0: of two mistakes the earlier check names its own."""
        garbage, good = b"{", self.body()
        key_of_nobody = "0" * 32
        rows = [
            ("", garbage, "ILLEGAL_SIGN"),
            (self.sn, garbage, "ILLEGAL_SIGN"),
            (f"{self.sn} xyz", garbage, "ILLEGAL_SIGN"),
            (f"999 {sign(garbage, key_of_nobody)}", garbage, "INVALID_TERMINAL"),
            (f"{self.sn} {sign(garbage, key_of_nobody)}", garbage, "ILLEGAL_SIGN"),
            (f"{self.sn} {sign(garbage, self.key)}", garbage, "INVALID_PARAMS"),
            (f"{self.sn} {sign(good, self.key)}", good + b" ", "ILLEGAL_SIGN"),
        ]
        other = self.body(terminal_sn="100000000000000000", total_amount="-1")
        rows.append((f"{self.sn} {sign(other, self.key)}", other, "INVALID_TERMINAL"))
        negative = self.body(total_amount="-1")
        rows.append((f"{self.sn} {sign(negative, self.key)}", negative, "INVALID_PARAMS"))
        for authorization, body, error in rows:
            with self.subTest(authorization=authorization, body=body[:30]):
                answer = self.till.post(PAY, body, authorization)
                self.assertEqual((answer.outer, answer.error), ("400", error))
        self.assert_nothing_happened()

    def test_transport_limits(self):
        big = self.body(reflect="x" * (1 << 20))
        self.assert_refused_by_transport(self.raw(self.head(big) + big), 413)
        long_line = self.head(b"", extra="X: " + "y" * 20_000 + "\r\n")
        self.assert_refused_by_transport(self.raw(long_line), 431, 400)
        flood = "".join(f"X-{n}: y\r\n" for n in range(5000))
        self.assert_refused_by_transport(self.raw(self.head(b"", extra=flood)), 431, 400)
        long_path = b"POST /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"
        self.assert_refused_by_transport(self.raw(long_path), 431, 414, 400)
        tls_hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)
        self.assert_refused_by_transport(self.raw(tls_hello), 400)
        self.assert_refused_by_transport(self.raw(b"GARBAGE\r\n\r\n"), 400)
        self.assert_refused_by_transport(self.raw(b"POST / HTTP/9.9\r\n\r\n"), 400, 505)
        self.assert_nothing_happened()

    def test_methods_and_paths(self):
        paths = ["/", "/upay/v2/", "/upay/v2/pay/", "/upay/v2/PAY", "/upay/v2/../v2/pay", "/upay/v2/%70ay"]
        for path in paths + ["/_sim/summary"]:
            body = self.body()
            self.assertEqual(self.statuses(self.raw(self.head(body, path) + body)), [404], path)
        for method in (b"GET", b"PUT", b"DELETE", b"HEAD"):
            got = self.raw(method + b" /upay/v2/pay HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            self.assertEqual(self.statuses(got), [405], got)
        self.assert_nothing_happened()

    def test_request_smuggling(self):
        body = self.body()
        inner = self.head(body) + body
        chunk = b"0\r\n\r\n" + inner
        for name, extra in {
            "CL and TE": f"Content-Length: {len(chunk)}\r\nTransfer-Encoding: chunked\r\n",
            "two lengths": f"Content-Length: 0\r\nContent-Length: {len(chunk)}\r\n",
            "list of lengths": f"Content-Length: 0, {len(chunk)}\r\n",
            "signed length": "Content-Length: +5\r\n",
            "negative length": "Content-Length: -1\r\n",
            "huge length": "Content-Length: 99999999999999999999999\r\n",
            "unknown coding": "Transfer-Encoding: xchunked\r\n",
            "coding not last": "Transfer-Encoding: chunked, identity\r\n",
            "blank before colon": f"Content-Length : {len(chunk)}\r\n",
            "bare CR in name": "X\rContent-Length: 0: y\r\n",
        }.items():
            with self.subTest(name):
                got = self.raw(self.head(b"", extra=extra, length=False) + chunk)
                self.assertLessEqual(len(self.statuses(got)), 1, "the hidden request was answered")
                self.assertNotIn(b"PAY_SUCCESS", got)
                self.assert_refused_by_transport(got, 400, 413, 501)
        self.assert_nothing_happened()

    def test_folded_header(self):
        """Part of the line before (RFC 7230 3.2.4), or refused; never a header of its own."""
        hidden = b"0\r\n\r\n"
        folded = self.head(b"", extra=f"X: y\r\n Content-Length: {len(hidden)}\r\n", length=False)
        got = self.raw(folded + hidden)
        self.assertIn(self.statuses(got), ([], [400], [200, 400]), got)
        self.assert_nothing_happened()

    def test_garbage_after_a_good_request(self):
        body = json.dumps({"terminal_sn": self.sn, "client_sn": "none"}).encode()
        got = self.raw(self.head(body, QUERY) + body + b"\x00\x01GARBAGE\r\n\r\n")
        self.assertIn(self.statuses(got), ([200], [200, 400]), got)
        twice = self.raw((self.head(body, QUERY) + body) * 2)
        self.assertEqual(self.statuses(twice), [200, 200], "pipelining")
        self.assert_nothing_happened()

    def test_slow_clients(self):
        """Headers or a body byte by byte: cut off after 10 s, while others are served."""
        body = self.body()
        head = self.head(body)

        async def dribble(first: bytes, rest: bytes) -> float:
            begun = time.monotonic()
            reader, writer = await asyncio.open_connection("127.0.0.1", self.demo.port)
            writer.write(first)
            for at in range(len(rest)):
                writer.write(rest[at : at + 1])
                try:
                    await asyncio.wait_for(reader.read(1), 0.25)
                    break  # answered or closed
                except TimeoutError:
                    continue
                except ConnectionResetError:
                    break
            writer.close()
            return time.monotonic() - begun

        async def all_at_once():
            slow = [dribble(b"", head * 2) for _ in range(50)] + [dribble(head, body * 2) for _ in range(50)]
            slow = [asyncio.create_task(one) for one in slow]
            await asyncio.sleep(3)
            begun = time.monotonic()
            other = json.dumps({"terminal_sn": self.sn, "client_sn": "none"}).encode()
            answer = await asyncio.to_thread(self.outer, other, QUERY)
            self.assertEqual(answer, "UPAY_ORDER_NOT_EXISTS")
            self.assertLess(time.monotonic() - begun, 1)
            return await asyncio.gather(*slow)

        for took in asyncio.run(all_at_once()):
            self.assertTrue(8 <= took <= 14, took)
        self.assert_nothing_happened()


if __name__ == "__main__":
    unittest.main()
