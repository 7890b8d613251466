"""The gateway's books as they lie in its store, read without any code of the gateway: the auditor's own eyes.
"""

import contextlib
import datetime
import pathlib
import sqlite3


GROSS = "case kind when 'payment' then amount_minor else -amount_minor end"


class Books:
    def __init__(self, database: pathlib.Path):
        self._database = database

    def _rows(self, query: str) -> list[dict]:
        connection = sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, timeout=30)
        with contextlib.closing(connection) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(query)]

    # What a payer paid (+) or got back (-): between receivable and payable, in either direction. Fees are
    # other postings, see `fees`.
    GROSS = (
        "case when debit like 'channel_receivable:%' and credit like 'merchant_payable:%' then amount_minor"
        " when debit like 'merchant_payable:%' and credit like 'channel_receivable:%' then -amount_minor"
        " else 0 end"
    )

    def payments(self) -> list[dict]:
        """With `posted`: what the ledger holds of each, less what was reversed or refunded."""
        posted = f"select shard, id, sum({self.GROSS}) as posted from posting group by shard, id"
        rows = self._rows(
            "select client_sn, channel_number, state, amount_minor as amount, refunded_minor as refunded,"
            " created_at, coalesce(posted, 0) as posted"
            f" from payment left join ({posted}) as postings using (shard, id)"
        )
        for row in rows:
            seconds = row["created_at"] / 1e6
            row["created_at"] = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
        return rows

    def count_unresolved(self) -> int:
        """Payments and refunds that are neither final nor given to a person."""
        payments = "select 1 from payment where state in ('created', 'pending', 'reversing')"
        refunds = "select 1 from operation where kind = 'refund' and state in ('prepared', 'sent', 'unknown')"
        return self._rows(f"select count(*) as n from ({payments} union all {refunds}) as open")[0]["n"]

    def net_fen(self) -> int:
        """What payers paid and did not get back, before any fee."""
        return self._rows(f"select coalesce(sum({self.GROSS}), 0) as net from posting")[0]["net"]

    def fees(self) -> dict:
        """What the platform earned and what the channels kept, in fen."""
        income, kept = "fee_income:%", "channel_fee:%"
        row = self._rows(
            f"select coalesce(sum(case when credit like '{income}' then amount_minor"
            f" when debit like '{income}' then -amount_minor else 0 end), 0) as income,"
            f" coalesce(sum(case when debit like '{kept}' then amount_minor"
            f" when credit like '{kept}' then -amount_minor else 0 end), 0) as kept from posting"
        )
        return row[0]
