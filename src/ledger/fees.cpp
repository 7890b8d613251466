#include "ledger/fees.hpp"

#include "core/assert.hpp"
#include "core/mutation.hpp"

namespace huitong::ledger {

namespace {

// whole × part / of, halves rounded up; all at least zero, so that the wider product cannot overflow.
std::int64_t share(std::int64_t whole, std::int64_t part, std::int64_t of) {
    using Wide = unsigned __int128;
    if (HUITONG_MUTATED("fee_rounded_down"))
        return static_cast<std::int64_t>(Wide(whole) * Wide(part) / Wide(of));
    return static_cast<std::int64_t>((Wide(whole) * Wide(part) * 2 + Wide(of)) / (Wide(of) * 2));
}

}  // namespace

core::Money fee_of(core::Money amount, int ppm) {
    HUITONG_ASSERT(amount.minor() >= 0 && ppm >= 0 && ppm <= most_fee_ppm, "a fee outside its amount");
    return {share(amount.minor(), ppm, most_fee_ppm), amount.currency()};
}

core::Money share_returned(core::Money whole, core::Money amount, core::Money refunded_before,
                           core::Money refunded_after) {
    HUITONG_ASSERT(amount.minor() > 0 && refunded_before.minor() >= 0 && refunded_before <= refunded_after &&
                       refunded_after <= amount && whole.minor() >= 0,
                   "a refund outside its payment");
    const auto cumulative = [&](core::Money refunded) {
        return share(whole.minor(), refunded.minor(), amount.minor());
    };
    if (HUITONG_MUTATED("fee_share_not_cumulative"))
        return {cumulative(refunded_after - refunded_before), whole.currency()};
    return {cumulative(refunded_after) - cumulative(refunded_before), whole.currency()};
}

}  // namespace huitong::ledger
