// doctor: the channel accounts, asked over the real network with the real adapters. A query moves no money.
#include <fmt/format.h>

#include <ctime>

#include "app/config_file.hpp"
#include "app/doctor.hpp"
#include "channels/alipay/channel.hpp"
#include "channels/wechat/channel.hpp"
#include "crypto/certificate.hpp"
#include "net/http_client.hpp"

namespace huitong::app {

namespace {

using ports::ChannelAccount;

constexpr core::Duration most_skew = std::chrono::seconds(30);
constexpr core::Duration soon = std::chrono::hours(24 * 30);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110)
std::optional<core::Instant> parse_http_date(const std::string& text) {
    std::tm parts{};
    if (::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr) return std::nullopt;
    return core::from_us(static_cast<std::int64_t>(::timegm(&parts)) * 1'000'000);
}

// Remembers what the peer's clock said.
class DatingTransport final : public net::HttpTransport {
  public:
    DatingTransport(net::HttpTransport& transport, const core::Clock& clock)
        : transport_(transport), clock_(clock) {}

    task::Task<net::Response> send(net::Origin origin, net::Request request,
                                   net::CallOptions options) override {
        auto response = co_await transport_.send(std::move(origin), std::move(request), std::move(options));
        if (!response) co_return response;
        if (const auto date = response->headers.find("Date")) {
            if (const auto theirs = parse_http_date(std::string(*date))) skew = clock_.now() - *theirs;
        }
        co_return response;
    }
    std::optional<core::Duration> skew;  // ours less theirs

  private:
    net::HttpTransport& transport_;
    const core::Clock& clock_;
};

task::Task<payments::QueryAnswer> ask(ports::Channel& channel, const ChannelAccount& account,
                                      std::string number) {
    const ports::TradeRef nothing{
        .number = std::move(number), .amount = core::fen(1), .timeout = std::chrono::seconds(8)};
    co_return co_await channel.query(account, nothing);
}

void check_certificates(const ChannelAccount& account, core::Instant now, Findings& findings) {
    const std::pair<const char*, const std::string*> texts[] = {
        {"client certificate", &account.client_certificate_pem},
        {"application certificate", &account.app_certificate_pem},
        {"channel certificate", &account.channel_public_key},
        {"root certificates", &account.root_certificates_pem}};
    for (const auto& [name, pem] : texts) {
        if (!pem->contains("BEGIN CERTIFICATE")) continue;
        const std::string check = fmt::format("channel {} {}", account.id, name);
        const auto read = crypto::read_certificates(*pem);
        if (!read) {
            findings.push_back({check, Verdict::fail, "cannot be read"});
            continue;
        }
        for (const crypto::CertificateFacts& one : *read) {
            const bool is_over = one.not_after <= now;
            const Verdict verdict = is_over                      ? Verdict::fail
                                    : one.not_after < now + soon ? Verdict::warn
                                                                 : Verdict::ok;
            findings.push_back(
                {check, verdict,
                 fmt::format("{} {}", is_over ? "expired" : "good until", core::to_rfc3339(one.not_after))});
        }
    }
}

Finding judge(const ChannelAccount& account, const payments::QueryAnswer& answer,
              std::optional<core::Duration> skew) {
    Finding finding{.check = "channel " + account.id, .verdict = Verdict::ok, .text = {}};
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(answer.exchange.ended_at -
                                                                            answer.exchange.started_at);
    if (!answer.is_authentic) {
        finding.verdict = Verdict::fail;
        finding.text = fmt::format("{}: no answer that proves itself: {}", account.base_url, answer.code);
    } else if (answer.state != payments::TradeState::not_found) {
        finding.verdict = Verdict::warn;
        finding.text = fmt::format("{}: answers, but not as expected: {}", account.base_url, answer.code);
    } else {
        finding.text = fmt::format("{}: signed answer after {} ms", account.base_url, took.count());
    }
    if (!skew) return finding;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*skew);
    if (std::chrono::abs(*skew) > most_skew) {
        finding.verdict = std::max(finding.verdict, Verdict::warn);
        finding.text += fmt::format("; our clock is {} s off the channel's", seconds.count());
    }
    return finding;
}

void check_account(const ChannelAccount& account, const Config& config, OfflineStore& store,
                   Findings& findings) {
    check_certificates(account, store.time().now(), findings);
    net::HttpClient client(store.io(), store.time());
    const std::string check = "channel " + account.id;
    if (!config.trusted_ca_file.empty()) {
        const auto pem = read_file(config.trusted_ca_file);
        if (!pem || !client.set_trusted_ca(*pem))
            return findings.push_back({check, Verdict::fail, config.trusted_ca_file + ": cannot be read"});
    }
    if (!account.client_certificate_pem.empty() &&
        !client.add_client_identity(account.id, account.client_certificate_pem, account.client_key_pem))
        return findings.push_back({check, Verdict::fail, "client certificate and key do not fit"});
    DatingTransport transport(client, store.time());
    channels::wechat::WechatChannel wechat(transport, store.random(), store.time());
    channels::alipay::AlipayChannel alipay(transport, store.time());
    const bool is_wechat = account.channel == payments::ChannelKind::wechat;
    ports::Channel& channel = is_wechat ? static_cast<ports::Channel&>(wechat) : alipay;
    const auto answer = store.run(ask(channel, account, "doctor" + store.random().hex(20)));
    if (!answer) return findings.push_back({check, Verdict::fail, answer.error().reason});
    findings.push_back(judge(account, *answer, transport.skew));
}

}  // namespace

void check_channels(const Config& config, OfflineStore& store, Findings& findings) {
    const auto accounts =
        store.run(store.store().read([](ports::Tx& tx) -> core::Result<std::vector<ChannelAccount>> {
            std::vector<ChannelAccount> whole;
            for (const ChannelAccount& listed : tx.directory().list_accounts({})) {
                auto found = tx.directory().find_account(listed.id);
                if (found && found->is_active) whole.push_back(std::move(*found));
            }
            return whole;
        }));
    if (!accounts) return findings.push_back({"channels", Verdict::fail, accounts.error().reason});
    if (accounts->empty()) findings.push_back({"channels", Verdict::warn, "no active channel account"});
    for (const ChannelAccount& account : *accounts) check_account(account, config, store, findings);
}

}  // namespace huitong::app
