// Notifications and their delivery log as rows (ports/notifications.hpp). What waits for a try has a small
// index of its own, and so has what was not delivered.
#include "store/columns.hpp"
#include "store/tx.hpp"

namespace huitong::store {

namespace {

using core::PaymentSn;
using ports::Notification;
using ports::NotificationTry;

template <class T, class V>
void visit_notification(T& notification, V& visit) {
    auto& [payment, ordinal, event, url, signed_as, body, created_at, tries, failures, next_at,
           delivered_at] = notification;
    visit("id", payment);
    visit("ordinal", ordinal);
    visit("event", event);
    visit("url", url);
    visit("signed_as", signed_as);
    visit("body", body);
    visit("created_at", created_at);
    visit("tries", tries);
    visit("failures", failures);
    visit("next_at", next_at);
    visit("delivered_at", delivered_at);
}

const ColumnNames& columns() {
    static const ColumnNames names = [] {
        NameVisitor visitor;
        const Notification any;
        visit_notification(any, visitor);
        return visitor.take();
    }();
    return names;
}

const ColumnNames try_columns{"number", "at", "took_us", "status", "answer", "error"};

std::int64_t shard_value(PaymentSn sn) {
    return sn.shard();
}

class Notifications final : public ports::NotificationRepository {
  public:
    explicit Notifications(SqlTx& tx) : tx_(tx) {}

    void add(const Notification& notification) override {
        static const std::string insert = [] {
            ColumnNames names = columns();
            names.insert(names.begin(), "shard");
            return insert_sql("notification", names);
        }();
        WriteVisitor writer(columns().size() + 1);
        writer.add(shard_value(notification.payment));
        visit_notification(notification, writer);
        tx_.queue(insert, writer.take());
    }

    std::optional<Notification> find(PaymentSn payment, int ordinal) override {
        static const std::string one =
            select_sql("notification", columns()) + "where shard = $1 and id = $2 and ordinal = $3";
        auto found = read_rows(tx_.query(one, key_values(payment, ordinal)));
        if (found.empty()) return std::nullopt;
        return std::move(found.front());
    }

    std::vector<NotificationTry> tries(PaymentSn payment, int ordinal) override {
        static const std::string select = select_sql("notification_try", try_columns) +
                                          "where shard = $1 and id = $2 and ordinal = $3 order by number";
        std::vector<NotificationTry> tries;
        for (sql::Row& row : tx_.query(select, key_values(payment, ordinal))) {
            NotificationTry& tried = tries.emplace_back();
            std::int64_t took_us = 0;
            ReadVisitor reader(row);
            reader("number", tried.number);
            reader("at", tried.at);
            reader("took_us", took_us);
            reader("status", tried.status);
            reader("answer", tried.answer);
            reader("error", tried.error);
            tried.took = core::Duration(took_us);
        }
        return tries;
    }

    std::vector<Notification> list(const Filter& filter) override {
        // Of all payments SQLite would rather walk over what was delivered too.
        const bool is_hinted =
            filter.only_undelivered && !filter.payment && tx_.engine() == sql::Engine::sqlite;
        const std::string table =
            is_hinted ? "notification indexed by notification_undelivered" : "notification";
        std::string conditions;
        sql::Values values;
        if (filter.payment) {
            conditions = "where shard = $1 and id = $2 ";
            values = {shard_value(*filter.payment), key_of(*filter.payment)};
        }
        if (filter.only_undelivered)
            conditions += std::string(conditions.empty() ? "where " : "and ") + "delivered_at is null ";
        values.emplace_back(static_cast<std::int64_t>(filter.most));
        return read_rows(tx_.query(select_sql(table, columns()) + conditions +
                                       "order by id desc, ordinal desc limit $" +
                                       std::to_string(values.size()),
                                   values));
    }

    std::vector<Notification> find_due(core::Instant now, std::size_t most) override {
        // As operation_due: by time in a file, every shard by name on a server.
        static const std::string in_file = select_sql("notification indexed by notification_due", columns()) +
                                           "where next_at <= $1 order by next_at, id, ordinal limit $2";
        static const std::string on_server = select_sql("notification", columns()) + "where shard in (" +
                                             every_shard() +
                                             ") and next_at <= $1 order by next_at, id, ordinal limit $2";
        const bool is_file = tx_.engine() == sql::Engine::sqlite;
        return read_rows(tx_.query(is_file ? in_file : on_server,
                                   {std::int64_t{core::to_us(now)}, static_cast<std::int64_t>(most)}));
    }

    void claim(const Notification& seen, core::Instant until) override {
        static const std::string update =
            update_sql("notification", {"next_at", "body"}, {"shard", "id", "ordinal", "next_at"});
        WriteVisitor writer(6);
        writer("next_at", until);
        writer("body", seen.body);
        add_key(writer, seen.payment, seen.ordinal);
        writer("next_at", seen.next_at);
        tx_.queue(update, writer.take(), Reason{.token = "taken"});
    }

    void note_try(const Notification& after, core::Instant claimed_until,
                  const NotificationTry& tried) override {
        static const std::string update =
            update_sql("notification", {"tries", "failures", "next_at", "delivered_at"},
                       {"shard", "id", "ordinal", "next_at"});
        WriteVisitor writer(8);
        writer("tries", after.tries);
        writer("failures", after.failures);
        writer("next_at", after.next_at);
        writer("delivered_at", after.delivered_at);
        add_key(writer, after.payment, after.ordinal);
        writer("next_at", claimed_until);
        tx_.queue(update, writer.take(), Reason{.token = "taken"});
        insert_try(after, tried);
    }

    void send_again(const Notification& seen, core::Instant now) override {
        static const std::string update =
            update_sql("notification", {"failures", "next_at", "delivered_at"}, {"shard", "id", "ordinal"});
        WriteVisitor writer(6);
        writer("failures", 0);
        writer("next_at", now);
        writer("delivered_at", std::optional<core::Instant>());
        add_key(writer, seen.payment, seen.ordinal);
        tx_.queue(update, writer.take(), Reason{.token = "not_found"});
    }

    Waiting count_waiting() override {
        // The condition is word for word that of the index notification_due.
        static constexpr std::string_view count =
            "select count(*), min(created_at) from notification where next_at is not null";
        Waiting waiting;
        for (sql::Row& row : tx_.query(count, {})) {
            ReadVisitor reader(row);
            reader("count", waiting.count);
            reader("oldest", waiting.oldest);
        }
        return waiting;
    }

  private:
    static sql::Values key_values(PaymentSn payment, int ordinal) {
        return {shard_value(payment), key_of(payment), std::int64_t{ordinal}};
    }
    static void add_key(WriteVisitor& writer, PaymentSn payment, int ordinal) {
        for (sql::Value& value : key_values(payment, ordinal)) writer.add(std::move(value));
    }

    void insert_try(const Notification& after, const NotificationTry& tried) {
        static const std::string insert = [] {
            ColumnNames names{"shard", "id", "ordinal"};
            names.insert(names.end(), try_columns.begin(), try_columns.end());
            return insert_sql("notification_try", names);
        }();
        WriteVisitor writer(9);
        add_key(writer, after.payment, after.ordinal);
        writer("number", tried.number);
        writer("at", tried.at);
        writer("took_us", std::int64_t{tried.took.count()});
        writer("status", tried.status);
        writer("answer", tried.answer);
        writer("error", tried.error);
        tx_.queue(insert, writer.take());
    }

    static std::vector<Notification> read_rows(sql::Rows rows) {
        std::vector<Notification> notifications;
        for (sql::Row& row : rows) {
            ReadVisitor reader(row);
            visit_notification(notifications.emplace_back(), reader);
        }
        return notifications;
    }

    SqlTx& tx_;
};

}  // namespace

std::unique_ptr<ports::NotificationRepository> make_notification_repository(SqlTx& tx) {
    return std::make_unique<Notifications>(tx);
}

}  // namespace huitong::store
