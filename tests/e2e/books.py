"""The gateway's books as they lie in its store, read without any code of the gateway: the auditor's own eyes.
"""

import contextlib
import datetime
import pathlib
import sqlite3


class Books:
    def __init__(self, database: pathlib.Path):
        self._database = database

    def _rows(self, query: str) -> list[dict]:
        connection = sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, timeout=30)
        with contextlib.closing(connection) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(query)]

    def payments(self) -> list[dict]:
        """With `posted`: Σ payments − Σ reversals of each in the ledger."""
        sign = "case kind when 'payment' then 1 when 'reversal' then -1 end"
        posted = f"select shard, id, sum({sign} * amount_minor) as posted from posting group by shard, id"
        rows = self._rows(
            "select client_sn, channel_number, state, amount_minor as amount, created_at,"
            f" coalesce(posted, 0) as posted from payment left join ({posted}) using (shard, id)"
        )
        for row in rows:
            seconds = row["created_at"] / 1e6
            row["created_at"] = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
        return rows

    def count_unresolved(self) -> int:
        """Payments that are neither final nor given to a person."""
        states = "('created', 'pending', 'reversing')"
        return self._rows(f"select count(*) as n from payment where state in {states}")[0]["n"]

    def net_fen(self) -> int:
        """What the channel owes: Σ debits − Σ credits of the receivable accounts."""
        owed = "case when debit like 'channel_receivable:%' then amount_minor else 0 end"
        paid = "case when credit like 'channel_receivable:%' then amount_minor else 0 end"
        return self._rows(f"select coalesce(sum({owed} - {paid}), 0) as net from posting")[0]["net"]
