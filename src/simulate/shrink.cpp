#include "simulate/shrink.hpp"

#include <algorithm>

namespace huitong::simulate {

namespace {

class Shrinker {
  public:
    Shrinker(const DayOptions& options, const Failure& failure, int most_runs, const RunDay& run)
        : options_(options), failure_(failure), most_runs_(most_runs), run_day_(run) {
        for (const Item& item : make_plan(options.seed, options.length).items) {
            if (!options.only || options.only->contains(item.id)) kept_.push_back(item);
        }
    }

    Shrunk run() {
        for (std::size_t size = std::max<std::size_t>(kept_.size() / 2, 1); runs_ < most_runs_;) {
            if (!leave_out(size) && size == 1) break;
            size = std::max<std::size_t>(std::min(size / 2, kept_.size() / 2), 1);
        }
        return {.items = std::move(kept_), .failure = std::move(failure_), .runs = runs_};
    }

  private:
    // Tries to leave out each piece of that many items; true when one could be.
    bool leave_out(std::size_t size) {
        bool has_shrunk = false;
        for (std::size_t from = 0; from < kept_.size() && runs_ < most_runs_;) {
            std::vector<Item> fewer = kept_;
            const auto first = fewer.begin() + static_cast<std::ptrdiff_t>(from);
            const auto count = static_cast<std::ptrdiff_t>(std::min(size, kept_.size() - from));
            fewer.erase(first, first + count);
            if (fails(fewer)) {
                kept_ = std::move(fewer);
                has_shrunk = true;
            } else {
                from += size;
            }
        }
        return has_shrunk;
    }

    bool fails(const std::vector<Item>& items) {
        ++runs_;
        DayOptions options = options_;
        options.only.emplace();
        for (const Item& item : items) options.only->insert(item.id);
        const DayResult result = run_day_(options);
        const auto same = std::ranges::find(result.failures, failure_.rule, &Failure::rule);
        if (same == result.failures.end()) return false;
        failure_ = *same;
        return true;
    }

    const DayOptions& options_;
    Failure failure_;
    int most_runs_;
    const RunDay& run_day_;
    int runs_ = 0;
    std::vector<Item> kept_;
};

}  // namespace

Shrunk shrink(const DayOptions& options, const Failure& failure, int most_runs, const RunDay& run) {
    return Shrinker(options, failure, most_runs, run).run();
}

}  // namespace huitong::simulate
