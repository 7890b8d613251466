// The demo's stories end as they must.
#include "app/stories.hpp"

#include <gtest/gtest.h>

namespace huitong::app {
namespace {

TEST(Stories, EndAsTheyMust) {
    const StoriesReport report = play_stories(1);
    EXPECT_EQ(report.played, 13);
    EXPECT_EQ(report.failed, 0) << report.text;
}

}  // namespace
}  // namespace huitong::app
