// Counts: how often each thing happened in simulated days, by name ("fault lose_answer", "payment created
// paid"), and how often it must have happened for the proof to be worth anything.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace huitong::simulate {

class Counts {
  public:
    void add(std::string_view name, std::int64_t by = 1);
    void merge(const Counts& other);
    [[nodiscard]] std::int64_t get(std::string_view name) const;
    [[nodiscard]] const std::map<std::string, std::int64_t, std::less<>>& all() const { return counts_; }

  private:
    std::map<std::string, std::int64_t, std::less<>> counts_;
};

struct Missed {
    std::string name;
    std::int64_t counted = 0;
    std::int64_t wanted = 0;
};
// The floors of docs/proof.md, of so many seeds; those for a thousand seeds are shared out.
[[nodiscard]] std::vector<Missed> missed_floors(const Counts& counts, std::int64_t seeds);

}  // namespace huitong::simulate
