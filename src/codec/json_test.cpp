// JSON: what is kept (order, number text, every character) and what is refused, with hostile inputs.
#include "codec/json.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace huitong::codec {
namespace {

std::string reason_of(std::string_view text, JsonLimits limits = {}) {
    const auto json = parse_json(text, limits);
    return json ? "" : json.error().reason;
}

std::string round_trip(std::string_view text) {
    const auto json = parse_json(text);
    return json ? write_json(*json) : json.error().reason;
}

std::string text_of(std::string_view text) {
    const auto json = parse_json(text);
    return json && json->as_string() ? *json->as_string() : "not a string";
}

TEST(ParseJson, keeps_order_types_and_number_text) {
    const auto json = parse_json(R"( {"z":1,"a":[true,false,null,{}],"s":"x","n":{"k":-1.50}} )");
    ASSERT_TRUE(json);
    EXPECT_EQ(write_json(*json), R"({"z":1,"a":[true,false,null,{}],"s":"x","n":{"k":-1.50}})");
    ASSERT_TRUE(json->find("n"));
    EXPECT_EQ(json->find("n")->find("k")->as_number()->text, "-1.50");
    EXPECT_EQ(json->find("a")->as_array()->size(), 4U);
    EXPECT_TRUE(json->find("a")->as_array()->at(2).is_null());
    EXPECT_EQ(json->find("missing"), nullptr);
    EXPECT_EQ(json->find("s")->find("x"), nullptr);
}

TEST(ParseJson, numbers_are_kept_as_written) {
    for (const char* number :
         {"0", "-0", "100", "-1", "1.0", "1.10", "1e3", "1E+3", "1.5e-7", "9223372036854775808",
          "18446744073709551616", "123456789012345678901234567890123456789012345678901234567890",
          "0.1234567890123456789012345678901234567890", "1e400", "-1e-400", "12345678", "1234567812345678"}) {
        const auto top = parse_json(number);
        ASSERT_TRUE(top) << number;
        ASSERT_TRUE(top->as_number()) << number;
        EXPECT_EQ(top->as_number()->text, number);
        const std::string list = "[" + std::string(number) + "," + number + "]";
        EXPECT_EQ(round_trip(list), list);
    }
    for (const char* bad : {"01", "+1", "1.", ".5", "-", "1e", "0x10", "NaN", "Infinity", "1_000", "--1"}) {
        EXPECT_EQ(reason_of(bad), "bad_json") << bad;
    }
}

TEST(ParseJson, decodes_escapes) {
    EXPECT_EQ(text_of(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
    EXPECT_EQ(text_of(R"("\u62ab\u8428")"), "披萨");
    EXPECT_EQ(text_of(R"("a\ud83d\ude00b")"),
              "a\xF0\x9F\x98\x80"
              "b");
    EXPECT_EQ(text_of(R"("\u0000")"), std::string(1, '\0'));
    EXPECT_EQ(text_of("\"披萨 🍕\""), "披萨 🍕");
    const auto key = parse_json(R"({"\u0061b":1})");
    ASSERT_TRUE(key);
    EXPECT_TRUE(key->find("ab"));
}

TEST(ParseJson, refuses_what_is_not_json) {
    for (const char* bad : {"",
                            " ",
                            "\n",
                            "{",
                            "}",
                            "[1,]",
                            "{\"a\":1,}",
                            "{a:1}",
                            "{'a':1}",
                            "{\"a\"}",
                            "[1 2]",
                            "tru",
                            "nulll",
                            "\"abc",
                            "\"\\x\"",
                            "\"\\u12g4\"",
                            "\"a\nb\"",
                            "\"a\tb\"",
                            "// c\n1",
                            "/**/1",
                            "1 2",
                            "{} {}",
                            "{}x",
                            "[]]",
                            "\xEF\xBB\xBF{}",
                            "\v{}",
                            "\xC2\xA0{}"}) {
        EXPECT_EQ(reason_of(bad), "bad_json") << bad;
    }
    EXPECT_EQ(reason_of(std::string_view("{}\0", 3)), "bad_json");
    EXPECT_EQ(reason_of(std::string_view("\"a\0b\"", 5)), "bad_json");
    EXPECT_EQ(reason_of(" \r\n\t{} \r\n\t"), "");
}

TEST(ParseJson, refuses_lone_surrogates) {
    for (const char* bad : {R"("\uD800")", R"("\uDC00")", R"("\uD800x")", R"("\uD800\uD800")",
                            R"("\uD800\n")", R"({"\uD800":1})", R"("\uDC00\uD800")"}) {
        EXPECT_EQ(reason_of(bad), "bad_json") << bad;
    }
}

TEST(ParseJson, refuses_bad_utf8) {
    for (const char* bytes :
         {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\xED\xA0\x80",
          "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xFF", "\xC2", "\xE2\x82"}) {
        EXPECT_EQ(reason_of("\"" + std::string(bytes) + "\""), "bad_utf8");
        EXPECT_EQ(reason_of("{\"" + std::string(bytes) + "\":1}"), "bad_utf8");
        EXPECT_EQ(reason_of("{}" + std::string(bytes)), "bad_utf8");
    }
}

TEST(ParseJson, refuses_duplicate_keys_at_every_level) {
    EXPECT_EQ(reason_of(R"({"a":1,"a":1})"), "json_duplicate_key");
    EXPECT_EQ(reason_of(R"([{"x":{"a":1,"b":2,"a":3}}])"), "json_duplicate_key");
    EXPECT_EQ(reason_of(R"({"a":1,"\u0061":2})"), "json_duplicate_key");
    EXPECT_EQ(reason_of(R"({"":1,"":2})"), "json_duplicate_key");
    EXPECT_EQ(reason_of(R"({"a":{"a":{"a":1}},"A":2,"b":[{"a":1},{"a":1}]})"), "");
}

std::string object_of(int keys, std::string_view last_key) {
    std::string text = "{";
    for (int i = 0; i < keys; ++i) text.append("\"key").append(std::to_string(i)).append("\":1,");
    return text.append("\"").append(last_key).append("\":1}");
}

TEST(ParseJson, large_objects_are_not_quadratic) {
    const std::string good = object_of(200'000, "other");
    const std::string bad = object_of(200'000, "key77");
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(reason_of(good), "");
    EXPECT_EQ(reason_of(bad), "json_duplicate_key");
    // Pairwise comparison would be 4e10 steps; the bound is loose, for slow and instrumented builds.
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
    for (int keys = 1; keys < 40; ++keys) {
        EXPECT_EQ(reason_of(object_of(keys, "key0")), "json_duplicate_key") << keys;
        EXPECT_EQ(reason_of(object_of(keys, "other")), "") << keys;
    }
}

TEST(ParseJson, depth_is_bounded) {
    const auto arrays = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_EQ(reason_of(arrays(16)), "");
    EXPECT_EQ(reason_of(arrays(17)), "json_too_deep");
    EXPECT_EQ(reason_of(arrays(3), {.max_depth = 3}), "");
    EXPECT_EQ(reason_of(R"([{"a":[1]}])", {.max_depth = 2}), "json_too_deep");
    EXPECT_EQ(reason_of(arrays(100'000)), "json_too_deep");
    EXPECT_EQ(reason_of(std::string(1 << 20, '[')), "json_too_deep");
    std::string objects;
    for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
    EXPECT_EQ(reason_of(objects), "json_too_deep");
    // Many side by side is not deep.
    std::string wide = "[[]";
    for (int i = 0; i < 1000; ++i) wide += ",[[]]";
    EXPECT_EQ(reason_of(wide + "]"), "");
}

TEST(WriteJson, escapes_what_must_be) {
    EXPECT_EQ(write_json(Json(std::string("\"\\/\b\f\n\r\t\x01\x1f\x7f\0披", 15))),
              "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\\u0000披\"");
    EXPECT_EQ(write_json(Json(JsonObject{{"a\"b", Json("x")}, {"n", Json::number(-5)}, {"t", Json(true)}})),
              R"({"a\"b":"x","n":-5,"t":true})");
    EXPECT_EQ(write_json(Json()), "null");
    std::string all;
    for (int i = 0; i < 128; ++i) all += static_cast<char>(i);
    EXPECT_EQ(text_of(write_json(Json(all))), all);
}

TEST(WriteJson, pretty) {
    const auto json = parse_json(R"({"a":[1,{"b":"x"}],"c":[],"d":{}})");
    ASSERT_TRUE(json);
    EXPECT_EQ(write_json_pretty(*json),
              "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x\"\n    }\n  ],\n  \"c\": [],\n  \"d\": {}\n}");
    EXPECT_EQ(round_trip(write_json_pretty(*json)), write_json(*json));
}

TEST(Utf8, boundaries) {
    for (const char* good :
         {"", "a", "\x7f", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
          "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "abcdefgh披abcdefgh"}) {
        EXPECT_TRUE(is_utf8(good)) << good;
    }
    // The bad byte at each offset of the word-wise scan.
    for (std::size_t at = 0; at < 20; ++at) {
        std::string text(20, 'a');
        text[at] = '\xC3';
        EXPECT_FALSE(is_utf8(text)) << at;
    }
    EXPECT_EQ(utf8_length(""), 0U);
    EXPECT_EQ(utf8_length("a披é🍕"), 4U);
}

}  // namespace
}  // namespace huitong::codec
