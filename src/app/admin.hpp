// What every `huitong admin` act needs: the store of a configuration or data directory, the operator who
// acts, and one way to print. An act works while a `serve` runs on the same store.
#pragma once

#include <CLI/App.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "app/commands.hpp"
#include "app/config.hpp"
#include "flows/decide.hpp"
#include "flows/limits.hpp"
#include "flows/onboard.hpp"
#include "flows/operators.hpp"
#include "store/store.hpp"

namespace huitong::app {

// Options that stand before or after the act.
struct AdminOptions {
    std::string config_file;
    std::string data_dir;
    std::string operator_name;
    std::string key;
    bool is_json = false;
};

class Admin {
  public:
    // Opens an existing store. Errors: those of load_config, load_master_key, open_store; not_found
    // {no_store}.
    [[nodiscard]] static core::Result<std::unique_ptr<Admin>> open(const AdminOptions& options);
    ~Admin();

    // Runs a story to its end.
    template <class T>
    core::Result<T> run(task::Task<T> story);
    // The operator named by --operator and --key. denied {bad_operator, operator_needed}
    [[nodiscard]] core::Result<ports::Operator> who();
    // True when there is no operator yet, so that the first may be created without one.
    [[nodiscard]] core::Result<bool> is_unclaimed();

    [[nodiscard]] ports::StorePort& store() { return *store_; }
    [[nodiscard]] const Config& config() const { return config_; }
    [[nodiscard]] core::Instant now() const { return time_.now(); }
    [[nodiscard]] flows::Onboard& onboard() { return onboard_; }
    [[nodiscard]] flows::Operators& operators() { return operators_; }
    [[nodiscard]] flows::Desk& desk() { return desk_; }
    [[nodiscard]] flows::Reviews& reviews() { return reviews_; }

  private:
    Admin(const AdminOptions& options, Config config, const core::Secret& master_key);

    AdminOptions options_;
    Config config_;
    boost::asio::io_context io_{1};
    task::RealTime time_{io_};
    core::SystemRandom random_;
    crypto::Sealer sealer_;
    std::unique_ptr<store::Store> store_;
    flows::Onboard onboard_;
    flows::Operators operators_;
    flows::Desk desk_;
    flows::Reviews reviews_;

    [[nodiscard]] static core::Result<std::unique_ptr<store::Store>> open_store(const Config& config,
                                                                                const crypto::Sealer& sealer);
};

// An act by an authenticated operator: returns the exit code.
using AdminAct = std::function<core::Result<int>(Admin&, const ports::Operator&)>;
// The action that opens the store, checks the operator and acts.
[[nodiscard]] Action admin_action(std::shared_ptr<AdminOptions> options, AdminAct act);

using Rows = std::vector<codec::JsonObject>;
// A JSON array, or aligned columns for people.
void print_rows(const Rows& rows, bool is_json);
// One object: JSON, or "name: value" lines.
void print_object(const codec::JsonObject& object, bool is_json);

void add_admin_directory(CLI::App& admin, const std::shared_ptr<AdminOptions>& options, Action& action);
void add_admin_payment(CLI::App& admin, const std::shared_ptr<AdminOptions>& options, Action& action);
void add_admin_audit(CLI::App& admin, const std::shared_ptr<AdminOptions>& options, Action& action);

template <class T>
core::Result<T> Admin::run(task::Task<T> story) {
    std::optional<core::Result<T>> result;
    std::exception_ptr failure;
    boost::asio::co_spawn(io_, std::move(story), [&](std::exception_ptr thrown, core::Result<T> done) {
        failure = thrown;
        result = std::move(done);
    });
    io_.restart();
    while (!result) io_.run_one();
    if (failure) std::rethrow_exception(failure);
    return std::move(*result);
}

}  // namespace huitong::app
