"""Each check finds its bad sample and leaves the good one alone: a check that cannot fail is a decoration."""

import json
import pathlib
import shutil
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import banned
import documents
import format as formatting
import headers
import invariants
import layers
import mutate
import sizes
import test_totals
import third_party
from tree import Tree, blank_comments_and_strings

LIBRARIES = """
huitong_library(core LINKS fmt::fmt)
huitong_library(task USES core LINKS Boost::headers)   # a comment (with brackets)
huitong_library(net USES core task)
huitong_library(payments USES core)
huitong_library(ports USES core payments)
huitong_library(flows USES core task payments ports)
huitong_library(channels/wechat USES core net)
huitong_library(channels/alipay USES core net)
"""


class CheckTest(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="huitong-checks-"))
        self.addCleanup(shutil.rmtree, self.root)

    def run_check(self, check, files, build_dir=None):
        for path, text in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text, encoding="utf-8")
        return check.check(Tree(self.root, build_dir))

    def assert_finds(self, check, files, path, line, part):
        found = [str(finding) for finding in self.run_check(check, files)]
        self.assertTrue(
            any(text.startswith(f"{path}:{line}: ") and part in text for text in found),
            f"wanted {path}:{line} …{part}…, found {found}",
        )

    def assert_clean(self, check, files):
        self.assertEqual([str(finding) for finding in self.run_check(check, files)], [])


class Layers(CheckTest):
    def assert_include(self, path, included, part):
        self.assert_finds(
            layers, {"CMakeLists.txt": LIBRARIES, path: f'// first\n#include "{included}"\n'}, path, 2, part
        )

    def test_named_and_own_libraries_may_be_included(self):
        self.assert_clean(
            layers,
            {
                "CMakeLists.txt": LIBRARIES,
                "src/flows/pay.cpp": '#include "flows/pay.hpp"\n#include "core/money.hpp"\n'
                "#include <vector>\n"
                '// #include "store/x.hpp"\n',
            },
        )

    def test_a_library_reached_only_through_another_must_be_named(self):
        self.assert_include("src/ports/store.hpp", "task/time.hpp", "does not name task")

    def test_tests_obey_too(self):
        self.assert_include("src/payments/state_test.cpp", "ports/store.hpp", "does not name ports")

    def test_unknown_folder_and_bare_file_name(self):
        self.assert_include("src/core/a.cpp", "nowhere/x.hpp", "names no library")
        self.assert_include("src/core/b.cpp", "money.hpp", "names no library")

    def test_folder_without_library(self):
        self.assert_finds(
            layers, {"CMakeLists.txt": LIBRARIES, "src/utils/x.hpp": ""}, "src/utils/x.hpp", 1, "no library"
        )

    def test_forbidden_edge_is_found_even_when_named(self):
        text = LIBRARIES.replace("flows USES core", "flows USES core net")
        self.assert_finds(layers, {"CMakeLists.txt": text}, "CMakeLists.txt", 7, "flows must not use net")
        self.assert_finds(
            layers,
            {"src/flows/pay.cpp": '#include "net/x.hpp"\n'},
            "src/flows/pay.cpp",
            1,
            "must not include",
        )

    def test_forbidden_edge_is_found_behind_another_library(self):
        text = LIBRARIES.replace("ports USES core payments", "ports USES core payments net")
        self.assert_finds(layers, {"CMakeLists.txt": text}, "CMakeLists.txt", 7, "through another")

    def test_every_forbidden_edge_of_the_design(self):
        edges = [
            ("flows", "store"),
            ("flows", "channels/card"),
            ("flows", "net"),
            ("flows", "sql"),
            ("api/upay", "store"),
            ("api/umf", "channels/wechat"),
            ("payments", "task"),
            ("payments", "net"),
            ("payments", "sql"),
            ("ledger", "task"),
            ("ledger", "net"),
            ("ledger", "sql"),
            ("sim", "channels/wechat"),
            ("sim", "payments"),
            ("channels/alipay", "channels/wechat"),
            ("auditor", "ledger"),
            ("auditor", "store"),
            ("auditor", "sim"),
        ]
        for user, used in edges:
            self.assertIsNotNone(layers.forbidden_reason(user, used), f"{user} -> {used}")
        for user, used in [
            ("app", "store"),
            ("store", "sql"),
            ("api/upay", "flows"),
            ("channels/wechat", "channels/wechat"),
        ]:
            self.assertIsNone(layers.forbidden_reason(user, used), f"{user} -> {used}")

    def test_use_before_declaration(self):
        text = "huitong_library(core USES task)\nhuitong_library(task)\n"
        self.assert_finds(layers, {"CMakeLists.txt": text}, "CMakeLists.txt", 1, "not declared before")


class ThirdParty(CheckTest):
    def test_each_fence(self):
        for path, header in [
            ("src/store/a.cpp", "sqlite3.h"),
            ("src/store/b.cpp", "libpq-fe.h"),
            ("src/net/message.hpp", "boost/beast/core.hpp"),
            ("src/api/upay/a.cpp", "boost/beast.hpp"),
            ("src/codec/json.hpp", "boost/json.hpp"),
            ("src/sim/a.cpp", "pugixml.hpp"),
            ("src/sim/b.cpp", "openssl/evp.h"),
            ("src/net/tls.hpp", "openssl/ssl.h"),
            ("src/flows/a.cpp", "spdlog/spdlog.h"),
            ("src/core/a.cpp", "CLI/CLI.hpp"),
            ("src/core/b.cpp", "toml++/toml.h"),
            ("src/net/a.cpp", "boost/asio.hpp"),
            ("src/net/b.hpp", "boost/asio/ssl.hpp"),
            ("src/core/fake.hpp", "gtest/gtest.h"),
        ]:
            self.assert_finds(third_party, {path: f"#include <{header}>\n"}, path, 1, header)

    def test_where_they_belong(self):
        self.assert_clean(
            third_party,
            {
                "src/sql/a.cpp": "#include <sqlite3.h>\n#include <libpq-fe.h>\n",
                "src/net/a.cpp": "#include <boost/beast/http.hpp>\n#include <openssl/ssl.h>\n"
                "#include <boost/asio/post.hpp>\n",
                "src/codec/a.cpp": "#include <boost/json.hpp>\n#include <pugixml.hpp>\n",
                "src/crypto/a.hpp": "#include <openssl/evp.h>\n",
                "src/core/a_test.cpp": "#include <gtest/gtest.h>\n",
                "src/app/a.cpp": "#include <spdlog/spdlog.h>\n#include <CLI/CLI.hpp>\n"
                "#include <toml++/toml.h>\n",
                "bench/a.cpp": "#include <benchmark/benchmark.h>\n",
            },
        )


class Sizes(CheckTest):
    def test_long_file(self):
        self.assert_finds(sizes, {"src/core/a.cpp": "//\n" * 501}, "src/core/a.cpp", 501, "at most 500")
        self.assert_clean(sizes, {"src/core/a.cpp": "//\n" * 500, "src/core/a_test.cpp": "//\n" * 800})
        self.assert_finds(
            sizes, {"src/core/a_test.cpp": "//\n" * 801}, "src/core/a_test.cpp", 801, "at most 800"
        )

    def test_long_line(self):
        self.assert_finds(sizes, {"tools/x.py": "\n#" + "x" * 110 + "\n"}, "tools/x.py", 2, "111 columns")
        self.assert_clean(sizes, {"tools/x.py": "#" + "汇" * 109 + "\n"})

    def test_long_function_in_each_shape(self):
        body = "    f();\n" * 58
        for head in [
            "void f() {\n",
            "namespace a {\nclass B {\n  public:\n    int f() const noexcept {\n",
            "template <class T>\nA::A(int x) : a_{x}, b_(x) {\n",
            "TEST(Suite, Name) {\n",
            "A::A(int x)\n    : a_{x},\n      b_{2} {\n",
            "auto f() -> Result<int> {\n",
            "constexpr auto f = [](int x) {\n",
            "struct S {\n    int a{1};\n    void f(S s = {}) {\n",
        ]:
            for extra, wanted in (("", 0), ("    f();\n", 1)):
                closing = "};" if "= [](" in head else "}"
                text = (
                    head
                    + body
                    + extra
                    + closing
                    + "\n"
                    + "};\n" * (head.count("class B") + head.count("struct S {"))
                )
                text += "}\n" * head.count("namespace")
                found = self.run_check(sizes, {"src/core/a.cpp": text})
                self.assertEqual(len(found), wanted, f"{head!r} {found}")

    def test_what_is_no_function_may_be_long(self):
        rows = "    {f(1), 2},\n" * 100
        self.assert_clean(
            sizes,
            {
                "src/core/a.cpp": f"namespace a {{\nconstexpr Row rows[] = {{\n{rows}}};\n}}\n",
                "src/core/b.cpp": "enum class X {\n" + "    a,\n" * 100 + "};\n",
                "src/core/c.cpp": "class X {\n" + "    int f() { return 1; }\n" * 100 + "};\n",
                "src/core/d.cpp": "const char* x = \"{\";\nchar c = '{';\n" + "int f();\n" * 90,
            },
        )


class Banned(CheckTest):
    def test_each_ban(self):
        for path, code in [
            ("src/net/a.cpp", "auto t = std::chrono::system_clock::now();"),
            ("src/core/time_test.cpp", "auto t = std::chrono::system_clock::now();"),
            ("src/net/a.cpp", "auto t = std::chrono::steady_clock::now();"),
            ("src/sim/a.cpp", "int x = rand();"),
            ("src/sim/a.cpp", "std::srand (1);"),
            ("src/sim/a.cpp", "std::random_device d;"),
            ("src/sim/a.cpp", "time(nullptr);"),
            ("src/codec/a.cpp", "int x = std::stoi(text);"),
            ("src/codec/a.cpp", "atol(text);"),
            ("src/codec/a.cpp", "stod(text);"),
            ("src/net/a.cpp", "co_spawn(io, f(), asio::detached);"),
            ("src/store/a.cpp", "std::this_thread::sleep_for(1s);"),
            ("src/ledger/a.cpp", "double rate = 1;"),
            ("src/channels/wechat/a.cpp", "float x;"),
            ("src/app/a.cpp", "// TO" "DO later"),
            ("docs/a.md", "FIX" "ME"),
        ]:
            self.assert_finds(banned, {path: "\n" + code + "\n"}, path, 2, "")
            (self.root / path).unlink()

    def test_words_in_comments_strings_and_elsewhere(self):
        self.assert_clean(
            banned,
            {
                "src/core/time.cpp": "return std::chrono::system_clock::now();\n",
                "src/ledger/a.cpp": "// double entry, rand() and stoi()\n"
                'auto s = "detached double"; /* float */\n'
                'auto r = R"x(rand() ")x";\nint a = 1\'000; strand(a); operand(a); run_time(0);\n',
                "src/task/a.cpp": "co_await time.sleep_for(1s);\nauto t = clock.now();\n",
                "src/sim/load.cpp": "double seconds = 1;\n",
                "src/store/a_test.cpp": "double share = 0.5;\n",
            },
        )

    def test_the_exception_is_one_call_in_one_file(self):
        self.assert_finds(
            banned, {"src/core/time.cpp": "steady_clock::now();\n"}, "src/core/time.cpp", 1, "steady_clock"
        )


class Documents(CheckTest):
    def test_broken_links(self):
        self.assert_finds(
            documents, {"README.md": "see\n[x](docs/none.md#a)\n"}, "README.md", 2, "docs/none.md"
        )
        self.assert_finds(documents, {"docs/a.md": "[x](../../outside.md)\n"}, "docs/a.md", 1, "outside")
        self.assert_finds(documents, {"docs/a.md": "in `src/core/none.cpp`\n"}, "docs/a.md", 1, "none.cpp")

    def test_good_links(self):
        self.assert_clean(
            documents,
            {
                "docs/b.md": "x\n",
                "src/core/a.cpp": "",
                "docs/a.md": "[x](b.md#part) [y](https://example.com/x.md) [z](#here) "
                "`src/core/a.cpp` `src/*/x`\n"
                "```\n[no](link.md)\n```\n",
            },
        )

    def test_places_of_one_machine_and_registries(self):
        for text in [
            "/wo" "rk/main",
            '"/ho' 'me/me/x"',
            "cd /ro" "ot/x",
            "sha" "red/spec/a.md",
            "http://deb.deb" "ian.org",
            "registry.np" "mjs.org",
            "https://py" "pi.org/simple",
            "proxy.go" "lang.org",
        ]:
            self.assert_finds(documents, {"tools/a.sh": "# ok\n" + text + "\n"}, "tools/a.sh", 2, ":")

    def test_harmless_places(self):
        self.assert_clean(
            documents,
            {
                "src/a.cpp": "shared_ptr<int> x; // https://example.com/home/ spec/upay §5.1 /usr/bin\n"
                "// api.mch.weixin.qq.com openapi.alipay.com\n"
            },
        )


class Invariants(CheckTest):
    FILES = {
        "CMakeLists.txt": "huitong_library(channels/wechat)\n",
        "src/channels/wechat/wire_test.cpp": "TEST_F(Wire, Holds) {}\n// TEST(Wire, Gone) {}\n"
        "TEST(Wire, DISABLED_Off) {}\n",
        "tests/e2e/test_pay.py": "class Pay:\n    def test_once(self):\n        pass\n",
    }

    def assert_name(self, name, part):
        self.assert_finds(
            invariants,
            {**self.FILES, "docs/invariants.md": f"\n| x | `{name}` |\n"},
            "docs/invariants.md",
            2,
            part,
        )

    def test_missing(self):
        self.assert_name("test_channels_wechat: Wire.Gone", "no such test")
        self.assert_name("test_channels_wechat: Wire.Off", "no such test")
        self.assert_name("test_channels_wechat: Wire", "not Suite.Name")
        self.assert_name("test_nowhere: Wire.Holds", "no test program")
        self.assert_name("tests/e2e/test_pay.py::test_twice", "no test_twice")
        self.assert_name("tests/e2e/test_none.py::test_once", "no such file")

    def test_present(self):
        self.assert_clean(
            invariants,
            {
                **self.FILES,
                "docs/invariants.md": "`test_channels_wechat: Wire.Holds` "
                "`tests/e2e/test_pay.py::Pay::test_once`\n",
            },
        )


@unittest.skipUnless(shutil.which("clang++-19") and shutil.which(formatting.FORMATTER), "needs clang 19")
class WithCompiler(CheckTest):
    def check_headers(self, files):
        build = self.root / "build"
        build.mkdir(exist_ok=True)
        entry = {
            "file": str(self.root / "src/core/a.cpp"),
            "directory": str(build),
            "command": f"/usr/bin/ccache clang++-19 -I{self.root}/src -std=c++23 -Wall -Werror "
            f"-o a.o -c {self.root}/src/core/a.cpp",
        }
        (build / "compile_commands.json").write_text(json.dumps([entry]))
        return [str(finding) for finding in self.run_check(headers, files, build)]

    def test_header_that_needs_another_first(self):
        good = {
            "src/core/good.hpp": "#pragma once\n#include <string>\n"
            '#include "core/inner.hpp"\nstd::string f(Inner);\n',
            "src/core/inner.hpp": "#pragma once\nstruct Inner {};\n",
        }
        self.assertEqual(self.check_headers(good), [])
        found = self.check_headers({"src/core/bad.hpp": "#pragma once\nstd::string f();\n"})
        self.assertEqual(len(found), 1)
        self.assertIn("src/core/bad.hpp:1: [headers]", found[0])

    def test_remembered_until_something_below_changes(self):
        files = {
            "src/core/outer.hpp": '#pragma once\n#include "core/inner.hpp"\nInner f();\n',
            "src/core/inner.hpp": "#pragma once\nstruct Inner {};\n",
        }
        self.assertEqual(self.check_headers(files), [])
        found = self.check_headers({"src/core/inner.hpp": "#pragma once\nstruct Other {};\n"})
        self.assertEqual([text.split(":")[0] for text in found], ["src/core/outer.hpp"])

    def test_build_shows_what_a_file_includes_first(self):
        broken = "#pragma once\nstd::string f();\n"
        files = {
            "src/core/a.cpp": '#include "core/first.hpp"\n#include "core/second.hpp"\n',
            "src/core/b.cpp": '#include "core/third.hpp"\n',  # not in the build
            **{f"src/core/{name}.hpp": broken for name in ("first", "second", "third")},
        }
        found = self.check_headers(files)
        self.assertEqual(
            [text.split(":")[0] for text in found], ["src/core/second.hpp", "src/core/third.hpp"]
        )

    def test_format(self):
        files = {
            ".clang-format": "BasedOnStyle: Google\n",
            "src/core/a.cpp": "int  f( );\n",
            "src/core/b.cpp": "int f();\n",
        }
        self.assertEqual([finding.path for finding in self.run_check(formatting, files)], ["src/core/a.cpp"])
        formatting.fix(Tree(self.root))
        self.assertEqual(self.run_check(formatting, {}), [])


class Helpers(unittest.TestCase):
    def test_blanking_keeps_length_lines_and_includes(self):
        text = (
            '#include "a/b.hpp" // c\nauto s = "a\\"b"; // rest "\n'
            "auto c = '\"'; int n = 1'000'000; /* x\ny */ int z;\n"
        )
        code = blank_comments_and_strings(text)
        self.assertEqual(len(code), len(text))
        self.assertEqual(code.count("\n"), text.count("\n"))
        self.assertIn('#include "a/b.hpp"', code)
        for gone in ("rest", "a\\", "x\n", "// c"):
            self.assertNotIn(gone, code)
        for kept in ("1'000'000", "int z;", "auto c ="):
            self.assertIn(kept, code)

    def test_totals(self):
        log = (
            "[  PASSED  ] 7 tests.\n[  SKIPPED ] 2 tests, listed below:\n[  PASSED  ] 1 test.\n"
            "[  FAILED  ] 3 tests, listed below:\n"
            "Ran 5 tests in 0.1s\n\nFAILED (failures=1, errors=1, skipped=1)\nRan 2 tests in 0s\n\nOK\n"
            "# tests 12\n# pass 11\n# fail 1\nfuzz json: 28 inputs of the corpus, 100 runs, nothing found\n"
        )
        self.assertEqual(test_totals.totals(log), (7 + 1 + 7 - 3 + 11 + 28, 3 + 2 + 1, 2 + 1))


class Mutations(CheckTest):
    def test_names_and_the_libraries_they_stand_in(self):
        for path, text in {
            "src/flows/pay.cpp": 'if (HUITONG_MUTATED("b_late") || x) a(HUITONG_MUTATED("a_soon"));',
            "src/channels/wechat/parse.cpp": 'HUITONG_MUTATED("b_late")',
            "src/core/mutation.hpp": '// HUITONG_MUTATED("name") stands where …',
        }.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text, encoding="utf-8")
        names = mutate.find_names(self.root)
        self.assertEqual(names, {"a_soon": ["flows"], "b_late": ["channels/wechat", "flows"]})
        self.assertEqual(mutate.tests_of("x", ["channels/wechat"]), ["test_channels_wechat"])

    def judge(self, code, out="", err=""):
        return mutate.judge_seeds(mutate.Run(code, out, err)).killed_by

    def test_only_a_finding_or_a_death_of_the_simulation_proves_anything(self):
        found = json.dumps({"seeds": 1, "failed": [{"seed": 7, "rule": "paid_twice", "text": ""}]})
        clean = json.dumps({"seeds": 200, "failed": []})
        self.assertEqual(self.judge(3, found), "seed 7: paid_twice")
        self.assertEqual(self.judge(-6, "", "one\nassertion"), "died: assertion")
        died = json.dumps({"seeds": 1, "failed": [{"seed": 3, "rule": "died", "text": "by signal 6"}]})
        self.assertEqual(self.judge(3, died, "one\nassertion"), "seed 3: died: assertion")
        self.assertEqual(self.judge(3, died), "seed 3: died: by signal 6")
        for code, out in ((0, clean), (None, ""), (1, ""), (2, "usage"), (3, clean), (0, "[1]")):
            self.assertIsNone(self.judge(code, out), (code, out))

    def test_a_unit_test_that_fails_or_dies_is_named(self):
        failing = "[ RUN      ] A.B\n[  FAILED  ] A.B (3 ms)\n"
        dying = "[ RUN      ] A.B\n[       OK ] A.B (0 ms)\n[ RUN      ] A.C\n"
        cases = {(1, failing): "t: A.B", (-6, dying): "t: A.C (died)", (0, dying): None, (127, ""): None}
        for (code, out), noticed in cases.items():
            self.assertEqual(mutate.judge_test("t", mutate.Run(code, out, "")).killed_by, noticed)


if __name__ == "__main__":
    unittest.main()
