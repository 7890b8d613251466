// Circuit: notices that a channel's server does not answer at all, so that new payments are refused at once
// and certainly not sent, instead of being left unknown one by one. What is already under way goes on being
// asked about, and the first answer to any of that closes the circuit again.
#pragma once

#include <set>
#include <string>
#include <unordered_map>

#include "core/time.hpp"
#include "payments/answers.hpp"

namespace huitong::flows {

struct CircuitOptions {
    int failures = 5;  // calls in a row without any answer that open it
    core::Duration pause =
        std::chrono::seconds(10);  // between two payments let through to see whether it is over
};

// By the channel's address: all accounts there share its fate. Not thread-safe.
class Circuit {
  public:
    explicit Circuit(CircuitOptions options) : options_(options) {}

    // Notes how a call went. True when that opened or closed the circuit.
    bool note(const std::string& address, const payments::Answer& answer, core::Instant now);
    // The addresses that take no new payment now. One that had its pause is not among them: the next payment
    // through it is the try.
    [[nodiscard]] std::set<std::string> unreachable(core::Instant now) const;
    // A payment goes out through that address: until its answer, or another pause, no other does.
    void note_try(const std::string& address, core::Instant now);
    [[nodiscard]] bool is_open(const std::string& address) const;

  private:
    struct Line {
        int failures = 0;
        core::Instant next_try;
    };

    CircuitOptions options_;
    std::unordered_map<std::string, Line> lines_;
};

}  // namespace huitong::flows
