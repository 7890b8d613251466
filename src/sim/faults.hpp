// Faults: what tests order to go wrong on the wire, whatever the payment code says (spec/channels 6.4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace huitong::sim {

enum class FaultAction {
    timeout,       // executed; no byte comes back for a virtual minute, then the connection closes
    reset_before,  // connection reset, not executed
    reset_after,   // executed, connection reset without an answer
    http,          // not executed; HTTP status `value` with an HTML page
    body,          // executed; the answer's body is `text`
    delay,         // executed; the answer comes `value` virtual milliseconds later
    badsign,       // executed; the answer's signature is wrong
    amount,        // executed; the answer's amount is `value` fen, correctly signed
    not_found,     // not executed; "no such order", "no such refund"
    code,          // not executed; refused with the err_code or sub_code `text`, correctly signed
    refund,        // a refund goes as its script `text` says (spec/channels 6.4); other calls are not touched
};

struct Fault {
    std::string channel = {};       // empty: any
    std::string op = {};            // empty: any
    std::string out_trade_no = {};  // empty: any
    int nth = 0;  // starts at the nth matching call since it was added; 0 and 1: at the first
    FaultAction action = FaultAction::timeout;
    std::int64_t value = 0;
    std::string text = {};
    int times = 1;  // how many calls it hits; 0: until cleared
};

// "delay:500" -> action, value, text of `fault`. reason: bad_fault
[[nodiscard]] core::Result<void> parse_fault_action(std::string_view text, Fault& fault);
// The inverse of parse_fault_action.
[[nodiscard]] std::string to_text(const Fault& fault);

class Faults {
  public:
    void add(Fault fault);
    void clear() { armed_.clear(); }
    // The fault that hits this call, if any. Counts the call for every fault that it matches.
    [[nodiscard]] std::optional<Fault> take(std::string_view channel, std::string_view op,
                                            std::string_view number);
    // Those that can still hit, with `times` = hits left.
    [[nodiscard]] std::vector<Fault> list() const;

  private:
    struct Armed {
        Fault fault;
        int seen = 0;
        int hits = 0;
    };
    std::vector<Armed> armed_;
};

}  // namespace huitong::sim
