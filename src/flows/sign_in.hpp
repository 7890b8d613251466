// Signing in over a network: operators by name and key, and a growing pause for whoever guesses. A name that
// nobody has is treated like one with another key.
#pragma once

#include <map>
#include <string>

#include "flows/operators.hpp"

namespace huitong::flows {

struct SignInOptions {
    int free_failures = 5;                                 // in a row, of one name from one address
    core::Duration first_pause = std::chrono::minutes(1);  // doubled by each failure after it
    core::Duration longest_pause = std::chrono::minutes(16);
    core::Duration forget_after = std::chrono::hours(1);
    std::size_t most_kept = 10'000;
};

class SignIn {
  public:
    SignIn(Operators& operators, const core::Clock& clock, SignInOptions options = {})
        : operators_(operators), clock_(clock), options_(options) {}

    // `peer`: the address it comes from. Errors: denied {bad_operator}; limit {too_many_attempts}: whatever
    // the key, until pause_of() is over; unavailable {…}.
    [[nodiscard]] task::Task<ports::Operator> check(std::string name, core::Secret key, std::string peer);
    // How long that one is still refused unheard; 0: not.
    [[nodiscard]] core::Duration pause_of(const std::string& name, const std::string& peer) const;

  private:
    struct Failures {
        int count = 0;
        core::Instant last;
        core::Instant until;  // refused unheard
    };
    void note_failure(const std::string& who);
    void make_room();

    Operators& operators_;
    const core::Clock& clock_;
    SignInOptions options_;
    std::map<std::string, Failures> failures_;  // by name and address
};

}  // namespace huitong::flows
