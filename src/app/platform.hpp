// Platform: production wiring, one function read top to bottom: store, network, gateway and listener over the
// machine's clock in one thread. `serve` and `demo` run it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <memory>
#include <optional>

#include "app/data_dir.hpp"
#include "app/gateway.hpp"
#include "app/log.hpp"
#include "app/notify_postman.hpp"
#include "app/webhook.hpp"
#include "net/http_server.hpp"
#include "store/send_journal.hpp"
#include "store/store.hpp"

namespace huitong::app {

class Platform {
  public:
    // Locks the data directory of a SQLite store, opens and migrates the store, takes over what an earlier
    // process left, listens. `io` is not running yet and is run by this; `log` must outlive the platform.
    // Errors: those of DirLock, load_master_key, open_store, HttpClient::set_trusted_ca, HttpServer::start;
    // not_found {no_file}; unavailable {journal_failed}; denied {wrong_master_key}.
    [[nodiscard]] static core::Result<std::unique_ptr<Platform>> start(boost::asio::io_context& io,
                                                                       const Config& config, const Log& log);
    ~Platform();

    // Runs `io` until SIGTERM or SIGINT. The drain that follows gives notice first.
    void wait_for_stop();
    // After notice: /readyz says no for listen.drain_notice_ms, or until the next SIGTERM or SIGINT, while
    // all is served as before. Then stops accepting, lets requests finish until the drain time-out (those
    // that wait for a payer are answered "in progress" shortly before), ends drivers and store. Runs `io`
    // until done.
    void drain();
    // Runs `io` until SIGTERM or SIGINT.
    static void run_until_signal(boost::asio::io_context& io);

    [[nodiscard]] std::string url() const;
    [[nodiscard]] ports::StorePort& store() { return *store_; }
    [[nodiscard]] task::RealTime& time() { return time_; }
    [[nodiscard]] Gateway& gateway() { return *gateway_; }

  private:
    Platform(boost::asio::io_context& io, const Config& config, const Log& log, std::optional<DirLock> lock,
             const core::Secret& master_key);

    class Transport;
    [[nodiscard]] core::Result<void> open_journal();
    void make_webhook();
    void make_postman();
    void make_gateway(flows::SigningKey key);
    void make_admin_server(net::ServerOptions options);
    [[nodiscard]] task::Awaitable<void> give_notice();
    [[nodiscard]] task::Awaitable<void> stop();

    boost::asio::io_context& io_;
    Config config_;
    const Log& log_;
    std::optional<DirLock> lock_;  // none: a server's store takes any number of processes
    task::RealTime time_;
    core::SystemRandom random_;
    crypto::Sealer sealer_;
    LogObserver observer_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<ports::SentCalls> sent_calls_;
    std::unique_ptr<store::FileSendJournal> journal_;
    std::unique_ptr<Transport> transport_;
    std::unique_ptr<net::HttpClient> webhook_client_;
    std::unique_ptr<Webhook> webhook_;
    std::unique_ptr<net::HttpClient> notify_client_;
    std::unique_ptr<NotifyPostman> postman_;
    std::unique_ptr<Gateway> gateway_;
    std::unique_ptr<net::HttpServer> server_;
    std::unique_ptr<net::HttpServer> admin_server_;   // none: admin.listen is empty
    std::optional<boost::asio::signal_set> signals_;  // once a stop is waited for
};

[[nodiscard]] GatewayOptions gateway_options(const Config& config);
// The PEM files of a TLS listener. An empty `client_ca_file`: clients are not asked for a certificate.
// not_found {no_file}
[[nodiscard]] core::Result<net::ServerTls> read_server_tls(const std::string& certificate_file,
                                                           const std::string& key_file,
                                                           const std::string& client_ca_file);
// Runs `io` until the coroutine ends; rethrows what it threw.
void run_to_end(boost::asio::io_context& io, task::Awaitable<void> coroutine);

}  // namespace huitong::app
