// Desk: where the operations of the simulated WeChat are carried out by its rules and put into the words of
// its API v2 or API v3 (spec/channels 1A.4 to 1A.12, 1B.4, 3.1, 3.3).
#pragma once

#include <map>

#include "sim/desk.hpp"
#include "sim/service.hpp"
#include "sim/wechat/answers.hpp"
#include "sim/wechat/bill.hpp"
#include "sim/wechat/platform.hpp"

namespace huitong::sim::wechat {

using sim::Order;
using sim::State;

// WeChat's number of an accepted refund.
[[nodiscard]] std::string refund_id(const Refund& refund);

class Desk final : public sim::Desk {
  public:
    using Call = wechat::Call;
    using Outcome = wechat::Outcome;

    Desk(core::Random& random, const Options& options, Violations& violations);

    // For ServiceOf.
    [[nodiscard]] static bool knows(std::string_view path);
    // Of API v3 with method and target, which say what a call of it is.
    [[nodiscard]] static std::string journal_text(net::Request request);
    [[nodiscard]] std::expected<Call, Outcome> check(const net::Request& request, core::Instant now,
                                                     Seen& seen);
    // Carries the call out at `now`. `target` is what locate() found.
    [[nodiscard]] Outcome execute(const Call& call, const Target& target, core::Instant now);
    [[nodiscard]] Outcome say_not_found(const Call& call);
    [[nodiscard]] Outcome say_code(const Call& call, std::string_view err_code);
    static void show_amount(Outcome& outcome, std::int64_t fen);
    // The answer, if it arrives, tells its caller how the call ended.
    [[nodiscard]] static bool is_definite(Op op, const Outcome& outcome);
    [[nodiscard]] net::Response render(Outcome outcome, core::Instant now);
    void clear();
    // What API v3 signs with.
    [[nodiscard]] v3::Platform& platform() { return platform_; }

    [[nodiscard]] std::size_t account_count() const override { return options_.wechat_merchants.size(); }
    [[nodiscard]] std::string_view account_name(std::size_t account) const override;
    [[nodiscard]] std::string_view sub_name(const Order& order) const override;
    [[nodiscard]] std::string_view state_name(const Order& order, core::Instant now) const override;
    [[nodiscard]] std::string trade_id(const Order& order) const override;

    [[nodiscard]] NoticeText write(const Notice& notice, NoticeScript play, core::Instant now) override;
    [[nodiscard]] std::span<const core::Duration> notice_intervals() const override;
    [[nodiscard]] bool is_acknowledged(const Notice& notice, const net::Response& answer) const override;

  private:
    void tell_payment(Notice& notice, const Order& order) override;
    void tell_refund(Notice& notice, const Order& order, const Refund& refund) override;
    void tell_end(Notice& notice, const Order& order) override;
    [[nodiscard]] bool tells_end(const Launch&) const override { return false; }
    [[nodiscard]] std::optional<AutoEnd> auto_end() const override;
    [[nodiscard]] std::uint64_t refund_scope(const Order& order) const override { return order.account(); }
    [[nodiscard]] std::optional<Target> find_refund(const sim::Call& call) override;

    [[nodiscard]] Outcome micropay(const Call& call, Order& order, core::Instant now);
    [[nodiscard]] Outcome orderquery(const Call& call, Order* order, core::Instant now);
    [[nodiscard]] Outcome reverse(const Call& call, Order* order, core::Instant now);
    [[nodiscard]] Outcome close(const Call& call, Order& order, core::Instant now);
    [[nodiscard]] Outcome unifiedorder(const Call& call, Order& order, core::Instant now);
    // The numbers and codes of an order just made.
    void name_launch(Order& order, core::Instant now);
    [[nodiscard]] Outcome refund(const Call& call, const Target& target, core::Instant now);
    [[nodiscard]] std::optional<Outcome> refuse_refund(const Call& call, const Target& target,
                                                       core::Instant now);
    [[nodiscard]] Outcome refundquery(const Call& call, const Target& target);
    // The bill itself in API v2, where to get it in API v3.
    [[nodiscard]] Outcome bill(const Call& call, core::Instant now);
    [[nodiscard]] Outcome bill_file(const Call& call, core::Instant now);
    [[nodiscard]] Outcome certificates(const Call& call, core::Instant now);
    // None: nothing to bill on that day, or not yet, or no longer.
    [[nodiscard]] std::optional<std::string> write_bill_of(std::size_t account, core::Date day, BillKind kind,
                                                           core::Instant now);
    void add_lines(std::multimap<core::Instant, BillLine>& lines, const Order& order, const BillDay& day);
    [[nodiscard]] std::string openid_of(const Order& order) const;
    void add_state(Outcome& outcome, const Order& order, core::Instant now) const;
    // API v3's words.
    static void add_launch_v3(Outcome& outcome, const Launch& launch);
    void add_payment_v3(Outcome& outcome, const Order& order);
    void add_refund_v3(Outcome& outcome, const Order& order, const Refund& refund) const;
    [[nodiscard]] NoticeText write_v3(const Notice& notice, NoticeScript play, core::Instant now);
    void add_payment_fields(Outcome& outcome, const Order& order);
    void add_merchant(Outcome& outcome, const Order& order) const;
    // What the refund's notice says before it is encrypted.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> refund_notice(const Order& order,
                                                                                 const Refund& refund) const;
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> refund_notice_v3(
        const Order& order, const Refund& refund) const;
    [[nodiscard]] bool is_there(const Call& call, const Order* order) const;

    // A file of a bill that may be fetched.
    struct Ticket {
        std::size_t account = 0;
        std::string file = {};
        core::Instant until = {};
    };
    v3::Platform platform_;
    std::map<std::string, Ticket> tickets_;  // by token
};

}  // namespace huitong::sim::wechat
