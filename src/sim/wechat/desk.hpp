// Desk: where the operations of the simulated WeChat are carried out by its rules and put into its words
// (spec/channels 1A.4 to 1A.10, 3.1, 3.3).
#pragma once

#include "sim/desk.hpp"
#include "sim/service.hpp"
#include "sim/wechat/answers.hpp"

namespace huitong::sim::wechat {

using sim::Order;
using sim::State;

class Desk final : public sim::Desk {
  public:
    using Call = wechat::Call;
    using Outcome = wechat::Outcome;

    Desk(core::Random& random, const Options& options, Violations& violations);

    // For ServiceOf.
    [[nodiscard]] static bool knows(std::string_view path);
    [[nodiscard]] static std::string journal_text(net::Request request) { return std::move(request.body); }
    [[nodiscard]] std::expected<Call, Outcome> check(const net::Request& request, core::Instant now,
                                                     Seen& seen);
    // Carries the call out at `now`. `target` is what locate() found.
    [[nodiscard]] Outcome execute(const Call& call, const Target& target, core::Instant now);
    [[nodiscard]] Outcome say_not_found(const Call& call);
    [[nodiscard]] Outcome say_code(const Call& call, std::string_view err_code);
    static void show_amount(Outcome& outcome, std::int64_t fen);
    // The answer, if it arrives, tells its caller how the call ended.
    [[nodiscard]] static bool is_definite(Op op, const Outcome& outcome);
    [[nodiscard]] static net::Response render(Outcome outcome) { return wechat::render(std::move(outcome)); }

    [[nodiscard]] std::size_t account_count() const override { return options_.wechat_merchants.size(); }
    [[nodiscard]] std::string_view account_name(std::size_t account) const override;
    [[nodiscard]] std::string_view sub_name(const Order& order) const override;
    [[nodiscard]] std::string_view state_name(const Order& order, core::Instant now) const override;
    [[nodiscard]] std::string trade_id(const Order& order) const override;

    [[nodiscard]] NoticeText write(const Notice& notice, NoticeScript play, core::Instant now) override;
    [[nodiscard]] std::span<const core::Duration> notice_intervals() const override;
    [[nodiscard]] bool is_acknowledged(const net::Response& answer) const override;

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
    void add_payment_fields(Outcome& outcome, const Order& order);
    void add_merchant(Outcome& outcome, const Order& order) const;
    // What the refund's notice says before it is encrypted.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> refund_notice(const Order& order,
                                                                                 const Refund& refund) const;
    [[nodiscard]] bool is_there(const Call& call, const Order* order) const;
};

}  // namespace huitong::sim::wechat
