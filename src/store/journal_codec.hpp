// A sent call as bytes, for the send journal: the columns of its payment and operations by the lists the
// store itself uses. A journal carries the names of its columns, so that a later version reads it too: a
// column it did not have takes its default.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ports/send_journal.hpp"

namespace huitong::store {

// How a file begins: when it was begun, and the columns of this version.
[[nodiscard]] std::string journal_head(core::Instant begun_at);
// Throws Failure internal/bad_row.
[[nodiscard]] core::Instant begun_at(std::string_view head);

// Appends the call to `out`.
void encode_call(std::string& out, core::Instant at, const payments::Aggregate& aggregate, int seq);

class CallDecoder {
  public:
    // `head`: of the file to read. Throws Failure internal/bad_row.
    explicit CallDecoder(std::string_view head);
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
