// Limits and what was counted against them, as rows (ports/limits.hpp). A payment is counted under its
// terminal, its store and its merchant alike, whichever of them has a limit, so that taking it back meets the
// same rows however the limits have changed since; a limit set during a day knows of the time before it
// only what was counted for another limit.
#include <algorithm>

#include "store/columns.hpp"
#include "store/failure.hpp"
#include "store/tx.hpp"

namespace huitong::store {

namespace {

using ports::Limit;
using ports::LimitKind;

constexpr std::int64_t slots = 16;

template <class T, class V>
void visit_limit(T& limit, V& visit) {
    auto& [kind, subject, merchant_sn, per_payment, per_day] = limit;
    visit("kind", kind);
    visit("subject", subject);
    visit("merchant_sn", merchant_sn);
    visit("per_payment", per_payment);
    visit("per_day", per_day);
}

const ColumnNames& limit_columns() {
    static const ColumnNames names = [] {
        NameVisitor visitor;
        const Limit any;
        visit_limit(any, visitor);
        return visitor.take();
    }();
    return names;
}

std::int64_t shard_value(const std::string& merchant_sn) {
    return core::shard_of(merchant_sn);
}

// 20240305
std::int64_t day_value(core::Date day) {
    return std::int64_t{static_cast<int>(day.year())} * 10'000 + static_cast<unsigned>(day.month()) * 100 +
           static_cast<unsigned>(day.day());
}

// By the tick of its number: the shard, which ends the key, is the same for all payments of a subject.
std::int64_t slot_of(core::PaymentSn sn) {
    return key_of(sn) / core::shard_count % slots;
}

class Limits final : public ports::LimitRepository {
  public:
    explicit Limits(SqlTx& tx) : tx_(tx) {}

    std::vector<Limit> find(const ports::LimitSubjects& subjects) override {
        static const std::string of_any = select_sql("limit_rule", limit_columns()) +
                                          "where shard = $1 and kind = 'terminal' and subject = $2"
                                          " or shard = $1 and kind = 'store' and subject = $3"
                                          " or shard = $1 and kind = 'merchant' and subject = $4";
        const sql::Values values{shard_value(subjects.merchant_sn), subjects.terminal_sn, subjects.store_sn,
                                 subjects.merchant_sn};
        auto limits = read_rows(tx_.query(of_any, values));
        const bool has_sum =
            std::ranges::any_of(limits, [](const Limit& limit) { return limit.per_day.has_value(); });
        return has_sum && tx_.must_hold() ? hold(of_any, values) : limits;
    }

    std::vector<Limit> list() override {
        static const std::string all =
            select_sql("limit_rule", limit_columns()) + "order by merchant_sn, kind, subject";
        return read_rows(tx_.query(all, {}));
    }

    void set(const Limit& limit) override {
        static constexpr std::string_view remove =
            "delete from limit_rule where shard = $1 and kind = $2 and subject = $3";
        static const std::string insert = [] {
            ColumnNames names = limit_columns();
            names.insert(names.begin(), "shard");
            std::string text = insert_sql("limit_rule", names);
            text.resize(text.rfind(" on conflict"));
            text += " on conflict (shard, kind, subject) do update set merchant_sn = excluded.merchant_sn";
            for (const char* name :
                 {"per_payment_minor", "per_payment_currency", "per_day_minor", "per_day_currency"}) {
                text += std::string(", ") + name + " = excluded." + name;
            }
            return text;
        }();
        const std::int64_t shard = shard_value(limit.merchant_sn);
        if (!limit.per_payment && !limit.per_day) {
            tx_.queue(remove, {shard, std::string(name_of(limit.kind)), limit.subject},
                      Reason{.token = "not_found"});
            return;
        }
        WriteVisitor writer(limit_columns().size() + 1);
        writer.add(shard);
        visit_limit(limit, writer);
        tx_.queue(insert, writer.take());
    }

    core::Money used(const Limit& limit, core::Date day) override {
        static constexpr std::string_view sum =
            "select cast(coalesce(sum(amount_minor), 0) as bigint) from limit_usage"
            " where shard = $1 and kind = $2 and subject = $3 and day = $4";
        const auto rows = tx_.query(sum, {shard_value(limit.merchant_sn), std::string(name_of(limit.kind)),
                                          limit.subject, day_value(day)});
        return core::fen(std::get<std::int64_t>(rows.at(0).at(0)));
    }

    void count(const payments::Payment& payment) override { add(payment, payment.amount.minor()); }
    void uncount(const payments::Payment& payment) override { add(payment, -payment.amount.minor()); }

  private:
    void add(const payments::Payment& payment, std::int64_t amount_minor) {
        static constexpr std::string_view upsert =
            "insert into limit_usage (shard, kind, subject, day, slot, amount_minor)"
            " values ($1, $2, $3, $4, $5, $6) on conflict (shard, kind, subject, day, slot)"
            " do update set amount_minor = limit_usage.amount_minor + excluded.amount_minor";
        if (payment.amount.currency() != core::Currency::CNY) {
            throw Failure(core::Code::internal, "not_cny", payment.sn.text());
        }
        const std::pair<LimitKind, const std::string&> subjects[] = {
            {LimitKind::terminal, payment.terminal_sn},
            {LimitKind::store, payment.store_sn},
            {LimitKind::merchant, payment.merchant_sn}};
        for (const auto& [kind, subject] : subjects) {
            tx_.queue(upsert, {shard_value(payment.merchant_sn), std::string(name_of(kind)), subject,
                               day_value(core::to_beijing_date(payment.created_at)), slot_of(payment.sn),
                               amount_minor});
        }
    }

    // As they stand once nobody else can take from them; always in this order, so that two payments never
    // wait for each other.
    std::vector<Limit> hold(const std::string& of_any, const sql::Values& values) {
        static const std::string in_order = of_any + " order by kind, subject for no key update";
        static const std::string at_once = in_order + " skip locked";
        if (tx_.may_wait()) return read_rows(tx_.query(in_order, values));
        auto held = read_rows(tx_.query(at_once, values));
        if (held.size() < tx_.query(of_any, values).size()) throw Busy();
        return held;
    }

    static std::vector<Limit> read_rows(sql::Rows rows) {
        std::vector<Limit> limits;
        for (sql::Row& row : rows) {
            ReadVisitor reader(row);
            visit_limit(limits.emplace_back(), reader);
        }
        return limits;
    }

    SqlTx& tx_;
};

}  // namespace

std::unique_ptr<ports::LimitRepository> make_limit_repository(SqlTx& tx) {
    return std::make_unique<Limits>(tx);
}

}  // namespace huitong::store
