// Where a distributed PostgreSQL keeps each table is said once, by the statements of docs/scale.md. Every
// table is in one of their lists, and the keys of what is placed by shard allow it. What the same page says
// about partitions is run here as it stands.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>

#include "sql/pg_session.hpp"
#include "sql/private_postgresql.hpp"
#include "store/migrations.hpp"
#include "store/sample.hpp"
#include "store/store.hpp"
#include "store/store_test_support.hpp"

namespace huitong::store {
namespace {

sql::PrivatePostgresql& server() {
    static sql::PrivatePostgresql shared(false);
    return shared;
}

// The statements of the SQL block of docs/scale.md that begins with the comment `-- title`.
std::vector<std::string> statements_of(const std::string& title) {
    std::ifstream file(std::string(HUITONG_SOURCE_DIR) + "/docs/scale.md");
    const std::string page{std::istreambuf_iterator<char>(file), {}};
    const std::string opening = "```sql\n-- " + title;
    const auto block = page.find(opening);
    EXPECT_NE(block, std::string::npos) << title;
    if (block == std::string::npos) return {};
    const auto from = page.find('\n', block + opening.size()) + 1;
    const std::string text = page.substr(from, page.find("```", from) - from);
    std::vector<std::string> statements;
    for (std::size_t at = 0, end = 0; (end = text.find(";\n", at)) != std::string::npos; at = end + 2)
        statements.push_back(text.substr(at, end - at));
    return statements;
}

std::set<std::string> texts(sql::Session& session, const std::string& query) {
    std::set<std::string> found;
    for (const sql::Row& row : session.query(query, {})) found.insert(std::get<std::string>(row.at(0)));
    return found;
}

// Table -> the function that places it.
std::map<std::string, std::string> placements() {
    static const std::regex placing(
        R"(select (create_distributed_table|create_reference_table|citus_add_local_table_to_metadata))"
        R"(\('(\w+)')");
    std::map<std::string, std::string> placed;
    for (const std::string& statement : statements_of("placing")) {
        std::smatch match;
        if (!std::regex_search(statement, match, placing)) {
            ADD_FAILURE() << "places nothing: " << statement;
        } else {
            EXPECT_TRUE(placed.emplace(match[2], match[1]).second) << match[2] << " twice";
        }
    }
    return placed;
}

TEST(Placement, EveryTableHasItsPlace) {
    const auto session = sql::make_postgresql_session(server().make_database());
    ASSERT_TRUE(migrate(*session));
    for (const std::string& statement : statements_of("before placing")) session->run_script(statement);
    const auto placed = placements();
    std::set<std::string> known;
    for (const auto& [table, how] : placed) known.insert(table);
    EXPECT_EQ(known, texts(*session, "select tablename::text from pg_tables where schemaname = 'public'"));

    const auto by_shard = texts(*session,
                                "select table_name::text from information_schema.columns"
                                " where table_schema = 'public' and column_name = 'shard' and table_name in"
                                " (select tablename from pg_tables)");
    for (const auto& [table, how] : placed)
        EXPECT_EQ(how == "create_distributed_table", by_shard.contains(table)) << table;
    const auto keys_without_shard =
        texts(*session,
              "select i.indexrelid::regclass::text from pg_index i join pg_attribute a"
              " on a.attrelid = i.indrelid and a.attname = 'shard'"
              " where i.indisunique and i.indrelid in (select oid from pg_class where relkind = 'r')"
              " and i.indkey[0] <> a.attnum");
    EXPECT_EQ(keys_without_shard, std::set<std::string>{}) << "a key that holds in one shard only";
    for (const std::string& table : by_shard) {
        EXPECT_EQ(texts(*session,
                        "select indexrelid::regclass::text from pg_index where indisprimary and"
                        " indrelid = '" +
                            table + "'::regclass")
                      .size(),
                  1U)
            << table << " has no primary key";
    }
}

// On the tables as they are, with rows in them; payments go on, and the old part can be taken away.
TEST(Partitions, AreMadeOfTablesWithRowsInThem) {
    const std::string merchant = "1680000000001";
    core::SystemRandom random;
    const crypto::Sealer sealer = test::make_sealer(random);
    boost::asio::io_context io;
    const std::shared_ptr session = sql::make_postgresql_session(server().make_database());
    ASSERT_TRUE(migrate(*session));
    const auto store = make_simulated_store(io, random, session, sealer);
    const auto sell = [&](std::int64_t n) {
        const auto intent = sample::make_intent(merchant, "order-" + std::to_string(n), n);
        return test::reason_of(test::run(io, store->write([&](ports::Tx& tx) -> core::Result<void> {
                   tx.payments().insert(intent);
                   return {};
               }))) +
               " " + test::reason_of(test::run(io, store->write([&](ports::Tx& tx) -> core::Result<void> {
                   tx.payments().apply(*tx.payments().find(intent.payment.sn), sample::make_paid(intent));
                   return {};
               })));
    };
    const auto rows_of = [&](const std::string& table) {
        return std::get<std::int64_t>(session->query("select count(*) from " + table, {}).at(0).at(0));
    };
    const std::int64_t in_2027 = 90'000'000;  // seconds after the first of the sample's
    EXPECT_EQ(sell(1), "ok ok");
    for (const std::string& statement : statements_of("partitions of timeline"))
        session->run_script(statement);
    EXPECT_EQ(sell(2), "ok ok");
    EXPECT_EQ(sell(in_2027), "ok ok");
    EXPECT_EQ(rows_of("timeline"), 3);
    EXPECT_EQ(rows_of("timeline_before"), 2);
    EXPECT_EQ(rows_of("timeline_2027_01"), 1);
    for (const std::string& statement : statements_of("taking old days away")) session->run_script(statement);
    EXPECT_EQ(rows_of("timeline"), 1);
    EXPECT_EQ(sell(in_2027 + 1), "ok ok");
}

}  // namespace
}  // namespace huitong::store
