// Alerts, and the small facts about the store itself, as rows (ports/alerts.hpp). Alerts are few; those that
// nobody has acknowledged or delivered yet have small indexes of their own.
#include "store/columns.hpp"
#include "store/tx.hpp"

namespace huitong::store {

namespace {

using ports::Alert;

template <class T, class V>
void visit_alert(T& alert, V& visit) {
    auto& [id, at, name, detail, payment, delivered_at, tries, next_at, acknowledged_by, acknowledged_at] =
        alert;
    visit("id", id);
    visit("at", at);
    visit("name", name);
    visit("detail", detail);
    visit("payment", payment);
    visit("delivered_at", delivered_at);
    visit("tries", tries);
    visit("next_at", next_at);
    visit("acknowledged_by", acknowledged_by);
    visit("acknowledged_at", acknowledged_at);
}

const ColumnNames& alert_columns() {
    static const ColumnNames names = [] {
        NameVisitor visitor;
        const Alert any;
        visit_alert(any, visitor);
        return visitor.take();
    }();
    return names;
}

class Alerts final : public ports::AlertRepository {
  public:
    explicit Alerts(SqlTx& tx) : tx_(tx) {}

    void raise(const Alert& alert) override {
        // A row that exists is touched and stays as it is: one row either way.
        static const std::string insert = [] {
            std::string text = insert_sql("alert", alert_columns());
            text.resize(text.rfind(" on conflict"));
            return text + " on conflict (id) do update set id = excluded.id";
        }();
        WriteVisitor writer(alert_columns().size());
        visit_alert(alert, writer);
        tx_.queue(insert, writer.take());
    }

    std::vector<Alert> list(const Filter& filter) override {
        std::string conditions = filter.only_open ? "where acknowledged_at is null " : "";
        sql::Values values{static_cast<std::int64_t>(filter.most)};
        if (!filter.older_than.empty()) {
            conditions += std::string(filter.only_open ? "and" : "where") +
                          " (at, id) < (select at, id from alert where id = $2) ";
            values.emplace_back(filter.older_than);
        }
        return read_rows(tx_.query(
            select_sql("alert", alert_columns()) + conditions + "order by at desc, id desc limit $1",
            values));
    }

    std::vector<Alert> find_undelivered(core::Instant now, std::size_t most) override {
        static const std::string due =
            select_sql("alert", alert_columns()) +
            "where delivered_at is null and next_at <= $1 order by next_at, id limit $2";
        return read_rows(tx_.query(due, {std::int64_t{core::to_us(now)}, static_cast<std::int64_t>(most)}));
    }

    void claim(const Alert& alert, core::Instant until) override {
        static const std::string update =
            update_sql("alert", {"next_at"}, {"id", "next_at"}) + " and delivered_at is null";
        tx_.queue(update,
                  {std::int64_t{core::to_us(until)}, alert.id, std::int64_t{core::to_us(alert.next_at)}},
                  Reason{.token = "taken"});
    }

    void note_delivery(const Alert& alert) override {
        static const std::string update = update_sql("alert", {"delivered_at", "tries", "next_at"}, {"id"});
        WriteVisitor writer(4);
        writer("delivered_at", alert.delivered_at);
        writer("tries", alert.tries);
        writer("next_at", alert.next_at);
        writer("id", alert.id);
        tx_.queue(update, writer.take(), Reason{.token = "not_found"});
    }

    void acknowledge(const std::string& id, const std::string& by, core::Instant at) override {
        static const std::string update =
            update_sql("alert", {"acknowledged_by", "acknowledged_at"}, {"id"}) +
            " and acknowledged_at is null";
        tx_.queue(update, {by, std::int64_t{core::to_us(at)}, id}, Reason{.token = "not_found"});
    }

    std::int64_t count_open() override {
        static constexpr std::string_view count = "select count(*) from alert where acknowledged_at is null";
        return std::get<std::int64_t>(tx_.query(count, {}).at(0).at(0));
    }

  private:
    static std::vector<Alert> read_rows(sql::Rows rows) {
        std::vector<Alert> alerts;
        for (sql::Row& row : rows) {
            ReadVisitor reader(row);
            visit_alert(alerts.emplace_back(), reader);
        }
        return alerts;
    }

    SqlTx& tx_;
};

class Facts final : public ports::FactRepository {
  public:
    explicit Facts(SqlTx& tx) : tx_(tx) {}

    std::string get(const std::string& name) override {
        static constexpr std::string_view by_name = "select value from fact where name = $1";
        const auto rows = tx_.query(by_name, {name});
        return rows.empty() ? std::string() : std::get<std::string>(rows.front().front());
    }

    void set(const std::string& name, const std::string& value) override {
        static constexpr std::string_view upsert =
            "insert into fact (name, value) values ($1, $2)"
            " on conflict (name) do update set value = excluded.value";
        tx_.queue(upsert, {name, value});
    }

  private:
    SqlTx& tx_;
};

}  // namespace

std::unique_ptr<ports::AlertRepository> make_alert_repository(SqlTx& tx) {
    return std::make_unique<Alerts>(tx);
}

std::unique_ptr<ports::FactRepository> make_fact_repository(SqlTx& tx) {
    return std::make_unique<Facts>(tx);
}

}  // namespace huitong::store
