// Failure: what a repository throws when a row cannot be what we wrote (unknown state, seal of another row).
// The group runner turns it into the error of the closure that met it.
#pragma once

#include <stdexcept>
#include <string>

#include "core/result.hpp"

namespace huitong::store {

class Failure : public std::runtime_error {
  public:
    explicit Failure(core::Error error) : std::runtime_error(error.reason), error_(std::move(error)) {}
    Failure(core::Code code, std::string_view reason, std::string detail)
        : Failure(core::Error{code, std::string(reason), std::move(detail)}) {}
    [[nodiscard]] const core::Error& error() const { return error_; }

  private:
    core::Error error_;
};

// What a repository throws when others hold a row, and waiting for it while holding rows of other closures
// could go round in a ring: the group ends before this closure, which begins the next one and waits there:
// briefly in a group, longer when it is run alone.
class Busy {};

}  // namespace huitong::store
