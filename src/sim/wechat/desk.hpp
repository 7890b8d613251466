// Desk: where the three operations of the simulated WeChat are carried out, one at a time and without
// waiting; what takes virtual time is in the Outcome or in a Held call (spec/channels 1A.4 to 1A.6, 3.1).
#pragma once

#include <memory>
#include <vector>

#include "sim/clock.hpp"
#include "sim/journal.hpp"
#include "sim/wechat/answers.hpp"
#include "sim/wechat/books.hpp"

namespace huitong::sim::wechat {

// A pay call that is still in flight inside WeChat (scenario 22).
struct Held {
    core::Instant due;
    Call call;
    std::optional<Outcome> outcome;  // once executed
};

class Desk {
  public:
    Desk(core::Random& random, const Options& options, Violations& violations)
        : random_(random), options_(options), violations_(violations) {}

    // The order a call speaks of, settled to `now`. Null: a transaction_id nobody knows.
    [[nodiscard]] Order* locate(const Call& call, core::Instant now);
    // Books the policy rules that the arrival of this call may break (spec/channels 6.2).
    void note_arrival(Op op, Order& order, core::Instant now);
    // Remembers whether the caller learnt how its pay call ended.
    static void note_answer(Order& order, const Outcome& outcome);

    // Carries the call out at `now`. `order` is what locate() found.
    [[nodiscard]] Outcome execute(const Call& call, Order* order, core::Instant now);
    // Takes the call into flight when its code asks for that; the caller then waits until `due`. Null
    // otherwise.
    [[nodiscard]] std::shared_ptr<Held> hold(Call& call, const Order& order, core::Instant now);
    // Executes the held calls that are due, each at its own time; must come before anything looks at the
    // books.
    void run_due(core::Instant now);

    [[nodiscard]] Books& books() { return books_; }
    void clear();

  private:
    [[nodiscard]] Script script_of(const Call& call, core::Instant now) const;
    [[nodiscard]] Outcome micropay(const Call& call, Order& order, core::Instant now);
    [[nodiscard]] Outcome answer_repeat(const Call& call, const Order& order);
    [[nodiscard]] bool give_birth(const Call& call, Order& order, Script script, core::Instant now);
    [[nodiscard]] Outcome orderquery(const Call& call, Order* order, core::Instant now);
    [[nodiscard]] std::optional<Outcome> query_quirk(const Call& call, Order& order, core::Instant now);
    [[nodiscard]] Outcome reverse(const Call& call, Order* order, core::Instant now);
    [[nodiscard]] std::optional<Outcome> reverse_quirk(const Call& call, Order& order, core::Instant now);
    void add_payment_fields(Outcome& outcome, const Call& call, const Order& order) const;
    void violate(const Order& order, core::Instant now, std::string_view rule, std::string_view text);

    core::Random& random_;
    const Options& options_;
    Violations& violations_;
    Books books_;
    std::vector<std::shared_ptr<Held>> held_;  // by due, then by arrival
};

// How long a call "times out": longer than anybody listens, in virtual time.
inline constexpr core::Duration silence = std::chrono::seconds(60);

}  // namespace huitong::sim::wechat
