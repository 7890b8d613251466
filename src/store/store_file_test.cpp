// What is on the disk: committed rows survive the process, secrets do not lie there in the clear, a sealed
// value opens in its own place only, a full disk is an answer, and every table of payments leads with the
// shard.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "store/migrations.hpp"
#include "store/sample.hpp"
#include "store/store.hpp"
#include "store/store_test_support.hpp"

namespace huitong::store {
namespace {

using core::Result;
using ports::Tx;

const std::string merchant = "1680000000001";

test::WriteClosure inserting(std::int64_t n) {
    return [n](Tx& tx) -> Result<void> {
        tx.payments().insert(sample::make_intent(merchant, "order-" + std::to_string(n), n));
        return {};
    };
}

class StoreFile : public testing::Test {
  protected:
    void SetUp() override {
        directory_ =
            std::filesystem::temp_directory_path() / ("huitong-file-" + core::SystemRandom().hex(12));
        std::filesystem::create_directory(directory_);
        path_ = (directory_ / "store.db").string();
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }

    std::unique_ptr<Store> open(StoreOptions options = {}) {
        auto store = open_sqlite_store(path_, sealer_, options);
        EXPECT_TRUE(store) << store.error().detail;
        return std::move(*store);
    }
    Result<void> write(Store& store, test::WriteClosure closure) {
        return test::run(io_, store.run_write(std::move(closure)));
    }
    bool exists(Store& store, std::int64_t n) {
        return test::run(io_, store.read([n](Tx& tx) -> Result<bool> {
                   return tx.payments().find(sample::make_sn(merchant, n)).has_value();
               }))
            .value();
    }

    core::SeededRandom random_{1};
    crypto::Sealer sealer_ = test::make_sealer(random_);
    boost::asio::io_context io_;
    std::filesystem::path directory_;
    std::string path_;
};

TEST_F(StoreFile, WhatWasAnsweredSurvivesAKill) {
    const pid_t child = fork();
    if (child == 0) {
        auto store = open();
        const bool is_written = write(*store, inserting(1)).has_value();
        if (!is_written) _exit(1);
        kill(getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    const auto store = open();
    EXPECT_TRUE(exists(*store, 1));
    EXPECT_EQ(test::reason_of(write(*store, inserting(1))), "sn_taken");
}

TEST_F(StoreFile, OnlyTheOwnerMayReadTheFiles) {
    const auto store = open();
    ASSERT_TRUE(write(*store, inserting(1)));
    for (const char* suffix : {"", "-wal", "-shm"}) {
        struct stat info{};
        ASSERT_EQ(stat((path_ + suffix).c_str(), &info), 0) << suffix;
        EXPECT_EQ(info.st_mode & 0777, 0600U) << suffix;
    }
}

TEST_F(StoreFile, NoSecretIsInTheFiles) {
    const auto store = open();
    const auto written = write(*store, [](Tx& tx) -> Result<void> {
        tx.directory().insert(sample::make_vendor());
        tx.directory().insert(sample::make_terminal());
        tx.directory().insert(sample::make_account());
        const auto intent = sample::make_intent(merchant, "order-1", 1);
        tx.payments().insert(intent);
        return {};
    });
    ASSERT_TRUE(written) << written.error().reason;
    ASSERT_TRUE(write(*store, [](Tx& tx) -> Result<void> {
        const auto before = tx.payments().find(sample::make_sn(merchant, 1));
        tx.payments().apply(*before, sample::make_paid(*before));
        return {};
    }));
    std::string bytes;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
        std::ifstream file(entry.path(), std::ios::binary);
        bytes.append(std::istreambuf_iterator<char>(file), {});
    }
    EXPECT_NE(bytes.find("till-2"), std::string::npos);  // the rows are here
    for (const char* secret :
         {"0123456789abcdef0123456789abcdef", "current0current0", "previousPrevious", "apikeyapikey",
          "clientkey", "appprivatekey", "appauthtoken", "<return_code>", "<out_trade_no>"}) {
        EXPECT_EQ(bytes.find(secret), std::string::npos) << secret;
    }
}

TEST_F(StoreFile, ReopeningMigratesNothingTwice) {
    open().reset();
    const auto store = open();
    EXPECT_TRUE(write(*store, inserting(1)));
}

TEST_F(StoreFile, ANewerSchemaIsRefused) {
    open().reset();
    auto database = sql::SqliteDatabase::open(path_, {});
    (*database)->make_writer()->run_script("insert into schema_version (version) values (1000)");
    database->reset();
    const auto store = open_sqlite_store(path_, sealer_);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().reason, "schema_too_new");
}

TEST_F(StoreFile, ADevelopmentVersionsSchemaIsRefused) {
    open().reset();
    auto database = sql::SqliteDatabase::open(path_, {});
    (*database)->make_writer()->run_script(
        "delete from schema_version where version > 2; update schema_version set version = 1");
    database->reset();
    EXPECT_EQ(test::reason_of(open_sqlite_store(path_, sealer_)), "schema_too_old");
}

TEST_F(StoreFile, AnUnusablePathIsAnAnswer) {
    EXPECT_EQ(test::reason_of(open_sqlite_store("/nowhere/at/all.db", sealer_)), "store_unavailable");
}

TEST_F(StoreFile, CheckpointsKeepTheWalShort) {
    StoreOptions options;
    options.sqlite.checkpoint_pages = 20;
    options.sqlite.checkpoint_hard_pages = 60;
    const auto store = open(options);
    std::uintmax_t longest = 0;
    for (int n = 1; n <= 200; ++n) {
        ASSERT_TRUE(write(*store, inserting(n)));
        longest = std::max(longest, std::filesystem::file_size(path_ + "-wal"));
    }
    EXPECT_LT(longest, 100U * 4120U);  // without checkpoints: above 200 × 4 pages
    EXPECT_TRUE(exists(*store, 1) && exists(*store, 200));
}

TEST(Seals, AValueMovedToAnotherRowOrColumnDoesNotOpen) {
    core::SeededRandom random(1);
    const crypto::Sealer sealer = test::make_sealer(random);
    boost::asio::io_context io;
    const auto database = make_memory_database();
    const auto store = make_simulated_store(io, random, database, sealer);
    auto second = sample::make_vendor();
    second.sn = "91800002";
    ASSERT_TRUE(test::run(io, store->write([second](Tx& tx) -> Result<void> {
        tx.directory().insert(sample::make_vendor());
        tx.directory().insert(second);
        tx.directory().insert(sample::make_app());
        tx.directory().insert(sample::make_merchant());
        tx.directory().insert(sample::make_store());
        tx.directory().insert(sample::make_terminal());
        return {};
    })));
    database->run_script("update vendor set key = (select key from vendor where sn = '91800001')");
    database->run_script("update terminal set current_key = previous_key");
    const auto find_vendor = [&](const std::string& sn) {
        return test::run(io, store->read([sn](Tx& tx) -> Result<bool> {
            return tx.directory().find_vendor(sn).has_value();
        }));
    };
    EXPECT_EQ(test::reason_of(find_vendor("91800001")), "ok");
    EXPECT_EQ(test::reason_of(find_vendor("91800002")), "bad_seal");
    const auto terminal = test::run(io, store->read([](Tx& tx) -> Result<bool> {
        return tx.directory().find_terminal(sample::make_terminal().sn).has_value();
    }));
    EXPECT_EQ(test::reason_of(terminal), "bad_seal");
}

TEST(Schema, EveryRowOfAPaymentKnowsItsShardAndLiesByTime) {
    const auto database = make_memory_database();
    const std::pair<std::string, std::string> tables[] = {
        {"payment", "id"}, {"operation", "id"}, {"posting", "id"}, {"timeline", "row_id"}};
    for (const auto& [table, key] : tables) {
        const auto first = database->query("select name from pragma_table_info($1) where cid = 0", {table});
        EXPECT_EQ(std::get<std::string>(first.at(0).at(0)), "shard") << table;
        const auto keys =
            database->query("select name from pragma_table_info($1) where pk > 0 order by pk", {table});
        EXPECT_EQ(std::get<std::string>(keys.at(0).at(0)), key) << table;
    }
    const auto usage =
        database->query("select name from pragma_table_info($1) where pk = 1", {"limit_usage"});
    EXPECT_EQ(std::get<std::string>(usage.at(0).at(0)), "shard");
    const auto due =
        database->query("select name from pragma_index_info('operation_due') order by seqno", {});
    EXPECT_EQ(std::get<std::string>(due.at(0).at(0)), "next_at");
}

// A full disk refuses the group, then its closures one by one; nothing is half done, and it heals.
TEST(FullDisk, IsUnavailableAndPasses) {
    core::SeededRandom random(1);
    const crypto::Sealer sealer = test::make_sealer(random);
    boost::asio::io_context io;
    const auto database = make_memory_database();
    const auto store = make_simulated_store(io, random, database, sealer);
    database->run_script("pragma max_page_count = 1");  // no page more than there is
    std::string last = "ok";
    std::int64_t n = 0;
    for (; n < 200 && last == "ok"; ++n)
        last = test::reason_of(test::run(io, store->run_write(inserting(n + 1))));
    EXPECT_EQ(last, "commit_failed");
    database->run_script("pragma max_page_count = 100000");
    EXPECT_EQ(test::reason_of(test::run(io, store->run_write(inserting(n)))), "ok");
}

}  // namespace
}  // namespace huitong::store
