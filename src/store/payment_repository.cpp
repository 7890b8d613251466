// Payments, operations, postings and timeline as rows. A new payment costs two rows; an outcome four.
#include <algorithm>

#include "core/assert.hpp"
#include "core/mutation.hpp"
#include "store/columns.hpp"
#include "store/exchange_codec.hpp"
#include "store/payment_rows.hpp"
#include "store/tx.hpp"

namespace huitong::store {

namespace {

using core::PaymentSn;
using payments::Aggregate;
using payments::Operation;
using payments::Payment;

constexpr int most_rows_per_version = 16;

struct PaymentSql {
    ColumnNames columns;  // without shard
    ColumnNames changing;
    std::string insert;
    std::string select;
    std::string update;
};

const PaymentSql& payment_sql() {
    static const PaymentSql sql = [] {
        NameVisitor fixed;
        NameVisitor changing;
        const Payment any;
        visit_fixed(any, fixed);
        visit_changing(any, changing);
        PaymentSql made{
            .columns = fixed.take(), .changing = changing.take(), .insert{}, .select{}, .update{}};
        made.columns.insert(made.columns.end(), made.changing.begin(), made.changing.end());
        ColumnNames all = made.columns;
        all.insert(all.begin(), "shard");
        made.insert = insert_sql("payment", all);
        made.select = select_sql("payment", made.columns);
        made.update = update_sql("payment", made.changing, {"shard", "id", "version"});
        if (HUITONG_MUTATED("version_not_compared")) made.update.replace(made.update.rfind('='), 1, ">=");
        return made;
    }();
    return sql;
}

struct OperationSql {
    std::size_t columns = 0;
    std::string insert;
    std::string select;
    std::string update;
};

const OperationSql& operation_sql() {
    static const OperationSql sql = [] {
        NameVisitor key;
        NameVisitor changing;
        const Operation any;
        visit_key(any, key);
        visit_changing_operation(any, changing);
        const ColumnNames rest = changing.take();
        ColumnNames all = key.take();
        all.insert(all.end(), rest.begin(), rest.end());
        OperationSql made{.columns = all.size() + 1, .insert{}, .select{}, .update{}};
        made.select = select_sql("operation", all) + "where shard = $1 and id = $2 order by seq";
        all.insert(all.begin(), "shard");
        made.insert = insert_sql("operation", all);
        made.update = update_sql("operation", rest, {"shard", "id", "seq"});
        return made;
    }();
    return sql;
}

const ColumnNames timeline_columns{"shard",     "row_id",  "at",          "seq",
                                   "happening", "finding", "state_after", "exchange"};
const ColumnNames posting_columns{"shard", "id",    "kind",   "ordinal",      "leg",
                                  "at",    "debit", "credit", "amount_minor", "amount_currency"};

std::int64_t shard_value(PaymentSn sn) {
    return sn.shard();
}

sql::Values place_of(PaymentSn sn) {
    return {shard_value(sn), key_of(sn)};
}

Payment read_payment(sql::Row& row) {
    Payment payment;
    ReadVisitor reader(row);
    visit_fixed(payment, reader);
    visit_changing(payment, reader);
    return payment;
}

Operation read_operation(sql::Row& row) {
    Operation operation;
    ReadVisitor reader(row);
    visit_key(operation, reader);
    visit_changing_operation(operation, reader);
    return operation;
}

std::string exchange_row(PaymentSn sn, std::int64_t n) {
    return "timeline/" + sn.text() + "." + std::to_string(n);
}

std::vector<PaymentSn> sns_of(const sql::Rows& rows) {
    std::vector<PaymentSn> sns;
    sns.reserve(rows.size());
    for (const sql::Row& row : rows) sns.push_back(sn_of(std::get<std::int64_t>(row.at(0))));
    return sns;
}

class Payments final : public ports::PaymentRepository {
  public:
    explicit Payments(SqlTx& tx) : tx_(tx) {}

    std::optional<Aggregate> find(PaymentSn sn) override {
        static const std::string find_one = payment_sql().select + "where shard = $1 and id = $2";
        sql::Rows found = tx_.query(find_one, place_of(sn));
        if (found.empty()) return std::nullopt;
        Aggregate aggregate{.payment = read_payment(found.front()), .operations{}};
        for (sql::Row& row : tx_.query(operation_sql().select, place_of(sn))) {
            aggregate.operations.push_back(read_operation(row));
        }
        return aggregate;
    }

    std::optional<PaymentSn> find_by_client_sn(const std::string& merchant_sn,
                                               const std::string& client_sn) override {
        static constexpr std::string_view by_client_sn =
            "select id from payment where shard = $1 and merchant_sn = $2 and client_sn = $3";
        sql::Values values{std::int64_t{core::shard_of(merchant_sn)}, merchant_sn, client_sn};
        if (HUITONG_MUTATED("bound_parameters_swapped")) std::swap(values[1], values[2]);
        const auto rows = tx_.query(by_client_sn, values);
        if (rows.empty()) return std::nullopt;
        return sns_of(rows).front();
    }

    std::optional<PaymentSn> find_by_trade_no(const std::string& merchant_sn,
                                              const std::string& trade_no) override {
        // "trade_no <> ''" is the condition of the index. A channel gives a number once; if it did not, the
        // newest is meant.
        static constexpr std::string_view by_trade_no =
            "select id from payment where shard = $1 and merchant_sn = $2 and trade_no = $3 and trade_no <> "
            "''"
            " order by id desc";
        const auto rows =
            tx_.query(by_trade_no, {std::int64_t{core::shard_of(merchant_sn)}, merchant_sn, trade_no});
        if (rows.empty()) return std::nullopt;
        return sns_of(rows).front();
    }

    std::vector<PaymentSn> find_by_request_no(const std::string& merchant_sn,
                                              const std::string& request_no) override {
        // The newest first, each asked whose it is: as a join, PostgreSQL would begin with all that the
        // merchant ever sold.
        static constexpr std::string_view by_request_no =
            "select distinct o.id from operation o"
            " where o.shard = $1 and o.request_no = $2 and o.request_no <> ''"
            " and (select p.merchant_sn = $3 from payment p where p.shard = $1 and p.id = o.id)"
            " order by o.id desc limit 2";
        return sns_of(
            tx_.query(by_request_no, {std::int64_t{core::shard_of(merchant_sn)}, request_no, merchant_sn}));
    }

    std::vector<PaymentSn> find_due(core::Instant now, std::size_t most) override {
        // SQLite would rather walk over all operations in the order of their ids. A server's index is by
        // shard: every shard by name is one search each, instead of a walk over all that waits.
        static constexpr std::string_view due_in_file =
            "select id, min(next_at) as due from operation indexed by operation_due"
            " where next_at <= $1 and lease_until <= $1 group by id order by due, id limit $2";
        static const std::string due_on_server =
            "select id, min(next_at) as due from operation where shard in (" + every_shard() +
            ") and next_at <= $1 and lease_until <= $1 group by shard, id order by due, id limit $2";
        const bool is_file = tx_.engine() == sql::Engine::sqlite;
        return sns_of(tx_.query(is_file ? due_in_file : std::string_view(due_on_server),
                                {std::int64_t{core::to_us(now)}, static_cast<std::int64_t>(most)}));
    }

    std::vector<PaymentSn> find_left_by_others(const std::string& owner, PaymentSn after,
                                               std::size_t most) override {
        static constexpr std::string_view left =
            "select distinct id from operation where next_at is not null and owner <> '' and owner <> $1"
            " and id > $2 order by id limit $3";
        return sns_of(tx_.query(left, {owner, key_of(after), static_cast<std::int64_t>(most)}));
    }

    std::vector<PaymentSn> list_after(PaymentSn after, std::size_t most) override {
        static constexpr std::string_view next = "select id from payment where id > $1 order by id limit $2";
        return sns_of(tx_.query(next, {key_of(after), static_cast<std::int64_t>(most)}));
    }

    std::vector<payments::TimelineRow> timeline(PaymentSn sn) override {
        static constexpr std::string_view select =
            "select row_id, at, seq, happening, finding, state_after, exchange from timeline"
            " where shard = $1 and row_id >= $2 and row_id < $3 order by row_id";
        const std::int64_t first = key_of(sn) * rows_per_payment;
        std::vector<payments::TimelineRow> timeline;
        for (sql::Row& row : tx_.query(select, {shard_value(sn), first, first + rows_per_payment})) {
            payments::TimelineRow& out = timeline.emplace_back();
            std::optional<core::Secret> exchange;
            std::int64_t row_id = std::get<std::int64_t>(row.at(0));
            ReadVisitor reader(row, RowSeal{&tx_.sealer(), exchange_row(sn, row_id - first)});
            reader("row_id", row_id);
            reader("at", out.at);
            reader("seq", out.seq);
            reader("happening", out.happening);
            reader("finding", out.finding);
            reader("state_after", out.state_after);
            reader("exchange", exchange);
            if (exchange) out.exchange = decode_exchange(exchange->reveal());
        }
        return timeline;
    }

    std::vector<ledger::Entry> entries(PaymentSn sn) override {
        static constexpr std::string_view select =
            "select kind, ordinal, leg, at, debit, credit, amount_minor, amount_currency from posting"
            " where shard = $1 and id = $2 order by at, kind, ordinal, leg";
        std::vector<ledger::Entry> entries;
        for (sql::Row& row : tx_.query(select, place_of(sn))) {
            ledger::Entry entry{.payment = sn, .at{}, .transfers{}};
            ledger::Transfer transfer;
            int leg = 0;
            std::string debit;
            std::string credit;
            ReadVisitor reader(row);
            reader("kind", entry.kind);
            reader("ordinal", entry.ordinal);
            reader("leg", leg);
            reader("at", entry.at);
            reader("debit", debit);
            reader("credit", credit);
            reader("amount", transfer.amount);
            transfer.debit = parse_account(debit);
            transfer.credit = parse_account(credit);
            const bool is_next = entries.empty() || entries.back().kind != entry.kind ||
                                 entries.back().ordinal != entry.ordinal;
            if (is_next) entries.push_back(std::move(entry));
            entries.back().transfers.push_back(std::move(transfer));
        }
        return entries;
    }

    std::vector<Payment> list(const Filter& filter) override {
        sql::Values values;
        std::string conditions;
        const auto add = [&](std::string_view condition, sql::Value value) {
            values.push_back(std::move(value));
            conditions += (conditions.empty() ? "where " : " and ") + std::string(condition) +
                          std::to_string(values.size());
        };
        const bool is_one_merchant = !filter.merchant_sn.empty();
        if (is_one_merchant) {
            add("shard = $", std::int64_t{core::shard_of(filter.merchant_sn)});
            add("merchant_sn = $", filter.merchant_sn);
        }
        if (filter.state) add("state = $", std::string(name_of(*filter.state)));
        if (filter.created_from) {
            add("created_at >= $", std::int64_t{core::to_us(*filter.created_from)});
            add("id >= $", least_key_at(*filter.created_from));
        }
        if (filter.created_before) add("created_at < $", std::int64_t{core::to_us(*filter.created_before)});
        if (filter.older_than) add("id < $", key_of(*filter.older_than));
        if (is_open_only(filter)) {
            // Word for word the condition of the index payment_open.
            conditions += std::string(conditions.empty() ? "where " : " and ") +
                          "state in ('created', 'pending', 'reversing', 'manual_review')";
        }
        if (filter.only_unresolved) conditions += " and state <> 'manual_review'";
        values.emplace_back(static_cast<std::int64_t>(filter.most));
        // The ids first: of one merchant they come out of the unique index without touching the rows.
        const std::string ids = "(select id from payment " + conditions + " order by id desc limit $" +
                                std::to_string(values.size()) + ")";
        std::vector<Payment> payments;
        sql::Rows rows = tx_.query(payment_sql().select + "where id in " + ids + " order by id desc", values);
        for (sql::Row& row : rows) payments.push_back(read_payment(row));
        return payments;
    }

    std::vector<PaymentSn> list_refunds_in_review(PaymentSn after, std::size_t most) override {
        // The condition of the index operation_review.
        static constexpr std::string_view next =
            "select distinct id from operation where state = 'manual' and kind = 'refund' and id > $1"
            " order by id limit $2";
        return sns_of(tx_.query(next, {key_of(after), static_cast<std::int64_t>(most)}));
    }

    Open count_open() override {
        // The conditions are word for word those of the indexes payment_open, operation_due and
        // operation_review.
        static constexpr std::string_view by_state =
            "select state, count(*), min(created_at) from payment"
            " where state in ('created', 'pending', 'reversing', 'manual_review') group by state";
        static constexpr std::string_view unfinished_refunds =
            "select count(*), min(created_at) from operation where next_at is not null and kind = 'refund'";
        static constexpr std::string_view refunds_in_review =
            "select count(*) from operation where state = 'manual' and kind = 'refund'";
        Open open;
        for (sql::Row& row : tx_.query(by_state, {})) {
            Open::Row& out = open.payments.emplace_back();
            ReadVisitor reader(row);
            reader("state", out.state);
            reader("count", out.count);
            reader("oldest", out.oldest);
        }
        for (sql::Row& row : tx_.query(unfinished_refunds, {})) {
            ReadVisitor reader(row);
            reader("count", open.refunds);
            reader("oldest", open.oldest_refund);
        }
        open.refunds_in_review = std::get<std::int64_t>(tx_.query(refunds_in_review, {}).at(0).at(0));
        return open;
    }

    void insert(const Aggregate& intent) override {
        static constexpr std::string_view by_sn = "select 1 from payment where shard = $1 and id = $2";
        const Payment& payment = intent.payment;
        HUITONG_ASSERT(key_of(payment.sn) >= 0, "not a payment number");
        HUITONG_ASSERT(payment.sn.shard() == core::shard_of(payment.merchant_sn),
                       "a payment outside its shard");
        WriteVisitor writer(payment_sql().columns.size() + 1);
        writer.add(shard_value(payment.sn));
        visit_fixed(payment, writer);
        visit_changing(payment, writer);
        tx_.queue(payment_sql().insert, writer.take(),
                  Reason{.token = "client_sn_taken",
                         .probe_sql = by_sn,
                         .probe_values = place_of(payment.sn),
                         .found_token = "sn_taken"});
        for (const Operation& operation : intent.operations) insert_operation(operation);
    }

    void apply(const Aggregate& before, const payments::Change& change) override {
        const Payment& after = change.after.payment;
        HUITONG_ASSERT(after.sn == before.payment.sn, "a change of another payment");
        HUITONG_ASSERT(after.version > before.payment.version, "a change without a new version");
        WriteVisitor writer(payment_sql().changing.size() + 3);
        visit_changing(after, writer);
        writer.add(shard_value(after.sn));
        writer.add(key_of(after.sn));
        writer.add(before.payment.version);
        tx_.queue(payment_sql().update, writer.take(), Reason{.token = "stale"});
        apply_operations(before, change.after);
        for (const ledger::Entry& entry : change.entries) insert_entry(entry);
        HUITONG_ASSERT(change.timeline.size() <= most_rows_per_version,
                       "too many timeline rows for one change");
        // What comes after the last row that there is a number for is told by the log alone.
        std::int64_t n = after.version * most_rows_per_version;
        const bool is_full = n + most_rows_per_version > rows_per_payment;
        for (const payments::TimelineRow& row : change.timeline) {
            if (!is_full) insert_timeline(after.sn, n++, row);
        }
        if (!HUITONG_MUTATED("alarm_not_written")) raise_alarms(change);
    }

  private:
    static bool is_open_only(const Filter& filter) {
        using payments::PaymentState;
        return filter.only_unresolved || filter.state == PaymentState::created ||
               filter.state == PaymentState::pending || filter.state == PaymentState::reversing ||
               filter.state == PaymentState::manual_review;
    }

    void insert_operation(const Operation& operation) {
        WriteVisitor writer(operation_sql().columns);
        writer.add(shard_value(operation.payment));
        visit_key(operation, writer);
        visit_changing_operation(operation, writer);
        tx_.queue(operation_sql().insert, writer.take(), Reason{.token = "stale"});
    }

    void apply_operations(const Aggregate& before, const Aggregate& after) {
        for (const Operation& operation : after.operations) {
            const auto same = [&](const Operation& other) { return other.seq == operation.seq; };
            const auto old = std::ranges::find_if(before.operations, same);
            if (old == before.operations.end()) {
                insert_operation(operation);
            } else if (*old != operation) {
                WriteVisitor writer(operation_sql().columns);
                visit_changing_operation(operation, writer);
                writer.add(shard_value(operation.payment));
                visit_key(operation, writer);
                tx_.queue(operation_sql().update, writer.take(), Reason{.token = "stale"});
            }
        }
    }

    void insert_entry(const ledger::Entry& entry) {
        static const std::string insert = insert_sql("posting", posting_columns);
        std::int64_t leg = 1;
        for (const ledger::Transfer& transfer : entry.transfers) {
            WriteVisitor writer(posting_columns.size());
            writer.add(shard_value(entry.payment));
            writer("id", entry.payment);
            writer("kind", entry.kind);
            writer("ordinal", entry.ordinal);
            writer("leg", leg++);
            writer("at", entry.at);
            writer("debit", transfer.debit.text());
            writer("credit", transfer.credit.text());
            writer("amount", transfer.amount);
            tx_.queue(insert, writer.take(), Reason{.token = "already_booked"});
        }
    }

    // Their time is the change's; their id the same in every run of the closure.
    void raise_alarms(const payments::Change& change) {
        const Payment& after = change.after.payment;
        int n = 0;
        for (const payments::Alarm& alarm : change.alarms) {
            const core::Instant at = change.timeline.empty() ? after.created_at : change.timeline.back().at;
            tx_.alerts().raise(
                {.id = after.sn.text() + "." + std::to_string(after.version) + "." + std::to_string(++n),
                 .at = at,
                 .name = alarm.name,
                 .detail = alarm.detail,
                 .payment = after.sn,
                 .delivered_at = std::nullopt,
                 .next_at = at,
                 .acknowledged_by = {},
                 .acknowledged_at = std::nullopt});
        }
    }

    void insert_timeline(PaymentSn sn, std::int64_t n, const payments::TimelineRow& row) {
        static const std::string insert = insert_sql("timeline", timeline_columns);
        const auto& [at, seq, happening, finding, state_after, exchange] = row;
        std::optional<core::Secret> sealed;
        RowSeal seal;
        if (exchange) {
            sealed = core::Secret(encode_exchange(*exchange));
            seal = RowSeal{&tx_.sealer(), exchange_row(sn, n)};
        }
        WriteVisitor writer(timeline_columns.size(), std::move(seal));
        writer.add(shard_value(sn));
        writer.add(key_of(sn) * rows_per_payment + n);
        writer("at", at);
        writer("seq", seq);
        writer("happening", happening);
        writer("finding", finding);
        writer("state_after", state_after);
        writer("exchange", sealed);
        tx_.queue(insert, writer.take(), Reason{.token = "stale"});
    }

    SqlTx& tx_;
};

}  // namespace

std::unique_ptr<ports::PaymentRepository> make_payment_repository(SqlTx& tx) {
    return std::make_unique<Payments>(tx);
}

}  // namespace huitong::store
