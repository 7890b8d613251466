// What people read of the platform: lists, one payment with all that is known of it, and finding a payment by
// any number somebody holds. Reads only.
#pragma once

#include <string>
#include <vector>

#include "ports/store.hpp"

namespace huitong::flows {

// A store that cannot be written to.
class Reader {
  public:
    explicit Reader(ports::StorePort& store) : store_(store) {}

    template <class F>
    [[nodiscard]] auto read(F closure) const {
        return store_.read(std::move(closure));
    }

  private:
    ports::StorePort& store_;
};

struct Dossier {
    payments::Aggregate order;
    std::vector<payments::TimelineRow> timeline;
    std::vector<ledger::Entry> entries;
    std::vector<ports::Proposal> proposals;  // newest first
};
// `with_exchanges`: with the raw bytes of what was asked and answered, which not everybody may see
// (flows/operators.hpp). not_found {no_payment}
[[nodiscard]] task::Task<Dossier> read_dossier(Reader reader, core::PaymentSn sn, bool with_exchanges);

// One of the numbers.
struct PaymentSearch {
    std::string sn;
    std::string client_sn;       // with merchant_sn
    std::string trade_no;        // the channel's; with merchant_sn
    std::string channel_number;  // ours at the channel, of any operation
    std::string merchant_sn;
};
// None or one. invalid {merchant_needed}
[[nodiscard]] task::Task<std::vector<payments::Payment>> find_payments(Reader reader, PaymentSearch search);

// A refund that machines could not prove.
struct RefundInReview {
    payments::Payment payment;
    payments::Operation refund;
};
// By payment in the order of their keys, those after `after`; `most` payments.
[[nodiscard]] task::Task<std::vector<RefundInReview>> list_refunds_in_review(Reader reader,
                                                                             core::PaymentSn after,
                                                                             std::size_t most);

struct UsedLimit {
    ports::Limit limit;
    core::Money used;  // counted today
};
// Of every merchant, store and terminal that has one, in the order of kind and number.
[[nodiscard]] task::Task<std::vector<UsedLimit>> list_used_limits(Reader reader, core::Instant now);

}  // namespace huitong::flows
