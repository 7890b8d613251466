#include "store/migrations.hpp"

#include <utility>

#include "sql/pg_session.hpp"

namespace huitong::store {

namespace {

// {i64}: 64-bit integer. {blob}: bytes. {keyed}: a table that lives in its primary key; WITHOUT ROWID on
// SQLite, so that a row costs one tree and not two. {heap}: rows too long for that (SQLite puts what exceeds
// a quarter page of a keyed row into a page of its own); they live under an integer. {number}, {placed:…}:
// the key of a table of payments. On SQLite the integer itself, so that what is written at one time lies
// together; on PostgreSQL it follows the shard, so that a distributed one can place the row. A statement that
// begins with {server} is PostgreSQL's only, one with {file} SQLite's; elsewhere nothing is left of it.
// {if_absent}: a column that is there already is let be; SQLite has no such words.
// {apart}: see migrations.hpp; {concurrently}: without a lock, where there are others to be locked out.
constexpr std::string_view apart = "{apart}";

std::string translated(std::string text, sql::Engine engine) {
    const bool is_sqlite = engine == sql::Engine::sqlite;
    if (text.starts_with(apart)) text.erase(0, apart.size());
    if (text.starts_with(is_sqlite ? "{server}" : "{file}")) return {};
    const std::pair<std::string_view, std::string_view> words[] = {
        {"{i64}", is_sqlite ? "integer" : "bigint"},
        {"{blob}", is_sqlite ? "blob" : "bytea"},
        {"{keyed}", is_sqlite ? " strict, without rowid" : ""},
        {"{heap}", is_sqlite ? " strict" : ""},
        {"{number}", is_sqlite ? "integer primary key" : "bigint not null"},
        {"{key:id}", is_sqlite ? "" : ", primary key (shard, id)"},
        {"{key:row_id}", is_sqlite ? "" : ", primary key (shard, row_id)"},
        {"{server}", ""},
        {"{file}", ""},
        {"{concurrently}", is_sqlite ? "" : "concurrently"},
        {"{shard,}", is_sqlite ? "" : "shard, "},
        {"{if_absent}", is_sqlite ? "" : "if not exists "},
    };
    for (const auto& [word, meaning] : words) {
        for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + meaning.size())) {
            text.replace(at, word.size(), meaning);
        }
    }
    return text;
}

const char* const payment_table = R"(create table payment (
    shard {i64} not null, id {number},
    merchant_sn text not null, store_sn text not null, terminal_sn text not null, client_sn text not null,
    channel text not null, channel_account text not null, channel_number text not null,
    amount_minor {i64} not null, amount_currency text not null,
    subject text not null, operator_name text not null, reflect text not null,
    channel_fee_ppm {i64} not null, merchant_fee_ppm {i64} not null, refund_days {i64} not null,
    is_limited {i64} not null,
    created_at {i64} not null, deadline_at {i64} not null, in_flight_until {i64} not null,
    version {i64} not null, state text not null,
    trade_no text not null, trade_amount_minor {i64}, trade_amount_currency text, trade_paid_at {i64},
    payer_id text not null, payer_login text not null, funding text not null,
    is_seen_paid {i64} not null, is_booked {i64} not null,
    refunded_minor {i64} not null, refunded_currency text not null,
    arrived_at {i64}, may_be_older {i64} not null,
    refusal text not null, channel_code text not null,
    reversal_by text not null, was_paid_before_reversal {i64} not null, effect text not null,
    review_reason text not null, finished_at {i64}, is_reopened {i64} not null,
    unique (shard, merchant_sn, client_sn){key:id}){heap})";

const char* const operation_table = R"(create table operation (
    shard {i64} not null, id {i64} not null, seq {i64} not null,
    kind text not null, state text not null, number text not null, request_no text not null,
    amount_minor {i64} not null, amount_currency text not null, reason text not null,
    operator_name text not null, terminal_sn text not null,
    attempt {i64} not null, owner text not null, lease_until {i64} not null, tries {i64} not null,
    next_act text not null, next_at {i64},
    created_at {i64} not null, sent_at {i64}, asked_at {i64}, finished_at {i64},
    last_outcome text not null, channel_code text not null,
    refusal text not null, channel_ref text not null, channel_at {i64}, is_restored {i64} not null,
    primary key ({shard,}id, seq)){keyed})";

const char* const posting_table = R"(create table posting (
    shard {i64} not null, id {i64} not null, kind text not null, ordinal {i64} not null, leg {i64} not null,
    at {i64} not null, debit text not null, credit text not null,
    amount_minor {i64} not null, amount_currency text not null,
    primary key ({shard,}id, kind, ordinal, leg)){keyed})";

const char* const timeline_table = R"(create table timeline (
    shard {i64} not null, row_id {number},
    at {i64} not null, seq {i64} not null, happening text not null, finding text not null,
    state_after text not null, exchange {blob}{key:row_id}){heap})";

// For people and tools: the rows with the number that merchants see; the inverse of key_of.
std::string view_of(const std::string& name, const std::string& table) {
    return "create view " + name +
           " as select 7800000000000000 + id / 100000000000000 * 100000000000000 + id % 100 * 1000000000000"
           " + id / 100 % 1000000000000 as sn, " +
           table + ".* from " + table;
}

const char* const terminal_table = R"(create table terminal (
    shard {i64} not null, sn text not null,
    app_id text not null, merchant_sn text not null, store_sn text not null, client_sn text not null,
    is_active {i64} not null, version {i64} not null, created_at {i64} not null,
    device_id text not null, name text not null, os_info text not null, sdk_version text not null,
    current_key {blob} not null, previous_key {blob} not null, last_checkin_at {i64} not null,
    primary key (shard, sn)){keyed})";

const char* const channel_account_table = R"(create table channel_account (
    id text not null primary key, channel text not null, merchant_sn text not null, base_url text not null,
    app_id text not null, mch_id text not null, sub_app_id text not null, sub_mch_id text not null,
    sign_type text not null, api_key {blob} not null, client_certificate_pem text not null,
    client_key_pem {blob} not null, app_private_key {blob} not null, channel_public_key text not null,
    app_certificate_pem text not null, root_certificates_pem text not null, app_auth_token {blob} not null,
    server_ip text not null, priority {i64} not null, refund_days {i64} not null,
    channel_fee_ppm {i64} not null, merchant_fee_ppm {i64} not null, is_active {i64} not null){heap})";

const char* const limit_rule_table = R"(create table limit_rule (
    shard {i64} not null, kind text not null, subject text not null, merchant_sn text not null,
    per_payment_minor {i64}, per_payment_currency text, per_day_minor {i64}, per_day_currency text,
    primary key (shard, kind, subject)){keyed})";

// What was received on a day (yyyymmdd), spread over slots so that no row is hot.
const char* const limit_usage_table = R"(create table limit_usage (
    shard {i64} not null, kind text not null, subject text not null, day {i64} not null, slot {i64} not null,
    amount_minor {i64} not null,
    primary key (shard, kind, subject, day, slot)){keyed})";

const char* const alert_table = R"(create table alert (
    id text not null primary key, at {i64} not null, name text not null, detail text not null, payment {i64},
    delivered_at {i64}, tries {i64} not null, next_at {i64} not null,
    acknowledged_by text not null, acknowledged_at {i64}){heap})";

std::vector<std::string> first_statements() {
    return {
        payment_table,
        // What is not over, for the console and for the end of a day; stays small.
        "create index payment_open on payment (shard, id)"
        " where state in ('created', 'pending', 'reversing', 'manual_review')",
        operation_table,
        // On SQLite the table itself is in this order.
        "{server}create index payment_newest on payment (id)",
        "create index operation_due on operation (shard, next_at) where next_at is not null",
        // Refunds that a person must look at.
        "create index operation_review on operation (shard, id) where state = 'manual'",
        // On SQLite without the shard, so that a channel's numbers that begin with their day lie together.
        "create index payment_trade on payment ({shard,}trade_no) where trade_no <> ''",
        // With the id: of a number that many payments have used ("1"), the newest without reading the others.
        "create index operation_request on operation ({shard,}request_no, id) where request_no <> ''",
        posting_table,
        timeline_table,
        view_of("payments", "payment"),
        view_of("postings", "posting"),
        "create table vendor (sn text not null primary key, name text not null, key {blob} not null,"
        " is_active {i64} not null){keyed}",
        "create table app (id text not null primary key, vendor_sn text not null, name text not null,"
        " is_active {i64} not null){keyed}",
        "create table merchant (sn text not null primary key, name text not null, is_active {i64} not "
        "null){keyed}",
        "create table store (sn text not null primary key, merchant_sn text not null, name text not null,"
        " is_active {i64} not null){keyed}",
        "create table activation_code (code text not null primary key, store_sn text not null,"
        " merchant_sn text not null, uses_left {i64}, expires_at {i64} not null){keyed}",
        terminal_table,
        "create unique index terminal_client_sn on terminal (app_id, client_sn) where client_sn <> ''",
        channel_account_table,
        "create index channel_account_merchant on channel_account (merchant_sn, channel)",
        "create table operator (name text not null primary key, role text not null, key_hash text not null,"
        " is_active {i64} not null){keyed}",
        "create table audit (id {i64} not null primary key, at {i64} not null, actor text not null,"
        " act text not null, subject text not null, detail text not null, previous_hash text not null,"
        " hash text not null){keyed}",
        limit_rule_table,
        limit_usage_table,
        alert_table,
        "create index alert_newest on alert (at, id)",
        "create index alert_open on alert (at, id) where acknowledged_at is null",
        "create index alert_undelivered on alert (next_at, id) where delivered_at is null",
        "create table fact (name text not null primary key, value text not null){keyed}",
    };
}

// One file has one worker that looks for what is due, and there one tree by time costs less than a place in
// each of many shards: to write, and to search every second.
std::vector<std::string> due_by_time_in_a_file() {
    return {"{file}drop index operation_due",
            "{file}create index operation_due on operation (next_at) where next_at is not null"};
}

// Where a COMMIT whose answer was lost is looked for; and: a till's own number is unique inside its app,
// whatever the shard, and a distributed server has no index over all shards. The index terminal_client_sn
// stays for programs of schema 3 and goes with a later migration.
std::vector<std::string> marks_and_names_of_terminals() {
    return {std::string("{server}") + sql::commit_mark_table,
            "create table terminal_name (app_id text not null, client_sn text not null, sn text not null,"
            " primary key (app_id, client_sn)){keyed}",
            "insert into terminal_name (app_id, client_sn, sn)"
            " select app_id, client_sn, sn from terminal where client_sn <> ''"};
}

// Payments that the payer begins, and where their merchants want to hear of them. Programs of schema 4 write
// and read the rows without these columns.
std::vector<std::string> launched_payments() {
    return {"alter table payment add column {if_absent}product text not null default 'barcode'",
            "alter table payment add column {if_absent}notify_url text not null default ''",
            "alter table payment add column {if_absent}expires_at {i64}",
            "alter table payment add column {if_absent}launch text not null default ''"};
}

// The outbox of what merchants are told, with its delivery log; the key it is signed with; what people switch
// for one application; and which terminal is on a device.
std::vector<std::string> notifications() {
    return {
        "create table notification ("
        " shard {i64} not null, id {i64} not null, ordinal {i64} not null, event text not null,"
        " url text not null, signed_as text not null, body text not null, created_at {i64} not null,"
        " tries {i64} not null, failures {i64} not null, next_at {i64}, delivered_at {i64},"
        " primary key ({shard,}id, ordinal)){heap}",
        "{file}create index notification_due on notification (next_at) where next_at is not null",
        "{server}create index notification_due on notification (shard, next_at) where next_at is not null",
        "create index notification_undelivered on notification (id, ordinal) where delivered_at is null",
        "create table notification_try ("
        " shard {i64} not null, id {i64} not null, ordinal {i64} not null, number {i64} not null,"
        " at {i64} not null, took_us {i64} not null, status {i64} not null, answer text not null,"
        " error text not null, primary key ({shard,}id, ordinal, number)){keyed}",
        "create table platform_key (id text not null primary key, private_key_pem {blob} not null,"
        " public_key_pem text not null, created_at {i64} not null){heap}",
        "create table terminal_device (shard {i64} not null, merchant_sn text not null, app_id text not null,"
        " device_id text not null, sn text not null, primary key (shard, merchant_sn, app_id, device_id))"
        "{keyed}",
        "insert into terminal_device (shard, merchant_sn, app_id, device_id, sn)"
        " select shard, merchant_sn, app_id, device_id, max(sn) from terminal"
        " group by shard, merchant_sn, app_id, device_id",
        "alter table payment add column {if_absent}notify_flags {i64} not null default 0",
        "alter table app add column {if_absent}notify_header text not null default 'bare'",
        "alter table app add column {if_absent}notify_canceled {i64} not null default 0",
        "alter table app add column {if_absent}notify_refunded {i64} not null default 0",
        "alter table app add column {if_absent}wap_as_object {i64} not null default 0",
        "alter table app add column {if_absent}long_client_sn {i64} not null default 0",
        "alter table app add column {if_absent}unique_device {i64} not null default 0",
    };
}

// Decisions that wait for a second person: of what is decided on one is open at a time. Names, by which a
// creation that is repeated is told from a new one.
std::vector<std::string> reviews_by_two() {
    return {
        "create table review_proposal (shard {i64} not null, id text not null, payment {i64} not null,"
        " request_no text not null, verdict text not null, reason text not null,"
        " amount_minor {i64} not null, amount_currency text not null, payment_version {i64} not null,"
        " proposed_by text not null, proposed_at {i64} not null, state text not null,"
        " decided_by text not null, decided_at {i64}, answer text not null,"
        " primary key (shard, id)){keyed}",
        "create unique index review_proposal_open on review_proposal (shard, payment, request_no)"
        " where state = 'proposed'",
        "create index review_proposal_newest on review_proposal (proposed_at, id)",
        "create index merchant_name on merchant (name)",
        "create index store_name on store (merchant_sn, name)"};
}

std::vector<std::string> notifications_and_reviews() {
    std::vector<std::string> all = reviews_by_two();
    for (std::string& statement : notifications()) all.push_back(std::move(statement));
    return all;
}

void note_version(sql::Session& session, int number) {
    static constexpr std::string_view note = "insert into schema_version (version) values ($1)";
    const sql::Write noted{.sql = note, .values = {std::int64_t{number}}, .expected = 1};
    const bool is_noted = !session.write({&noted, 1}) && session.settle();
    if (!is_noted || session.commit() != sql::CommitOutcome::committed) {
        throw sql::SqlError(sql::SqlError::Kind::unavailable, "migration was not committed");
    }
}

// Whoever wants a lock on a table stands before all that come after it, so it gives up soon. Groups that met
// it are run again.
void apply_together(sql::Session& session, const Migration& migration) {
    const bool is_server = session.engine() == sql::Engine::postgresql;
    session.begin(sql::Access::write);
    // Another process at the same file may have been faster: then its row is here and ours must not be run.
    if (schema_version(session) >= migration.number) return session.rollback();
    if (is_server) session.run_script("set local lock_timeout = '100ms'");
    for (const std::string& statement : migration.statements) {
        if (is_server && statement.starts_with(apart)) continue;
        const std::string text = translated(statement, session.engine());
        if (!text.empty()) session.run_script(text);
    }
    note_version(session, migration.number);
}

void apply(sql::Session& session, const Migration& migration) {
    // Most of the time nobody is held up.
    static constexpr std::string_view pause = "select 1 from pg_sleep(0.9)";
    constexpr int most_tries = 600;  // of a second
    if (session.engine() == sql::Engine::postgresql) {
        for (const std::string& statement : migration.statements) {
            const bool is_apart = statement.starts_with(apart);
            if (is_apart) session.run_script(translated(statement, session.engine()));
        }
    }
    for (int tries = 1;; ++tries) {
        try {
            return apply_together(session, migration);
        } catch (const sql::SqlError& error) {
            session.rollback();
            if (error.kind() != sql::SqlError::Kind::contention || tries == most_tries) throw;
            (void)session.query(pause, {});
        }
    }
}

// Of several processes that start on one server, one makes the tables and the others wait for it, asking
// again and again: a statement that waits would itself be waited for by an index that is made concurrently.
class InTurn {
  public:
    explicit InTurn(sql::Session& session) : session_(session) {
        static constexpr std::string_view lock = "select 1 where pg_try_advisory_lock(7210118)";
        static constexpr std::string_view pause = "select 1 from pg_sleep(0.1)";
        if (session.engine() != sql::Engine::postgresql) return;
        while (session.query(lock, {}).empty()) (void)session.query(pause, {});
    }
    InTurn(const InTurn&) = delete;
    InTurn& operator=(const InTurn&) = delete;
    ~InTurn() {
        static constexpr std::string_view unlock = "select 1 from pg_advisory_unlock(7210118)";
        try {
            session_.rollback();
            if (session_.engine() == sql::Engine::postgresql) (void)session_.query(unlock, {});
        } catch (const sql::SqlError&) {
            // The connection is gone, and the lock with it.
        }
    }

  private:
    sql::Session& session_;
};

}  // namespace

const std::vector<Migration>& migrations() {
    // 1 was a development version's, of which no store is to be kept.
    static const std::vector<Migration> all{{.number = 2, .statements = first_statements()},
                                            {.number = 3, .statements = due_by_time_in_a_file()},
                                            {.number = 4, .statements = marks_and_names_of_terminals()},
                                            {.number = 5, .statements = launched_payments()},
                                            {.number = 6, .statements = notifications_and_reviews()}};
    return all;
}

int schema_version(sql::Session& session) {
    static constexpr std::string_view last = "select coalesce(max(version), 0) from schema_version";
    const sql::Rows rows = session.query(last, {});
    return static_cast<int>(std::get<std::int64_t>(rows.at(0).at(0)));
}

core::Result<int> migrate(sql::Session& session, std::span<const Migration> steps) {
    try {
        const InTurn in_turn(session);
        session.run_script(
            translated("create table if not exists schema_version (version {i64} not null primary key)",
                       session.engine()));
        const int before = schema_version(session);
        const int newest = steps.back().number;
        if (before > newest) {
            return core::fail(core::Code::conflict, "schema_too_new",
                              "the store has schema " + std::to_string(before) + ", this program knows " +
                                  std::to_string(newest) + ": a newer program has been here");
        }
        if (before > 0 && before < steps.front().number) {
            return core::fail(core::Code::conflict, "schema_too_old",
                              "a development version's; begin with a fresh data directory");
        }
        int applied = 0;
        for (const Migration& migration : steps) {
            if (migration.number <= before) continue;
            apply(session, migration);
            ++applied;
        }
        return applied;
    } catch (const sql::SqlError& error) {
        session.rollback();
        return core::fail(core::Code::unavailable, "store_unavailable", error.what());
    }
}

}  // namespace huitong::store
