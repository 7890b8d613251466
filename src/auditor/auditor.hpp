// Auditor: an independent witness of a simulated platform. It listens on the wires between tills, gateway and
// channels, keeps a book of its own of what was asked, done and told, and compares that book with the
// channels' statements and the rows of the platform's database. It shares no code with ledger, payments,
// store, channels or APIs: what they get wrong together, it must not get wrong with them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auditor/statement.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "net/http_client.hpp"
#include "net/message.hpp"
#include "sql/session.hpp"

namespace huitong::auditor {

// Who listens where.
struct Sides {
    net::Origin gateway;
    net::Origin wechat;
    net::Origin alipay;
};

struct Terminal {
    std::string sn;
    std::string merchant_sn;
    std::string store_sn;
};

// A merchant's account at a channel, as it was agreed: what is paid there is theirs, less these fees.
struct Account {
    std::string id;  // the platform's name for it
    std::string merchant_sn;
    Side side = Side::wechat;
    std::string at_channel;             // WeChat's mch_id, Alipay's app_id
    std::int64_t channel_fee_ppm = 0;   // millionths of the amount
    std::int64_t merchant_fee_ppm = 0;  // likewise
};

// What a terminal, store or merchant may receive, in fen.
struct Limit {
    std::string kind;  // "terminal", "store", "merchant"
    std::string subject;
    std::optional<std::int64_t> per_payment = {};
    std::optional<std::int64_t> per_day = {};  // of UTC+8
};

// Something that must not be. `rule` is a stable token ("told_paid_unproven"); the rest names the order it is
// about, as far as it is about one.
struct Finding {
    core::Instant at;
    std::string rule;
    std::string merchant_sn = {};
    std::string client_sn = {};
    std::string number = {};  // at the channel
    std::string text = {};    // for people
};

// What may still be under way when the books are compared.
struct Patience {
    core::Duration unresolved = std::chrono::minutes(45);  // a payment that is neither final nor in review
    core::Duration undelivered = std::chrono::hours(2);    // an alert
};

class Auditor {
  public:
    // `clock` must outlive it.
    Auditor(const core::Clock& clock, Sides sides);
    ~Auditor();
    Auditor(const Auditor&) = delete;
    Auditor& operator=(const Auditor&) = delete;

    void know_terminal(Terminal terminal);
    // Of a merchant without known accounts any is taken.
    void know_account(Account account);
    // Once one is known, what no known limit bounds is unlimited.
    void know_limit(Limit limit);

    // The wires. Calls are numbered by whoever carries them.
    void on_sent(std::uint64_t call, const net::Origin& to, const net::Request& request);
    // The peer has it; a copy is the network's own repetition of the same bytes.
    void on_arrived(std::uint64_t call, bool is_copy);
    // What the peer answered, before the network touched it.
    void on_answered(std::uint64_t call, const net::Response& answer, bool is_copy);
    // What the caller got.
    void on_heard(std::uint64_t call, const core::Result<net::Response>& answer);

    // What happened to the platform, and what people decided there.
    void on_crash(std::string_view how);
    void on_restore(core::Instant backup_at);
    void on_decision(const std::string& merchant_sn, const std::string& client_sn, std::string_view verdict);
    void on_refund_decision(const std::string& merchant_sn, const std::string& client_sn,
                            const std::string& request_no, std::string_view verdict);
    // Alerts as the operators' webhook received them, by id.
    void on_alert_delivered(const std::string& id);

    // Its book against the channels' statements and the platform's rows, as they stand now. Nothing may be on
    // its way on the wires. Findings of the wires are in findings() as they happen; both are kept there.
    void compare(const Statement& statement, sql::Session& platform, Patience patience = {});
    // What holds among the platform's own rows at any instant, also of a day that is not over.
    void look(sql::Session& platform, Patience patience = {});
    [[nodiscard]] const std::vector<Finding>& findings() const;
    // What the wires saw, by name: "till_call", "wechat_refund", "told_PAY_SUCCESS", and what is no finding
    // by itself: "gateway_500_UNKNOWN_SYSTEM_ERROR", "gateway_http_503", "till_heard_nothing".
    [[nodiscard]] const std::map<std::string, std::uint64_t, std::less<>>& counts() const;

    // What the wires saw of the order a finding is about, in the order of time, one line each: for people.
    [[nodiscard]] std::vector<std::string> story(const Finding& finding) const;

    struct Book;

  private:
    void read(sql::Session& platform, const std::function<void()>& judge);

    std::unique_ptr<Book> book_;
};

}  // namespace huitong::auditor
