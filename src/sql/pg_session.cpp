#include "sql/pg_session.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <unordered_map>
#include <utility>

#include "core/assert.hpp"
#include "core/random.hpp"

namespace huitong::sql {

namespace {

struct CloseConnection {
    void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct ClearResult {
    void operator()(PGresult* result) const { PQclear(result); }
};
using Connection = std::unique_ptr<PGconn, CloseConnection>;
using Result = std::unique_ptr<PGresult, ClearResult>;

constexpr Oid oid_bytea = 17;
constexpr Oid oid_int8 = 20;
constexpr Oid oid_int2 = 21;
constexpr Oid oid_int4 = 23;
constexpr int binary = 1;

std::array<char, 8> to_network(std::int64_t number) {
    std::array<char, 8> bytes{};
    for (std::size_t i = 0; i < 8; ++i) {
        bytes[i] = static_cast<char>(static_cast<std::uint64_t>(number) >> (56 - 8 * i) & 0xff);
    }
    return bytes;
}

// Sign-extends what PostgreSQL sends for int2, int4 and int8.
std::int64_t from_network(const char* bytes, int length) {
    std::uint64_t number = length > 0 && (bytes[0] & 0x80) != 0 ? ~std::uint64_t{0} : 0;
    for (int i = 0; i < length; ++i) number = number << 8 | static_cast<std::uint8_t>(bytes[i]);
    return static_cast<std::int64_t>(number);
}

// Values as libpq takes them. Everything is binary: text that way may hold any byte and is never cut short.
struct Parameters {
    std::vector<std::array<char, 8>> numbers;
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;

    explicit Parameters(const Values& from) : formats(from.size(), binary) {
        numbers.reserve(from.size());
        for (const Value& value : from) add(value);
    }

    void add(const Value& value) {
        if (const auto* number = std::get_if<std::int64_t>(&value)) {
            const auto& bytes = numbers.emplace_back(to_network(*number));
            put(bytes.data(), bytes.size());
        } else if (const auto* text = std::get_if<std::string>(&value)) {
            put(text->data(), text->size());
        } else if (const auto* blob = std::get_if<Blob>(&value)) {
            put(blob->bytes.data(), blob->bytes.size());
        } else {
            put(nullptr, 0);
        }
    }

    void put(const char* bytes, std::size_t length) {
        values.push_back(bytes);
        lengths.push_back(static_cast<int>(length));
    }
};

Value to_value(const PGresult* result, int row, int column) {
    if (PQgetisnull(result, row, column) != 0) return Value{Null{}};
    const char* bytes = PQgetvalue(result, row, column);
    const int length = PQgetlength(result, row, column);
    switch (PQftype(result, column)) {
        case oid_int2:
        case oid_int4:
        case oid_int8:
            return Value{from_network(bytes, length)};
        case oid_bytea:
            return Value{Blob{std::string(bytes, static_cast<std::size_t>(length))}};
        default:
            return Value{std::string(bytes, static_cast<std::size_t>(length))};
    }
}

Rows to_rows(const PGresult* result) {
    Rows rows;
    for (int i = 0; i < PQntuples(result); ++i) {
        Row& row = rows.emplace_back();
        for (int j = 0; j < PQnfields(result); ++j) row.push_back(to_value(result, i, j));
    }
    return rows;
}

// A commit that was told is on disk, whatever the server's default is. A process that stops in the middle of
// a transaction does not keep others from its rows for ever. Every statement has an index in whose order it
// ends early; a plan made for any values guesses how many rows there are, and where it guesses wrong it would
// read and sort all of them (a bitmap), or the table.
constexpr const char* durable =
    "select set_config('synchronous_commit', 'on', false)"
    " where current_setting('synchronous_commit') = 'off'";
constexpr const char* session_settings[] = {
    durable,
    "set idle_in_transaction_session_timeout = '5s'",
    "set enable_bitmapscan = off",
    "set enable_seqscan = off",
};

// Groups take rows in any order and may wait for each other in a ring: they give up before the server looks
// for deadlocks (deadlock_timeout, 1 s) and are run one by one. A closure alone takes rows in the one order
// that all closures keep, and waits for those of running groups.
constexpr const char* brief_locks = "set local lock_timeout = '50ms'";
constexpr const char* patient_locks = "set local lock_timeout = '3s'";

// The mark of a transaction, written by itself, in the place of the writer's mark before it. What is left of
// writers that are gone is swept away a day later.
constexpr std::string_view write_mark =
    "with before as (delete from commit_mark where writer = $1 and number = $3)"
    " insert into commit_mark (writer, number, is_done) values ($1, $2, 1)";
// Waits for the transaction, should its server still be at work on it, and takes the mark's place if it is
// not there: then that transaction cannot be committed any more.
constexpr std::string_view find_mark =
    "insert into commit_mark (writer, number, is_done) values ($1, $2, 0)"
    " on conflict (writer, number) do update set marked_at = excluded.marked_at returning is_done";
constexpr const char* sweep_marks =
    "delete from commit_mark where (writer, number) in (select writer, number from commit_mark"
    " where marked_at < now() - interval '1 day' for update skip locked)";

// Resources, operator intervention: the same may work later (PostgreSQL appendix A).
SqlError::Kind kind_of(std::string_view state) {
    const std::string_view group = state.substr(0, 2);
    if (group == "40" || state == "55P03") return SqlError::Kind::contention;
    const bool may_pass = group == "53" || group == "55" || group == "57" || group == "25";
    return may_pass ? SqlError::Kind::unavailable : SqlError::Kind::statement;
}

// The primary message and the state: the rest may quote values.
SqlError to_error(const PGresult* result) {
    const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const std::string code = state ? state : "?????";
    return SqlError(kind_of(code), "postgresql " + code + ": " + (message ? message : "no message"));
}

class PgSession final : public Session {
  public:
    PgSession(std::string conninfo, Marks marks) : conninfo_(std::move(conninfo)) {
        if (marks == Marks::kept) writer_ = core::SystemRandom().hex(32);
        connect();
        if (marks == Marks::kept) run_script(sweep_marks);
    }
    ~PgSession() override { PgSession::rollback(); }

    Engine engine() const override { return Engine::postgresql; }

    void begin(Access access) override {
        if (!is_alive()) connect();
        HUITONG_ASSERT(!in_transaction_, "begin inside a transaction");
        has_written_ = is_marked_ = false;
        is_sound_ = true;
        in_transaction_ = true;
        send_text(access == Access::write ? "begin isolation level read committed"
                                          : "begin isolation level repeatable read read only");
        if (access == Access::write) send_text(is_pipelining_ ? brief_locks : patient_locks);
        if (!is_pipelining_) drain();
    }

    bool settle() override {
        mark();
        drain();
        return is_sound_;
    }

    CommitOutcome commit() override {
        try {
            mark();
            if (!outstanding_.empty()) drain();
            if (!is_sound_)
                throw SqlError(SqlError::Kind::statement, "postgresql: commit of wrong row counts");
        } catch (const SqlError& error) {
            rollback();
            return failure_of(error);
        }
        try {
            end_transaction();
        } catch (const SqlError& error) {
            const bool is_lost = error.kind() == SqlError::Kind::connection;
            rollback();
            return is_lost && has_written_ ? CommitOutcome::unknown : failure_of(error);
        }
        in_transaction_ = false;
        // COMMIT of a transaction that had failed answers ROLLBACK.
        if (last_status_ != "COMMIT") return CommitOutcome::failed;
        return is_warned_ && has_written_ ? CommitOutcome::unknown : CommitOutcome::committed;
    }

    void rollback() noexcept override {
        try {
            if (is_alive() && !outstanding_.empty()) drain();
        } catch (const std::exception&) {
            // The transaction is being given up; what was wrong with it is known already.
        }
        try {
            if (is_alive() && in_transaction_) {
                send_text("rollback");
                drain();
            }
        } catch (const std::exception&) {
            connection_.reset();
        }
        in_transaction_ = false;
    }

    // By the mark and not by the transaction's number: a server that crashed, or a stand-by that took its
    // place, gives numbers away again that it never saw. What is found is committed once more, by the commit
    // of this question: it is where commits must be, on the stand-by too, before anybody is told.
    Resolution resolve_unknown() override {
        if (writer_.empty()) return Resolution::cannot_tell;
        try {
            if (!is_alive()) connect();
            in_transaction_ = true;
            send_text("begin isolation level read committed");
            send_text(patient_locks);
            const Rows rows = query(find_mark, {writer_, number_});
            end_transaction();
            in_transaction_ = false;
            if (is_warned_ || last_status_ != "COMMIT") return Resolution::cannot_tell;
            last_mark_ = number_;
            const bool is_done = std::get<std::int64_t>(rows.at(0).at(0)) == 1;
            return is_done ? Resolution::committed : Resolution::lost;
        } catch (const SqlError&) {
            rollback();
            return Resolution::cannot_tell;
        }
    }

    Rows query(std::string_view sql, const Values& values) override {
        send(sql, values, std::nullopt);
        drain();
        return std::move(last_rows_);
    }

    std::optional<std::size_t> write(std::span<const Write> writes) override {
        has_written_ = has_written_ || !writes.empty();
        for (std::size_t i = 0; i < writes.size(); ++i) {
            send(writes[i].sql, writes[i].values, writes[i].expected);
            if (is_pipelining_) continue;
            drain();
            if (!std::exchange(is_sound_, true)) return i;
        }
        return std::nullopt;
    }

    void set_pipelining(bool is_on) override { is_pipelining_ = is_on; }

    void run_script(const std::string& sql) override {
        send_text(sql.c_str());
        drain();
    }

  private:
    // One answer that is awaited; `expected` rows when it belongs to a write.
    struct Awaited {
        std::optional<std::int64_t> expected;
    };

    static CommitOutcome failure_of(const SqlError& error) {
        const bool is_contended = error.kind() == SqlError::Kind::contention;
        return is_contended ? CommitOutcome::contended : CommitOutcome::failed;
    }

    bool is_alive() const { return connection_ && PQstatus(connection_.get()) == CONNECTION_OK; }

    void connect() {
        outstanding_.clear();
        prepared_.clear();
        in_transaction_ = false;
        open_connection();
        if (!is_alive()) {
            const std::string why = is_readable_ ? PQerrorMessage(connection_.get()) : "";
            connection_.reset();
            throw SqlError(SqlError::Kind::connection,
                           "postgresql: cannot connect: " + why.substr(0, why.find_last_not_of('\n') + 1));
        }
        if (PQenterPipelineMode(connection_.get()) != 1) lose_connection();
        PQsetNoticeReceiver(connection_.get(), note_warning, this);
        try {
            for (const char* setting : session_settings) send_text(setting);
            drain();
        } catch (const SqlError&) {
            connection_.reset();  // not to be used without them
            throw;
        }
    }

    // A COMMIT that a server gave up handing to its stand-by is answered with COMMIT and a warning.
    static void note_warning(void* session, const PGresult* notice) {
        const char* const severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
        if (severity && std::string_view(severity) == "WARNING")
            static_cast<PgSession*>(session)->is_warned_ = true;
    }

    // What stands before `dbname` is only what holds where the address says nothing. Of several servers the
    // one that takes writes, also for reading: a stand-by's rows are those of a while ago.
    void open_connection() {
        // What libpq says of an address that it cannot read may quote the password.
        PQconninfoOption* const parsed = PQconninfoParse(conninfo_.c_str(), nullptr);
        is_readable_ = parsed != nullptr;
        PQconninfoFree(parsed);
        const char* const names[] = {
            "application_name", "connect_timeout",      "keepalives_idle", "keepalives_interval",
            "tcp_user_timeout", "target_session_attrs", "dbname",          nullptr};
        const char* const values[] = {"huitong",         "10",   "10", "5", "20000", "read-write",
                                      conninfo_.c_str(), nullptr};
        connection_.reset(PQconnectdbParams(names, values, 1));
    }

    void check_sent(int code) {
        if (code == 1) return;
        if (is_alive()) throw SqlError(SqlError::Kind::statement, "postgresql: not sent");
        lose_connection();
    }

    [[noreturn]] void lose_connection() {
        connection_.reset();
        outstanding_.clear();
        throw SqlError(SqlError::Kind::connection, "postgresql: connection lost");
    }

    void send_text(const char* sql) {
        if (!is_alive()) lose_connection();
        check_sent(PQsendQueryParams(connection_.get(), sql, 0, nullptr, nullptr, nullptr, nullptr, binary));
        outstanding_.push_back({});
    }

    void send(std::string_view sql, const Values& values, std::optional<std::int64_t> expected) {
        if (!is_alive()) lose_connection();
        const std::string& name = prepare(sql);
        const Parameters parameters(values);
        check_sent(PQsendQueryPrepared(connection_.get(), name.c_str(), static_cast<int>(values.size()),
                                       parameters.values.data(), parameters.lengths.data(),
                                       parameters.formats.data(), binary));
        outstanding_.push_back({.expected = expected});
    }

    const std::string& prepare(std::string_view sql) {
        std::string text(sql);
        const auto known = prepared_.find(text);
        if (known != prepared_.end()) return known->second;
        const std::string name = "s" + std::to_string(++last_statement_);
        check_sent(PQsendPrepare(connection_.get(), name.c_str(), text.c_str(), 0, nullptr));
        outstanding_.push_back({});
        in_flight_.push_back(text);
        return prepared_.emplace(std::move(text), name).first->second;
    }

    // Once in each transaction that writes.
    void mark() {
        if (writer_.empty() || !has_written_ || is_marked_) return;
        send(write_mark, {writer_, ++number_, last_mark_}, 1);
        is_marked_ = true;
    }

    void end_transaction() {
        is_warned_ = false;
        send_text("commit");
        last_status_.clear();
        drain();
        if (is_marked_ && last_status_ == "COMMIT") last_mark_ = number_;
    }

    // Waits for all answers; the rows of the last one stay in last_rows_. Throws the first error among them.
    void drain() {
        check_sent(PQpipelineSync(connection_.get()));
        std::optional<SqlError> error;
        while (!outstanding_.empty()) {
            const Awaited awaited = outstanding_.front();
            outstanding_.pop_front();
            take_answer(awaited, error);
        }
        const Result sync(PQgetResult(connection_.get()));
        if (!is_alive() || !sync) lose_connection();
        if (error) {
            // What was to be prepared behind the error was not; forget all of this batch and prepare it anew.
            for (const std::string& text : in_flight_) prepared_.erase(text);
        }
        in_flight_.clear();
        if (error) throw SqlError(*error);
    }

    void take_answer(const Awaited& awaited, std::optional<SqlError>& error) {
        const Result result(PQgetResult(connection_.get()));
        if (!result || !is_alive()) lose_connection();
        switch (PQresultStatus(result.get())) {
            case PGRES_COMMAND_OK:
            case PGRES_TUPLES_OK:
                note(result.get(), awaited);
                break;
            case PGRES_PIPELINE_ABORTED:
                break;
            default:
                if (!error) error = to_error(result.get());
        }
        const Result end(PQgetResult(connection_.get()));
        HUITONG_ASSERT(end == nullptr, "one answer for one statement");
    }

    void note(PGresult* result, const Awaited& awaited) {
        last_status_ = PQcmdStatus(result);
        if (!awaited.expected) {
            last_rows_ = to_rows(result);
        } else if (std::to_string(*awaited.expected) != PQcmdTuples(result)) {
            is_sound_ = false;
        }
    }

    std::string conninfo_;
    Connection connection_;
    std::unordered_map<std::string, std::string> prepared_;
    std::vector<std::string> in_flight_;  // texts whose preparation was not answered yet
    std::int64_t last_statement_ = 0;
    std::deque<Awaited> outstanding_;
    Rows last_rows_;
    std::string last_status_;
    std::string writer_;          // whose marks these are; empty: no marks
    std::int64_t number_ = 0;     // of the mark of the transaction that runs or ran last
    std::int64_t last_mark_ = 0;  // the one that stands; 0: none
    bool has_written_ = false;
    bool is_marked_ = false;
    bool is_warned_ = false;
    bool is_readable_ = false;
    bool is_pipelining_ = false;
    bool in_transaction_ = false;
    bool is_sound_ = true;
};

}  // namespace

std::unique_ptr<Session> make_postgresql_session(const std::string& conninfo, Marks marks) {
    return std::make_unique<PgSession>(conninfo, marks);
}

}  // namespace huitong::sql
