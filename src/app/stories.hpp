// Stories: what the demo plays in the simulated platform before it serves: thirteen ways a sale can go, each
// through the real HTTP handler, each with the end it must have.
#pragma once

#include <string>

#include "core/result.hpp"

namespace huitong::app {

struct StoriesReport {
    std::string text;  // the timelines, for people
    int played = 0;
    int failed = 0;  // stories that did not end as they must
};

[[nodiscard]] StoriesReport play_stories(std::uint64_t seed);

}  // namespace huitong::app
