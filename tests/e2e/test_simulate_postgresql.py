"""Simulated days whose store is a PostgreSQL server: the same people, faults and auditor as on the simulated
disk of a file (docs/proof.md), with connections cut instead of power failures.
"""

import json
import subprocess
import unittest

from postgresql import Postgresql
from processes import binary

DAYS = 8


class Days(unittest.TestCase):
    def test_days_on_a_server(self):
        server = Postgresql()
        self.addCleanup(server.stop)
        done = subprocess.run(
            [binary(), "simulate", "--seeds", f"1..{DAYS}", "--server", server.url("postgres"), "--json"],
            capture_output=True,
            text=True,
            timeout=280,
        )
        self.assertTrue(done.stdout, done.stderr)
        result = json.loads(done.stdout)
        self.assertEqual(result["failed"], [])
        self.assertEqual(done.returncode, 0, done.stderr)
        counts = result["counts"]
        self.assertEqual(result["seeds"], DAYS)
        self.assertGreaterEqual(counts["payments"], 100 * DAYS)
        for kind in ("crashes", "fault connection_cut", "fault commit_unknown", "fault commit_failed"):
            self.assertGreater(counts[kind], DAYS // 2, kind)
        self.assertGreater(counts["fault restore"], 0)
        left = server.ask("select datname from pg_database where datname like 'huitong%'")
        self.assertEqual(left, "", "each day drops its database")
        kinds = ("payments", "crashes", "fault restore", "fault connection_cut", "fault commit_unknown")
        print({kind: counts[kind] for kind in kinds}, flush=True)


if __name__ == "__main__":
    unittest.main()
