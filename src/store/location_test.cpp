// Where a store lies, and opening it by that: a file beside a directory, or a server.
#include "store/location.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "sql/pg_address.hpp"
#include "sql/private_postgresql.hpp"
#include "store/store_test_support.hpp"

namespace huitong::store {
namespace {

TEST(Location, OfAFileIsRelativeToItsDirectory) {
    EXPECT_EQ(parse_location("sqlite:a.db", "/srv")->target, "/srv/a.db");
    EXPECT_EQ(parse_location("sqlite:/x/a.db", "/srv")->target, "/x/a.db");
    for (const char* bad : {"", "sqlite:", "a.db", "mysql://h/d", "postgresql:h"})
        EXPECT_EQ(test::reason_of(parse_location(bad, "/srv")), "bad_store_url") << bad;
}

TEST(Location, NeverShowsAPassword) {
    const auto location = parse_location("postgresql://u:hush%20hush@h/d", "/srv");
    ASSERT_TRUE(location);
    EXPECT_EQ(location->engine, sql::Engine::postgresql);
    EXPECT_EQ(location->shown, "postgresql://u:********@h/d");
    const auto bad = parse_location("postgresql://u:hush%zz@h/d", "/srv");
    ASSERT_FALSE(bad);
    EXPECT_FALSE(bad.error().detail.contains("hush"));
}

TEST(Location, AServerThatRefusesIsSaidWithoutThePassword) {
    core::SystemRandom random;
    const crypto::Sealer sealer = test::make_sealer(random);
    const auto location = parse_location("postgresql://u:hush@127.0.0.1:1/d", "/srv");
    const auto opened = open_store(*location, sealer);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().reason, "store_unavailable");
    EXPECT_TRUE(opened.error().detail.contains("cannot connect")) << opened.error().detail;
    EXPECT_FALSE(opened.error().detail.contains("hush"));
    EXPECT_EQ(test::reason_of(store_exists(*location)), "store_unavailable");
}

TEST(Location, AStoreIsThereOnceItWasOpened) {
    core::SystemRandom random;
    const crypto::Sealer sealer = test::make_sealer(random);
    sql::PrivatePostgresql server(false);
    const auto directory = std::filesystem::temp_directory_path() / ("huitong-location-" + random.hex(12));
    std::filesystem::create_directory(directory);
    for (const std::string& url : {std::string("sqlite:a.db"), server.make_database_url()}) {
        const auto location = parse_location(url, directory.string());
        ASSERT_TRUE(location) << url;
        EXPECT_FALSE(store_exists(*location).value()) << url;
        EXPECT_TRUE(open_store(*location, sealer)) << url;
        EXPECT_TRUE(store_exists(*location).value()) << url;
        EXPECT_TRUE(open_store(*location, sealer)) << url;
    }
    std::filesystem::remove_all(directory);
}

TEST(Location, AServerTellsWhatItsCommitsAreWorth) {
    sql::PrivatePostgresql careless(false);
    EXPECT_EQ(sql::careless_settings(careless.make_database_url()), (std::vector<std::string>{"fsync=off"}));
}

}  // namespace
}  // namespace huitong::store
