"""A till: an independent client of the upay terminal API, written from the published contract (spec/upay 1
to 3) and sharing nothing with the server. `Till` blocks, on one kept-alive connection; `AsyncTill` is the
same over raw asyncio sockets, for load and for races. Neither repeats a request by itself: what a lost
answer means is the caller's to say.
"""

import asyncio
import hashlib
import http.client
import itertools
import json
import random
import urllib.parse

FINAL = {"PAID", "PAY_CANCELED", "CANCELED", "PARTIAL_REFUNDED", "REFUNDED"}  # order_status that stays


def sign(body: bytes, key: str) -> str:
    return hashlib.md5(body + key.encode()).hexdigest()


class LostAnswer(Exception):
    """The request left, whole or in part, and no answer came: its effect is unknown."""


class NotSent(Exception):
    """No connection: certainly nothing happened."""


class Answer:
    """A decoded upay answer; members that are absent read as empty."""

    def __init__(self, raw: bytes):
        self.json = json.loads(raw)
        self.outer = self.json["result_code"]
        self.error = self.json.get("error_code", "")
        inner = self.json.get("biz_response") or {}
        self.flat = inner
        self.biz = inner.get("result_code", "")
        self.biz_error = inner.get("error_code", "")
        self.data = inner.get("data") or {}
        self.sn = self.data.get("sn", "")
        self.order_status = self.data.get("order_status", "")

    def __repr__(self) -> str:
        return json.dumps(self.json, ensure_ascii=False)


class Codes:
    """Payment codes whose last four digits tell the simulated channel what to do (spec/channels 6.3): 13 for
    WeChat or 28 for Alipay, twelve free digits that never repeat, the scenario, its seconds or count. A payer
    (the first six digits) pays four times at most. Each of 400 blocks has ten thousand codes of its own."""

    WECHAT, ALIPAY = "13", "28"

    def __init__(self, block: int = 0):
        self._numbers = itertools.count(block * 10_000)

    def __call__(self, scenario: int = 0, count: int = 0, wallet: str = WECHAT) -> str:
        payer, turn = divmod(next(self._numbers), 4)
        return f"{wallet}{payer:06}{turn:06}{scenario:02}{count:02}"


def refund_fields(client_sn: str, request_no: str, amount: int) -> dict:
    return {
        "client_sn": client_sn,
        "refund_request_no": request_no,
        "refund_amount": str(amount),
        "operator": "kay",
    }


def random_digits(length: int) -> str:
    return "".join(random.choices("0123456789", k=length))


def pay_fields(client_sn: str, code: str, amount: int = 100) -> dict:
    return {
        "client_sn": client_sn,
        "total_amount": str(amount),
        "dynamic_id": code,
        "subject": "披萨",
        "operator": "kay",
    }


class _Signer:
    def __init__(self, sn: str, key: str):
        self.sn, self.key = sn, key

    def signed(self, fields: dict) -> tuple[bytes, str]:
        """Body and Authorization of a terminal's request."""
        body = json.dumps({"terminal_sn": self.sn, **fields}, ensure_ascii=False).encode()
        return body, f"{self.sn} {sign(body, self.key)}"


class Till(_Signer):
    def __init__(self, gateway: str, sn: str = "", key: str = "", timeout: float = 55):
        super().__init__(sn, key)
        self.device_id = "POS-" + random_digits(8)
        address = urllib.parse.urlsplit(gateway)
        self._http = http.client.HTTPConnection(address.hostname, address.port, timeout=timeout)

    def close(self) -> None:
        self._http.close()

    def post(self, path: str, body: bytes, authorization: str) -> Answer:
        headers = {"Content-Type": "application/json", "Authorization": authorization}
        try:
            self._http.request("POST", path, body, headers)
            response = self._http.getresponse()
            raw = response.read()
        except ConnectionRefusedError as error:
            self._http.close()
            raise NotSent() from error
        except (OSError, http.client.HTTPException) as error:
            self._http.close()
            raise LostAnswer(repr(error)) from error
        if response.status != 200:
            raise AssertionError(f"{path}: HTTP {response.status} {raw[:200]!r}")
        return Answer(raw)

    def call(self, path: str, fields: dict) -> Answer:
        return self.post(path, *self.signed(fields))

    def activate(self, vendor_sn: str, vendor_key: str, app_id: str, code: str) -> Answer:
        """Becomes a new terminal: on success the till knows its number and key."""
        body = json.dumps({"app_id": app_id, "code": code, "device_id": self.device_id}).encode()
        answer = self.post("/terminal/activate", body, f"{vendor_sn} {sign(body, vendor_key)}")
        if answer.outer == "200":
            self.sn, self.key = answer.flat["terminal_sn"], answer.flat["terminal_key"]
        return answer

    def checkin(self, keep_key: bool = False) -> Answer:
        """Asks for the next key; with `keep_key` the answer counts as lost, and the old key stays in use."""
        answer = self.call("/terminal/checkin", {"device_id": self.device_id})
        if answer.outer == "200" and not keep_key:
            self.key = answer.flat["terminal_key"]
        return answer

    def pay(self, client_sn: str, code: str, amount: int = 100, **more) -> Answer:
        return self.call("/upay/v2/pay", {**pay_fields(client_sn, code, amount), **more})

    def query(self, **order) -> Answer:
        return self.call("/upay/v2/query", order)

    def cancel(self, **order) -> Answer:
        return self.call("/upay/v2/cancel", order)

    def revoke(self, **order) -> Answer:
        return self.call("/upay/v2/revoke", order)

    def refund(self, client_sn: str, request_no: str, amount: int) -> Answer:
        return self.call("/upay/v2/refund", refund_fields(client_sn, request_no, amount))


class AsyncTill(_Signer):
    """One connection, opened when needed; calls on it must follow each other."""

    def __init__(self, gateway: str, sn: str, key: str, timeout: float = 55):
        super().__init__(sn, key)
        address = urllib.parse.urlsplit(gateway)
        self._host, self._port, self._timeout = address.hostname, address.port, timeout
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None

    async def _exchange(self, request: bytes) -> bytes:
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            raise AssertionError(f"unexpected answer {head!r}")
        headers = dict(line.split(b":", 1) for line in head.lower().split(b"\r\n")[1:] if b":" in line)
        body = await self._reader.readexactly(int(headers[b"content-length"]))
        if b"close" in headers.get(b"connection", b""):
            self.close()
        return body

    async def connect(self) -> None:
        if self._writer is not None and not self._reader.at_eof():
            return
        self.close()
        try:
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        except OSError as error:
            raise NotSent() from error

    async def call(self, path: str, fields: dict) -> Answer:
        body, authorization = self.signed(fields)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            f"Authorization: {authorization}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        await self.connect()
        try:
            async with asyncio.timeout(self._timeout):
                return Answer(await self._exchange(head.encode() + body))
        except (OSError, asyncio.IncompleteReadError) as error:
            self.close()
            raise LostAnswer(repr(error)) from error
        except BaseException:
            self.close()  # a cancelled call leaves its answer behind on the connection
            raise

    async def pay(self, client_sn: str, code: str, amount: int = 100) -> Answer:
        return await self.call("/upay/v2/pay", pay_fields(client_sn, code, amount))

    async def query(self, client_sn: str) -> Answer:
        return await self.call("/upay/v2/query", {"client_sn": client_sn})

    async def cancel(self, client_sn: str) -> Answer:
        return await self.call("/upay/v2/cancel", {"client_sn": client_sn})

    async def refund(self, client_sn: str, request_no: str, amount: int) -> Answer:
        return await self.call("/upay/v2/refund", refund_fields(client_sn, request_no, amount))
