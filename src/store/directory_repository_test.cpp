// The directory and the audit log: every field comes back, every conflict has its name.
#include <gtest/gtest.h>

#include "sql/private_postgresql.hpp"
#include "store/columns.hpp"
#include "store/directory_rows.hpp"
#include "store/sample.hpp"
#include "store/store.hpp"
#include "store/store_test_support.hpp"

namespace huitong::store {
namespace {

using core::Result;
using ports::Tx;

// Compares by columns: secrets must not be compared, so they are revealed here. Not a seal: plain text.
class TextVisitor {
  public:
    void operator()(std::string_view name, const core::Secret& secret) {
        add(name, std::string(secret.reveal()));
    }
    void operator()(std::string_view name, const std::string& value) { add(name, value); }
    void operator()(std::string_view name, std::int64_t number) { add(name, std::to_string(number)); }
    void operator()(std::string_view name, core::Instant at) { add(name, std::to_string(core::to_us(at))); }
    void operator()(std::string_view name, const std::optional<int>& number) {
        add(name, number ? std::to_string(*number) : "none");
    }
    template <class E>
        requires std::is_enum_v<E>
    void operator()(std::string_view name, E value) {
        add(name, std::string(name_of(value)));
    }
    std::string text;

  private:
    void add(std::string_view name, const std::string& value) {
        text += std::string(name) + "=" + value + "\n";
    }
};

template <class T>
std::string text_of(const T& row) {
    TextVisitor visitor;
    visit_row(row, visitor);
    return visitor.text;
}

enum class Kind { memory, postgresql };

class DirectoryRows : public testing::TestWithParam<Kind> {
  protected:
    void SetUp() override {
        if (GetParam() == Kind::memory) {
            store_ = make_simulated_store(io_, random_, make_memory_database(), sealer_);
        } else {
            static sql::PrivatePostgresql server(false);
            store_ = std::move(*open_postgresql_store(server.make_database(), sealer_));
        }
        ASSERT_EQ(write([](Tx& tx) {
                      auto& directory = tx.directory();
                      directory.insert(sample::make_vendor());
                      directory.insert(sample::make_app());
                      directory.insert(sample::make_merchant());
                      directory.insert(sample::make_store());
                      directory.insert(sample::make_code());
                      directory.insert(sample::make_terminal());
                      directory.insert(sample::make_account());
                      directory.insert(sample::make_operator());
                  }),
                  "ok");
    }
    template <class F>
    std::string write(F change) {
        return test::reason_of(test::run(io_, store_->write([change](Tx& tx) -> Result<void> {
            change(tx);
            return {};
        })));
    }
    template <class F>
    auto read(F closure) {
        auto result = test::run(io_, store_->read([closure](Tx& tx) -> Result<std::invoke_result_t<F, Tx&>> {
            return closure(tx);
        }));
        EXPECT_TRUE(result) << result.error().reason << " " << result.error().detail;
        return std::move(*result);
    }
    ports::TerminalView terminal() {
        return *read([](Tx& tx) { return tx.directory().find_terminal(sample::make_terminal().sn); });
    }

    core::SeededRandom random_{1};
    crypto::Sealer sealer_ = test::make_sealer(random_);
    boost::asio::io_context io_;
    std::unique_ptr<Store> store_;
};

TEST_P(DirectoryRows, EveryFieldComesBack) {
    const auto find = [this](auto get, const std::string& key) {
        return text_of(*read([=](Tx& tx) { return (tx.directory().*get)(key); }));
    };
    using D = ports::DirectoryRepository;
    EXPECT_EQ(find(&D::find_vendor, "91800001"), text_of(sample::make_vendor()));
    EXPECT_EQ(find(&D::find_app, "2024030500000001"), text_of(sample::make_app()));
    EXPECT_EQ(find(&D::find_merchant, "1680000000001"), text_of(sample::make_merchant()));
    EXPECT_EQ(find(&D::find_store, "1700000000002"), text_of(sample::make_store()));
    EXPECT_EQ(find(&D::find_code, "12345678"), text_of(sample::make_code()));
    EXPECT_EQ(find(&D::find_account, "wx-main"), text_of(sample::make_account()));
    EXPECT_EQ(find(&D::find_operator, "alice"), text_of(sample::make_operator()));
    const ports::TerminalView view = terminal();
    EXPECT_EQ(text_of(view.terminal), text_of(sample::make_terminal()));
    EXPECT_EQ(view.merchant_name, "Merchant 商户");
    EXPECT_EQ(view.store_name, "Store");
    EXPECT_TRUE(view.is_store_active && view.is_merchant_active);
    EXPECT_FALSE(read([](Tx& tx) { return tx.directory().find_vendor("nobody"); }));
    EXPECT_FALSE(read([](Tx& tx) { return tx.directory().find_terminal("100000000000000000"); }));
    EXPECT_FALSE(read([](Tx& tx) { return tx.directory().find_terminal("not a number"); }));
}

TEST_P(DirectoryRows, ListsKeepKeysToThemselves) {
    const auto vendors = read([](Tx& tx) { return tx.directory().list_vendors({}); });
    ASSERT_EQ(vendors.size(), 1U);
    EXPECT_EQ(vendors[0].name, "Vendor");
    EXPECT_TRUE(vendors[0].key.empty());
    const auto terminals = read([](Tx& tx) { return tx.directory().list_terminals({}); });
    ASSERT_EQ(terminals.size(), 1U);
    EXPECT_EQ(terminals[0].client_sn, "till-2");
    EXPECT_TRUE(terminals[0].current_key.empty() && terminals[0].previous_key.empty());
    const auto accounts = read([](Tx& tx) { return tx.directory().list_accounts({}); });
    ASSERT_EQ(accounts.size(), 1U);
    EXPECT_TRUE(accounts[0].api_key.empty() && accounts[0].client_key_pem.empty());
    EXPECT_TRUE(accounts[0].app_private_key.empty() && accounts[0].app_auth_token.empty());
    EXPECT_EQ(read([](Tx& tx) { return tx.directory().list_apps({}).size(); }), 1U);
    EXPECT_EQ(read([](Tx& tx) { return tx.directory().list_merchants({}).size(); }), 1U);
    EXPECT_EQ(read([](Tx& tx) { return tx.directory().list_stores({}).size(); }), 1U);
    EXPECT_EQ(read([](Tx& tx) { return tx.directory().list_codes({}).size(); }), 1U);
    EXPECT_EQ(read([](Tx& tx) { return tx.directory().list_operators({}).size(); }), 1U);
}

TEST_P(DirectoryRows, TakenKeysAreConflicts) {
    EXPECT_EQ(write([](Tx& tx) { tx.directory().insert(sample::make_vendor()); }), "exists");
    EXPECT_EQ(write([](Tx& tx) { tx.directory().insert(sample::make_operator()); }), "exists");
    EXPECT_EQ(write([](Tx& tx) { tx.directory().insert(sample::make_terminal()); }), "exists");
    auto twin = sample::make_terminal();
    twin.sn.back() = '9';
    EXPECT_EQ(write([twin](Tx& tx) { tx.directory().insert(twin); }), "client_sn_taken");
    twin.client_sn.clear();
    EXPECT_EQ(write([twin](Tx& tx) { tx.directory().insert(twin); }), "ok");
    twin.sn.back() = '8';  // the empty one is no number: as often as you like
    EXPECT_EQ(write([twin](Tx& tx) { tx.directory().insert(twin); }), "ok");
}

TEST_P(DirectoryRows, ALimitedCodeIsUsedUpAndAnUnlimitedIsNot) {
    const auto use = [this](const ports::ActivationCode& code) {
        return write([code](Tx& tx) { tx.directory().use_code(code); });
    };
    const auto code = sample::make_code();
    EXPECT_EQ(use(code), "ok");
    EXPECT_EQ(use(code), "ok");
    EXPECT_EQ(use(code), "code_used_up");
    EXPECT_EQ(read([](Tx& tx) { return tx.directory().find_code("12345678"); })->uses_left, 0);
    auto unlimited = sample::make_code();
    unlimited.code = "87654321";
    unlimited.uses_left.reset();
    EXPECT_EQ(write([unlimited](Tx& tx) { tx.directory().insert(unlimited); }), "ok");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(use(unlimited), "ok");
    EXPECT_FALSE(read([](Tx& tx) { return tx.directory().find_code("87654321"); })->uses_left);
}

TEST_P(DirectoryRows, ACheckInChangesKeysOfTheVersionItSaw) {
    auto changed = sample::make_terminal();
    changed.previous_key = changed.current_key;
    changed.current_key = core::Secret("newKeynewKeynewKeynewKeynewKey12");
    changed.device_id = "device-9";
    changed.name = "name-9";
    changed.os_info = "os-9";
    changed.sdk_version = "sdk-9";
    changed.last_checkin_at += std::chrono::hours(1);
    EXPECT_EQ(write([changed](Tx& tx) { tx.directory().update_terminal(changed); }), "ok");
    auto wanted = changed;
    wanted.version = changed.version + 1;
    EXPECT_EQ(text_of(terminal().terminal), text_of(wanted));
    EXPECT_EQ(write([changed](Tx& tx) { tx.directory().update_terminal(changed); }), "stale");
}

TEST_P(DirectoryRows, EveryKindIsSwitchedOffAlone) {
    const auto set = [this](const std::string& kind, const std::string& key, bool is_active) {
        return write([=](Tx& tx) { tx.directory().set_active(kind, key, is_active); });
    };
    EXPECT_EQ(set("store", "1700000000002", false), "ok");
    EXPECT_FALSE(terminal().is_store_active);
    EXPECT_TRUE(terminal().is_merchant_active && terminal().terminal.is_active);
    EXPECT_EQ(set("store", "1700000000002", true), "ok");
    EXPECT_EQ(set("merchant", "1680000000001", false), "ok");
    EXPECT_FALSE(terminal().is_merchant_active);
    EXPECT_TRUE(terminal().is_store_active && terminal().terminal.is_active);
    EXPECT_EQ(set("terminal", sample::make_terminal().sn, false), "ok");
    EXPECT_FALSE(terminal().terminal.is_active);
    EXPECT_EQ(set("vendor", "91800001", false), "ok");
    EXPECT_FALSE(read([](Tx& tx) { return tx.directory().find_vendor("91800001"); })->is_active);
    EXPECT_EQ(set("app", "2024030500000001", false), "ok");
    EXPECT_FALSE(read([](Tx& tx) { return tx.directory().find_app("2024030500000001"); })->is_active);
    EXPECT_EQ(set("operator", "alice", false), "ok");
    EXPECT_FALSE(read([](Tx& tx) { return tx.directory().find_operator("alice"); })->is_active);
    const auto accounts = [this](payments::ChannelKind channel) {
        return read([=](Tx& tx) { return tx.directory().find_accounts("1680000000001", channel).size(); });
    };
    EXPECT_EQ(accounts(payments::ChannelKind::alipay), 1U);
    EXPECT_EQ(accounts(payments::ChannelKind::wechat), 0U);
    EXPECT_EQ(set("channel_account", "wx-main", false), "ok");
    EXPECT_EQ(accounts(payments::ChannelKind::alipay), 0U);
    EXPECT_EQ(set("merchant", "nobody", false), "not_found");
    EXPECT_EQ(set("terminal", "nobody", false), "not_found");
    EXPECT_EQ(set("planet", "earth", false), "bad_kind");
}

TEST_P(DirectoryRows, OfSeveralAccountsTheLowestPriorityComesFirstThenTheId) {
    auto account = sample::make_account();
    for (const auto& [id, priority] : {std::pair{"a-last", 4}, {"zz-first", 2}, {"aa-main", 3}}) {
        account.id = id;
        account.priority = priority;
        EXPECT_EQ(write([account](Tx& tx) { tx.directory().insert(account); }), "ok");
    }
    std::string ids;
    for (const auto& each : read([](Tx& tx) {
             return tx.directory().find_accounts("1680000000001", payments::ChannelKind::alipay);
         }))
        ids += each.id + " ";
    EXPECT_EQ(ids, "zz-first aa-main wx-main a-last ");
}

TEST_P(DirectoryRows, TheAuditLogOnlyGrowsInOrder) {
    EXPECT_FALSE(read([](Tx& tx) { return tx.audit().last(); }));
    for (int id = 1; id <= 3; ++id) {
        EXPECT_EQ(write([id](Tx& tx) { tx.audit().append(sample::make_audit_row(id)); }), "ok");
    }
    EXPECT_EQ(write([](Tx& tx) { tx.audit().append(sample::make_audit_row(3)); }), "stale");
    EXPECT_EQ(text_of(*read([](Tx& tx) { return tx.audit().last(); })), text_of(sample::make_audit_row(3)));
    const auto rows = read([](Tx& tx) { return tx.audit().read(1, 1); });
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(text_of(rows[0]), text_of(sample::make_audit_row(2)));
}

INSTANTIATE_TEST_SUITE_P(Everywhere, DirectoryRows, testing::Values(Kind::memory, Kind::postgresql),
                         [](const auto& info) {
                             return std::string(info.param == Kind::memory ? "memory" : "postgresql");
                         });

}  // namespace
}  // namespace huitong::store
