// A sent call as bytes, for the send journal: the columns of its payment and operations by the lists the
// store itself uses. A journal carries the names of its columns, so that a later version reads it too: a
// column it did not have takes its default.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ports/send_journal.hpp"

namespace huitong::store {

// The columns of this version.
[[nodiscard]] std::string journal_schema();

// Appends the call to `out`.
void encode_call(std::string& out, core::Instant at, const payments::Aggregate& aggregate, int seq);

class CallDecoder {
  public:
    // `schema`: of the journal to read. Throws Failure internal/bad_row.
    explicit CallDecoder(std::string_view schema);
    // Every call of a group. Throws Failure internal/bad_row.
    [[nodiscard]] std::vector<ports::SentCall> decode(std::string_view group) const;

  private:
    // Where each column of this version stands in the journal; -1: it has none.
    std::vector<int> payment_places_;
    std::vector<int> operation_places_;
    std::size_t payment_width_ = 0;
    std::size_t operation_width_ = 0;
};

}  // namespace huitong::store
