// Desk: where the operations of the simulated Alipay are carried out by its rules and put into its words
// (spec/channels 2.3 to 2.8, 3.4).
#pragma once

#include "sim/alipay/answers.hpp"
#include "sim/desk.hpp"
#include "sim/service.hpp"

namespace huitong::sim::alipay {

class Desk final : public sim::Desk {
  public:
    using Call = alipay::Call;
    using Outcome = alipay::Outcome;

    // Throws std::invalid_argument when a merchant's key cannot be read.
    Desk(core::Random& random, const Options& options, Violations& violations);

    // For ServiceOf.
    [[nodiscard]] static bool knows(std::string_view path) { return path == "/gateway.do"; }
    // Query and body, as the parameters may be in either.
    [[nodiscard]] static std::string journal_text(net::Request request);
    [[nodiscard]] std::expected<Call, Outcome> check(const net::Request& request, core::Instant now,
                                                     Seen& seen);
    // Carries the call out at `now`. `target` is what locate() found.
    [[nodiscard]] Outcome execute(const Call& call, const Target& target, core::Instant now);
    [[nodiscard]] static Outcome say_not_found(const Call& call);
    [[nodiscard]] static Outcome say_code(const Call& call, std::string_view code);
    static void show_amount(Outcome& outcome, std::int64_t fen);
    // The answer, if it arrives, tells its caller how the call ended.
    [[nodiscard]] static bool is_definite(Op op, const Outcome& outcome);
    [[nodiscard]] net::Response render(Outcome outcome, core::Instant now);

    [[nodiscard]] std::size_t account_count() const override { return accounts_.size(); }
    [[nodiscard]] std::string_view account_name(std::size_t account) const override;
    [[nodiscard]] std::string_view sub_name(const Order& order) const override;
    [[nodiscard]] std::string_view state_name(const Order& order, core::Instant now) const override;
    [[nodiscard]] std::string trade_id(const Order& order) const override;

    [[nodiscard]] std::string return_link(const Order& order, core::Instant now) override;
    [[nodiscard]] NoticeText write(const Notice& notice, NoticeScript play, core::Instant now) override;
    [[nodiscard]] std::span<const core::Duration> notice_intervals() const override;
    [[nodiscard]] bool is_acknowledged(const Notice& notice, const net::Response& answer) const override;

  private:
    void tell_payment(Notice& notice, const Order& order) override;
    void tell_refund(Notice& notice, const Order& order, const Refund& refund) override;
    void tell_end(Notice& notice, const Order& order) override;
    [[nodiscard]] bool tells_end(const Launch& launch) const override;
    // What every notice of a trade says.
    void tell_trade(Notice& notice, const Order& order, std::string_view trade_status);
    // `fields` and what identifies the application, signed; the rule of notices leaves sign_type out.
    [[nodiscard]] codec::FormFields sign_params(const Order& order, codec::FormFields fields,
                                                NoticeScript play);
    [[nodiscard]] std::optional<AutoEnd> auto_end() const override;
    [[nodiscard]] std::uint64_t refund_scope(const Order& order) const override { return order.serial; }

    [[nodiscard]] Outcome pay(const Call& call, Order& order, core::Instant now);
    [[nodiscard]] Outcome query(const Call& call, Order& order, core::Instant now);
    [[nodiscard]] Outcome cancel(const Call& call, Order* order, core::Instant now);
    [[nodiscard]] Outcome close(const Call& call, Order& order, core::Instant now);
    [[nodiscard]] Outcome precreate(const Call& call, Order& order, core::Instant now);
    [[nodiscard]] Outcome create(const Call& call, Order& order, core::Instant now);
    // The payer comes with a string that the merchant signed: the trade appears.
    [[nodiscard]] Outcome open(const Call& call, Order& order, core::Instant now);
    // What stands in the way of preparing it; none: it was made now, or before by the same request.
    [[nodiscard]] std::optional<Outcome> refuse_launch(const Call& call, const Order& order, LaunchEnd end);
    [[nodiscard]] Outcome refund(const Call& call, const Target& target, core::Instant now);
    [[nodiscard]] std::optional<Outcome> refuse_refund(const Call& call, const Target& target,
                                                       core::Instant now);
    [[nodiscard]] Outcome refund_query(const Call& call, const Target& target);
    // Code 10000 with the trade's and the buyer's numbers.
    [[nodiscard]] Outcome speak_of(const Call& call, const Order& order) const;
    static void add_buyer(Outcome& outcome, const Order& order);
    static void add_amounts(Outcome& outcome, const Order& order);
    [[nodiscard]] static bool is_there(const Call& call, const Order* order);

    std::vector<Account> accounts_;
};

// Paid trades can be refunded that long; then they are TRADE_FINISHED.
inline constexpr core::Duration refund_window = std::chrono::hours(24 * 90);

}  // namespace huitong::sim::alipay
