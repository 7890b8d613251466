// Operators: the people who run the platform. Each has a role and a key that is shown once and kept as a
// hash; every act of theirs is an audit row (DESIGN.md §4, "People").
#pragma once

#include <optional>
#include <string>

#include "core/random.hpp"
#include "ports/store.hpp"
#include "task/time.hpp"

namespace huitong::flows {

// Whether that role may change anything; auditors only read.
[[nodiscard]] bool may_act(ports::Role role);
// Whether that role may read the raw exchanges with channels, which tell of payers: those who decide.
[[nodiscard]] bool may_see_exchanges(ports::Role role);
// reason: bad_role
[[nodiscard]] core::Result<ports::Role> parse_role(std::string_view text);

class Operators {
  public:
    Operators(ports::StorePort& store, task::Time& time, core::Random& random);

    struct Created {
        ports::Operator person;
        core::Secret key;  // 32 hex characters; not to be had again
    };
    // `by` is who creates; none only while there is no operator at all, and the first must be one who may
    // act. While there is an approver, only an approver makes others. Errors: denied {operator_needed,
    // may_only_read, approver_needed}; invalid {bad_name, first_must_act}; conflict {exists}.
    [[nodiscard]] task::Task<Created> create(std::optional<ports::Operator> by, std::string name,
                                             ports::Role role);
    // denied {bad_operator}: unknown, disabled or wrong key, not told apart.
    [[nodiscard]] task::Task<ports::Operator> authenticate(std::string name, core::Secret key);
    // The operators who may act besides `name` decide whether it can be disabled; approvers are enabled as
    // they are made. Errors: denied {may_only_read, approver_needed}; not_found {no_such_operator}; conflict
    // {last_operator}.
    [[nodiscard]] task::Task<void> set_active(ports::Operator by, std::string name, bool is_active);

  private:
    ports::StorePort& store_;
    task::Time& time_;
    core::Random& random_;
};

}  // namespace huitong::flows
