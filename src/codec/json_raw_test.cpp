// Raw members: a slice that is off by one byte makes every signature bad, or worse, a wrong one good.
#include <gtest/gtest.h>

#include "codec/json.hpp"

namespace huitong::codec {
namespace {

using Members = std::vector<RawMember>;

TEST(RawMembers, SlicesKeepEscapesSpacesAndOrder) {
    const std::string_view text =
        " { \"sign\" : \"a\\\"b\" ,\n\"x_response\":{\"u\":\"https:\\/\\/q\", \"l\":[1, {\"k\":null}]},"
        "\"n\" :-1.50e+2 ,\"t\":true,\"z\":\"\\u4e2d\\\\\" } ";
    const Members expected{{"sign", "\"a\\\"b\""},
                           {"x_response", "{\"u\":\"https:\\/\\/q\", \"l\":[1, {\"k\":null}]}"},
                           {"n", "-1.50e+2"},
                           {"t", "true"},
                           {"z", "\"\\u4e2d\\\\\""}};
    EXPECT_EQ(raw_members(text).value(), expected);
}

TEST(RawMembers, BracesAndQuotesInsideStringsDoNotEndAValue) {
    const std::string_view text = R"({"r":{"subject":"trap \"sign\":\"x\" } ] { [\\"},"sign":"s"})";
    const Members expected{{"r", R"({"subject":"trap \"sign\":\"x\" } ] { [\\"})"}, {"sign", "\"s\""}};
    EXPECT_EQ(raw_members(text).value(), expected);
}

TEST(RawMembers, KeysAreDecodedAndTheLastPrimitiveEndsAtTheBrace) {
    const Members expected{{"sign", "1"}};
    EXPECT_EQ(raw_members(R"({"\u0073ign":1})").value(), expected);
    EXPECT_TRUE(raw_members(" {} ").value().empty());
}

TEST(RawMembers, WhatParseJsonRefusesIsRefused) {
    EXPECT_EQ(raw_members(R"({"a":1,"a":2})").error().reason, "json_duplicate_key");
    EXPECT_EQ(raw_members(R"({"a":1,"\u0061":2})").error().reason, "json_duplicate_key");
    EXPECT_EQ(raw_members(R"({"a":{"b":1,"b":2}})").error().reason, "json_duplicate_key");
    EXPECT_EQ(raw_members("{\"a\":\"\xff\"}").error().reason, "bad_utf8");
    EXPECT_EQ(raw_members(R"({"a":[[[1]]]})", {.max_depth = 3}).error().reason, "json_too_deep");
    for (const char* text : {"", "[1]", "\"a\"", "{\"a\":1", "{\"a\":1}x", "{\"a\":1,}", "null"}) {
        EXPECT_EQ(raw_members(text).error().reason, "bad_json") << text;
    }
}

}  // namespace
}  // namespace huitong::codec
