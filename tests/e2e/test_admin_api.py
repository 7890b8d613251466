"""The admin API of a running `huitong serve`: on a port of its own, as its OpenAPI document says, beside
`huitong admin` under the same rules. What each act means is tried in simulated time
(src/app/admin_api_test.cpp).
"""

import datetime
import http.client
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import tempfile
import unittest

from processes import ROOT, Split, free_ports
from till import Codes, Till

METHODS = ("get", "post", "patch", "delete")
TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "null": type(None),
}


class Document:
    """An OpenAPI document, as strict as its schemas are written."""

    def __init__(self, text: str):
        self.json = json.loads(text)

    def resolve(self, node: dict) -> dict:
        while "$ref" in node:
            target = self.json
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def operations(self):
        for path, methods in self.json["paths"].items():
            for method, operation in methods.items():
                yield path, method, operation

    def faults(self, value, schema: dict, where: str = "") -> list[str]:
        schema = self.resolve(schema)
        if "anyOf" in schema:
            tried = [self.faults(value, each, where) for each in schema["anyOf"]]
            return [] if [] in tried else tried[0]
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(type(value) is TYPES[name] for name in types):
            return [f"{where}: {value!r} is none of {types}"]
        if value is None:
            return []
        return [f"{where}: {fault}" for fault in self._own_faults(value, schema)] + self._inner(
            value, schema, where
        )

    @staticmethod
    def _own_faults(value, schema: dict):
        if value not in schema.get("enum", [value]):
            yield f"{value!r} is none of {schema['enum']}"
        if isinstance(value, str) and not schema.get("minLength", 0) <= len(value) <= schema.get(
            "maxLength", len(value)
        ):
            yield f"{len(value)} characters"
        if type(value) is int and not schema["minimum"] <= value <= schema["maximum"]:
            yield f"{value} is out of bounds"
        if schema.get("format") == "date-time" and datetime.datetime.fromisoformat(value).tzinfo is None:
            yield f"{value} has no offset"

    def _inner(self, value, schema: dict, where: str) -> list[str]:
        found = []
        if isinstance(value, list):
            for index, item in enumerate(value):
                found += self.faults(item, schema["items"], f"{where}[{index}]")
        if isinstance(value, dict):
            properties = schema["properties"]
            found += [f"{where}: no {name}" for name in schema.get("required", []) if name not in value]
            for name, item in value.items():
                if name not in properties:
                    found.append(f"{where}: {name} is not in the schema")
                else:
                    found += self.faults(item, properties[name], f"{where}.{name}")
        return found


class TheDocument(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.document = Document((ROOT / "docs" / "openapi" / "admin.json").read_text())

    def test_it_is_one_of_openapi_3_1(self):
        root = self.document.json
        self.assertEqual(root["openapi"], "3.1.0")
        self.assertLessEqual({"title", "version"}, root["info"].keys())
        seen = set()
        for path, method, operation in self.document.operations():
            where = f"{method} {path}"
            self.assertIn(method, METHODS, where)
            self.assertNotIn(operation["operationId"], seen)
            seen.add(operation["operationId"])
            parameters = operation.get("parameters", [])
            in_path = {each["name"] for each in parameters if each["in"] == "path"}
            self.assertEqual(in_path, set(re.findall(r"{(\w+)}", path)), where)
            self.assertTrue(all(each["required"] for each in parameters if each["in"] == "path"), where)
            self.assertTrue(any(code.startswith("2") for code in operation["responses"]), where)
            self.assertEqual("requestBody" in operation and method == "get", False, where)

    def test_whatever_is_referred_to_exists(self):
        references = re.findall(r'"\$ref": "([^"]+)"', json.dumps(self.document.json))
        self.assertGreater(len(references), 100)
        for reference in set(references):
            self.assertIsInstance(self.document.resolve({"$ref": reference}), dict)
        named = {reference.rsplit("/", 1)[1] for reference in references}
        self.assertEqual(set(self.document.json["components"]["schemas"]) - named, set(), "not used")

    def test_every_example_is_as_its_schema_says(self):
        checked = 0
        for path, method, operation in self.document.operations():
            contents = [each["content"] for each in operation["responses"].values() if "content" in each]
            contents += [operation["requestBody"]["content"]] if "requestBody" in operation else []
            for content in contents:
                for media in content.values():
                    faults = self.document.faults(media["example"], media["schema"], f"{method} {path}")
                    self.assertEqual(faults, [])
                    checked += 1
            for parameter in operation.get("parameters", []):
                faults = self.document.faults(parameter["example"], parameter["schema"], parameter["name"])
                self.assertEqual(faults, [])
        for name, schema in self.document.json["components"]["schemas"].items():
            self.assertEqual(self.document.faults(schema["examples"][0], schema, name), [])
        self.assertGreater(checked, 60)

    def test_a_wrong_value_is_found(self):
        """The checks above can fail."""
        schema = {"$ref": "#/components/schemas/Merchant"}
        good = {"merchant_sn": "1680000000001", "name": "M", "is_active": True}
        self.assertEqual(self.document.faults(good, schema), [])
        for change in ({"name": 7}, {"colour": "red"}, {"is_active": None}, {"name": "x" * 300}):
            self.assertNotEqual(self.document.faults({**good, **change}, schema), [], change)


class AdminApi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        cls.port = free_ports(1)
        sections = {
            "admin": {"listen": f"127.0.0.1:{cls.port}"},
            "review": {"second_person_above": 500},
        }
        cls.split = Split(cls.folder, {}, 1, sections)
        cls.addClassCleanup(cls.split.put_down)
        cls.split.start()
        cls.info = cls.split.demo.info
        cls.keys = {cls.info["admin"]["operator"]: cls.info["admin"]["key"]}
        printed = subprocess.run(
            [cls.split.demo.program, "openapi", "admin"], capture_output=True, text=True, check=True
        )
        cls.printed = printed.stdout
        cls.document = Document(cls.printed)
        cls.seen: set[str] = set()
        cls.codes = Codes()

    def ask(self, method: str, path: str, body=None, who: str = "demo", port: int = 0):
        """Status and body; each answer is as the document says."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=60)
        self.addCleanup(connection.close)
        headers = {"Authorization": f"Bearer {who}:{self.keys.get(who, '0')}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        text = None if body is None else json.dumps(body)
        connection.request(method, "/admin/v1" + path, text, headers)
        response = connection.getresponse()
        raw = response.read()
        answer = json.loads(raw) if raw else None
        self.check(method.lower(), path, response, answer)
        return response.status, answer

    def check(self, method: str, path: str, response, answer) -> None:
        bare = path.split("?")[0]
        if response.status in (404, 405) and response.getheader("Content-Type") is None:
            return
        if response.status >= 400:
            self.assertEqual(response.getheader("Content-Type"), "application/problem+json")
            self.assertEqual(self.document.faults(answer, {"$ref": "#/components/schemas/Problem"}), [])
            self.assertEqual(answer["status"], response.status)
        for pattern, known, operation in self.document.operations():
            if known != method or not re.fullmatch(re.sub(r"{\w+}", "[^/]+", pattern), bare):
                continue
            said = operation["responses"].get(str(response.status))
            self.assertIsNotNone(said, f"{method} {bare}: {response.status} {answer}")
            if response.status < 300:
                self.seen.add(operation["operationId"])
                content = said.get("content")
                if content is None:
                    self.assertIsNone(answer)
                else:
                    schema = content["application/json"]["schema"]
                    self.assertEqual(self.document.faults(answer, schema, f"{method} {bare}"), [])
            return
        self.assertEqual(response.status, 404, bare)

    def make(self, path: str, body: dict, who: str = "demo") -> dict:
        status, answer = self.ask("POST", path, body, who)
        self.assertEqual(status, 201, answer)
        return answer

    def make_operator(self, name: str, role: str, who: str = "demo") -> None:
        self.keys[name] = self.make("/operators", {"name": name, "role": role}, who)["key"]

    def cli(self, *arguments: str, who: str = "demo") -> subprocess.CompletedProcess:
        return subprocess.run(
            [self.split.demo.program, "admin", *arguments, "--json", "--operator", who]
            + ["--config", str(self.folder / "huitong.toml")],
            env={**os.environ, "HUITONG_OPERATOR_KEY": self.keys[who]},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def till(self) -> Till:
        till = Till(self.split.gateway_url)
        self.addCleanup(till.close)
        terminal = self.split.terminals[0]
        till.sn, till.key = terminal["terminal_sn"], terminal["terminal_key"]
        return till

    def pay_into_review(self, client_sn: str, amount: int) -> str:
        """What brings a payment there takes half an hour; this row is changed by hand."""
        sn = self.till().pay(client_sn, self.codes(), amount).sn
        with sqlite3.connect(self.split.demo.data / "huitong.db", timeout=30) as database:
            changed = database.execute(
                "update payment set state = 'manual_review', review_reason = 'by hand', version = version + 1"
                " where client_sn = ?",
                (client_sn,),
            )
            self.assertEqual(changed.rowcount, 1)
        database.close()
        return sn

    def test_the_document_is_the_committed_one(self):
        self.assertEqual(self.printed, (ROOT / "docs" / "openapi" / "admin.json").read_text())

    def test_it_has_a_port_of_its_own(self):
        status, me = self.ask("GET", "/me")
        self.assertEqual((status, me["name"], me["role"]), (200, "demo", "operator"))
        gateway = int(self.split.gateway_url.rsplit(":", 1)[1])
        connection = http.client.HTTPConnection("127.0.0.1", gateway, timeout=30)
        self.addCleanup(connection.close)
        headers = {"Authorization": f"Bearer demo:{self.keys['demo']}"}
        connection.request("GET", "/admin/v1/me", headers=headers)
        self.assertEqual(connection.getresponse().status, 404)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.addCleanup(connection.close)
        connection.request("POST", "/upay/v2/pay", "{}", {"Content-Type": "application/json"})
        self.assertEqual(connection.getresponse().status, 404)

    def test_what_is_made_over_the_api_is_paid_through(self):
        vendor = self.make("/vendors", {"name": "API tills"})
        app = self.make("/apps", {"name": "till", "vendor_sn": vendor["vendor_sn"]})
        merchant = self.make("/merchants", {"name": "面包店"})
        whose = {"merchant_sn": merchant["merchant_sn"]}
        store = self.make("/stores", {"name": "Main Street", **whose})
        code = self.make("/activation-codes", {"store_sn": store["store_sn"], "uses": 2})
        wechat = self.info["wechat"]
        account = self.make(
            "/channel-accounts",
            {
                "id": "wx-api",
                "channel": "wechat",
                "app_id": wechat["appid"],
                "mch_id": wechat["mch_id"],
                "api_key": wechat["api_key"],
                "base_url": wechat["base_url"],
                **whose,
            },
        )
        self.assertEqual(account["secrets"]["api_key"], "set")
        self.assertNotIn(wechat["api_key"], json.dumps(self.ask("GET", "/channel-accounts/wx-api")[1]))
        till = Till(self.split.gateway_url)
        self.addCleanup(till.close)
        activated = till.activate(vendor["vendor_sn"], vendor["vendor_key"], app["app_id"], code["code"])
        self.assertEqual(activated.outer, "200")
        self.assertEqual(till.pay("api-1", self.codes(), 700).order_status, "PAID")

        self.ask("PATCH", f"/limits/terminal/{till.sn}", {"per_payment": {"minor": 5, "currency": "CNY"}})
        self.assertNotEqual(till.pay("api-2", self.codes(), 6).order_status, "PAID")
        self.assertEqual(self.ask("GET", f"/limits/terminal/{till.sn}")[0], 200)
        self.assertEqual(self.ask("DELETE", f"/limits/terminal/{till.sn}"), (204, None))
        status, found = self.ask("GET", f"/payments?client_sn=api-1&merchant_sn={whose['merchant_sn']}")
        self.assertEqual((status, len(found["items"])), (200, 1))
        sn = found["items"][0]["sn"]
        dossier = self.ask("GET", f"/payments/{sn}")[1]
        self.assertTrue(any(row["exchange"] for row in dossier["timeline"]))
        self.assertNotIn(wechat["api_key"], json.dumps(dossier))

        for path in (
            f"/vendors/{vendor['vendor_sn']}",
            f"/apps/{app['app_id']}",
            f"/merchants/{merchant['merchant_sn']}",
            f"/stores/{store['store_sn']}",
            f"/terminals/{till.sn}",
            "/channel-accounts/wx-api",
        ):
            self.assertFalse(self.ask("PATCH", path, {"is_active": False})[1]["is_active"], path)
            self.assertFalse(self.ask("GET", path)[1]["is_active"], path)
        self.assertEqual(self.ask("GET", f"/activation-codes/{code['code']}")[1]["uses_left"], 1)
        self.assertEqual(self.ask("POST", f"/activation-codes/{code['code']}/end")[0], 200)

    def test_the_command_line_and_the_api_obey_one_rule(self):
        self.make_operator("bob", "approver")
        sn = self.pay_into_review("rule-1", 501)
        done = self.cli("payment", "decide", sn, "--to", "paid", "--reason", "in the statement")
        self.assertEqual(done.returncode, 0, done.stderr)
        proposal = json.loads(done.stdout)["waits_for_a_second_person"]
        self.assertEqual(self.ask("GET", f"/payments/{sn}")[1]["payment"]["state"], "manual_review")
        self.assertEqual([each["id"] for each in self.ask("GET", "/proposals")[1]["items"]], [proposal])
        refused = self.cli("proposal", "confirm", proposal)
        self.assertEqual((refused.returncode, "approver_needed" in refused.stderr), (1, True))
        rejected = self.ask("POST", f"/proposals/{proposal}/reject", {"reason": "look again"}, "bob")
        self.assertEqual((rejected[0], rejected[1]["state"]), (200, "rejected"))
        decision = {"verdict": "paid", "reason": "in the statement of today too"}
        status, decided = self.ask("POST", f"/payments/{sn}/decision", decision)
        self.assertEqual((status, decided["is_done"]), (200, False))
        proposal = decided["proposal"]["id"]
        self.assertEqual(self.ask("GET", f"/proposals/{proposal}")[1]["state"], "proposed")
        self.assertEqual(self.ask("POST", f"/proposals/{proposal}/withdraw")[1]["state"], "withdrawn")
        proposal = self.ask("POST", f"/payments/{sn}/decision", decision)[1]["proposal"]["id"]
        confirmed = self.cli("proposal", "confirm", proposal, who="bob")
        self.assertEqual(confirmed.returncode, 0, confirmed.stderr)
        self.assertEqual(self.ask("GET", f"/payments/{sn}")[1]["payment"]["state"], "paid")

        small = self.pay_into_review("rule-2", 500)
        status, decided = self.ask("POST", f"/payments/{small}/decision", decision)
        self.assertEqual((status, decided["is_done"], decided["payment"]["state"]), (200, True, "paid"))
        great = self.pay_into_review("rule-3", 501)
        proposal = self.ask("POST", f"/payments/{great}/decision", decision)[1]["proposal"]["id"]
        self.assertEqual(self.ask("POST", f"/proposals/{proposal}/confirm", who="bob")[0], 200)
        unknown = {"verdict": "again", "reason": "r"}
        self.assertEqual(self.ask("POST", f"/payments/{great}/refunds/r1/decision", unknown)[0], 404)

    def test_an_auditor_sees_no_exchange_on_either_way(self):
        self.make_operator("ann", "auditor")
        sn = self.till().pay("seen-1", self.codes(), 100).sn
        mine = json.loads(self.cli("payment", "show", sn).stdout)
        others = json.loads(self.cli("payment", "show", sn, who="ann").stdout)
        self.assertTrue(any("exchange" in row for row in mine["timeline"]))
        self.assertFalse(any("exchange" in row for row in others["timeline"]))
        rows = self.ask("GET", f"/payments/{sn}", who="ann")[1]["timeline"]
        self.assertFalse(any(row["exchange"] for row in rows))
        status, problem = self.ask("POST", "/merchants", {"name": "Nobody's"}, "ann")
        self.assertEqual((status, problem["code"]), (403, "may_only_read"))

    def test_alerts_and_books(self):
        with sqlite3.connect(self.split.demo.data / "huitong.db", timeout=30) as database:
            database.execute(
                "insert into alert values ('api-1', 1772683200000000, 'channel_down', 'wx-main', null,"
                " null, 0, 1772683200000000, '', null)"
            )
        database.close()
        self.assertIn("api-1", [each["id"] for each in self.ask("GET", "/alerts")[1]["items"]])
        self.assertEqual(self.ask("POST", "/alerts/api-1/acknowledge"), (204, None))
        self.assertEqual(self.ask("POST", "/alerts/api-1/acknowledge")[1]["code"], "no_alert")
        self.assertTrue(self.ask("GET", "/audit/verification")[1]["is_whole"])
        self.assertTrue(self.ask("GET", "/ledger/verification")[1]["is_whole"])
        acts = [row["act"] for row in self.ask("GET", "/audit?limit=1000")[1]["items"]]
        self.assertIn("alert.acknowledge", acts)

    def test_zz_whatever_can_be_read_was_read(self):
        """The last: lists that no other test asks for, and the tally of all that answered as said."""
        for path, method, operation in self.document.operations():
            if method == "get" and "{" not in path:
                self.assertEqual(self.ask("GET", path)[0], 200, path)
        self.ask("GET", "/operators/demo")
        self.ask("PATCH", "/operators/demo", {"is_active": True})
        every = {operation["operationId"] for *_, operation in self.document.operations()}
        # No refund of this merchant's is in review here.
        self.assertEqual(every - self.seen, {"decideRefund"})


if __name__ == "__main__":
    unittest.main()
