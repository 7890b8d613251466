// The field rules: tolerances of spec/upay 1.1 and the limits of 3.4.
#include "api/upay/fields.hpp"

#include <gtest/gtest.h>

namespace huitong::api::upay {
namespace {

codec::Json json(std::string_view text) {
    auto parsed = codec::parse_json(text);
    EXPECT_TRUE(parsed) << text;
    return *parsed;
}

std::string failure_of(const Fields& fields) {
    const auto checked = fields.check();
    return checked ? "" : checked.error().detail;
}

TEST(upay_fields, absent_null_and_empty_are_the_same) {
    for (const char* body : {"{}", R"({"a":null})", R"({"a":""})"}) {
        const codec::Json object = json(body);
        Fields optional(object);
        EXPECT_EQ(optional.text("a", {.most = 3}), "");
        EXPECT_EQ(optional.digits("a", {.most = 3}), "");
        EXPECT_TRUE(optional.object_or_text("a").is_null());
        EXPECT_EQ(optional.text_or_json("a", 3), "");
        EXPECT_EQ(failure_of(optional), "");
        Fields required(object);
        EXPECT_EQ(required.text("a", {Need::required, 3}), "");
        EXPECT_EQ(failure_of(required), "a不可以为空");
        Fields amount(object);
        EXPECT_EQ(amount.amount("a"), 0);
        EXPECT_NE(failure_of(amount), "");
    }
}

TEST(upay_fields, lengths_count_characters_or_bytes) {
    const codec::Json object = json(R"({"a":"披萨饼"})");
    Fields characters(object);
    EXPECT_EQ(characters.text("a", {.most = 3}), "披萨饼");
    EXPECT_EQ(failure_of(characters), "");
    Fields too_short(object);
    EXPECT_EQ(too_short.text("a", {.most = 2}), "");
    EXPECT_EQ(failure_of(too_short), "a长度不超过2位");
    Fields bytes(object);
    EXPECT_EQ(bytes.text("a", {.most = 8, .unit = Unit::bytes}), "");
    EXPECT_EQ(failure_of(bytes), "a长度不超过8字节");
}

TEST(upay_fields, numbers_stand_for_texts_and_structures_do_not) {
    const codec::Json object = json(R"({"n":3,"b":true,"o":{},"c":"a\u0000b","t":"a\tb"})");
    Fields fields(object);
    EXPECT_EQ(fields.text("n", {.most = 3}), "3");
    EXPECT_EQ(fields.text("t", {.most = 3}), "a\tb");
    EXPECT_EQ(failure_of(fields), "");
    for (const char* name : {"b", "o", "c"}) {
        Fields bad(object);
        EXPECT_EQ(bad.text(name, {.most = 9}), "");
        EXPECT_NE(failure_of(bad), "") << name;
    }
}

TEST(upay_fields, the_first_failure_is_told) {
    const codec::Json object = json(R"({"b":true})");
    Fields fields(object);
    (void)fields.text("a", {Need::required, 3});
    (void)fields.text("b", {.most = 3});
    fields.refuse("later");
    EXPECT_EQ(failure_of(fields), "a不可以为空");
}

TEST(upay_fields, amounts) {
    const std::string text = "total_amount金额为整数，长度不超过10位，以分为单位";
    for (const char* bad :
         {R"("0")", R"("-1")", R"("1.0")", R"("abc")", R"("12345678901")", R"(" 1")", "0", "-1", "1.0", "1e3",
          "12345678901", R"("0000000000")", "true", "{}", "[]", R"("１")"}) {
        const codec::Json object = json(std::string(R"({"total_amount":)") + bad + "}");
        Fields fields(object);
        EXPECT_EQ(fields.amount("total_amount"), 0) << bad;
        EXPECT_EQ(failure_of(fields), text) << bad;
    }
    for (const auto& [good, fen] : std::initializer_list<std::pair<const char*, std::int64_t>>{
             {R"("1")", 1}, {"1", 1}, {R"("0100")", 100}, {R"("9999999999")", 9'999'999'999}}) {
        const codec::Json object = json(std::string(R"({"total_amount":)") + good + "}");
        Fields fields(object);
        EXPECT_EQ(fields.amount("total_amount"), fen) << good;
        EXPECT_EQ(failure_of(fields), "") << good;
    }
}

std::string extended_failure(const std::string& extended) {
    const codec::Json object = json(R"({"extended":)" + extended + "}");
    Fields fields(object);
    check_extended(fields, fields.object_or_text("extended"));
    return failure_of(fields);
}

std::string keys(int count) {
    std::string text = "{";
    for (int i = 0; i < count; ++i) text += (i ? ",\"k" : "\"k") + std::to_string(i) + "\":\"v\"";
    return text + "}";
}

TEST(upay_fields, extended) {
    EXPECT_EQ(extended_failure(keys(24)), "");
    EXPECT_NE(extended_failure(keys(25)), "");
    EXPECT_EQ(extended_failure(R"({"k":")" + std::string(256, 'v') + "\"}"), "");
    EXPECT_NE(extended_failure(R"({"k":")" + std::string(257, 'v') + "\"}"), "");
    EXPECT_EQ(extended_failure("{\"" + std::string(64, 'k') + R"(":"v"})"), "");
    EXPECT_NE(extended_failure("{\"" + std::string(65, 'k') + R"(":"v"})"), "");
    EXPECT_EQ(extended_failure(R"("{\"goods_tag\":\"A\"}")"), "");
    EXPECT_NE(extended_failure(R"("goods_tag")"), "");
    EXPECT_NE(extended_failure(R"("[1]")"), "");
    EXPECT_NE(extended_failure("[]"), "");
    EXPECT_EQ(extended_failure(R"({"extend_params":{"hb_fq_num":"3"}})"), "");
    // {"x":"…"} is eight bytes around its text.
    EXPECT_EQ(extended_failure(R"({"k":{"x":")" + std::string(248, 'v') + "\"}}"), "");
    EXPECT_NE(extended_failure(R"({"k":{"x":")" + std::string(249, 'v') + "\"}}"), "");
}

std::string goods_failure(const std::string& goods) {
    const codec::Json object = json(R"({"goods_details":)" + goods + "}");
    Fields fields(object);
    check_goods_details(fields, fields.array_or_text("goods_details"));
    return failure_of(fields);
}

TEST(upay_fields, goods_details) {
    const std::string good =
        R"({"goods_id":"1","goods_name":"披萨","quantity":2,"price":"100","promotion_type":0})";
    EXPECT_EQ(goods_failure("[" + good + "," + good + "]"), "");
    EXPECT_EQ(goods_failure("[]"), "");
    EXPECT_EQ(goods_failure("null"), "");
    EXPECT_NE(goods_failure("{}"), "");
    EXPECT_NE(goods_failure("[1]"), "");
    EXPECT_EQ(goods_failure("[" + good + R"(,{"goods_id":"1"}])"), "goods_details: goods_name不可以为空");
    for (const auto& [from, to] : std::initializer_list<std::pair<std::string, std::string>>{
             {R"("quantity":2)", R"("quantity":2.5)"},
             {R"("price":"100")", R"("price":"-100")"},
             {R"("price":"100")", R"("price":1234567890)"},
             {R"("promotion_type":0)", R"("promotion_type":2)"}}) {
        std::string item = good;
        item.replace(item.find(from), from.size(), to);
        EXPECT_NE(goods_failure("[" + item + "]"), "") << to;
    }
}

TEST(upay_fields, reflect_is_text_or_compact_json) {
    const codec::Json object =
        json(R"({"t":"tips","o":{ "tips" : "200" },"n":7,"long":{"x":")" + std::string(60, 'v') + "\"}}");
    Fields fields(object);
    EXPECT_EQ(fields.text_or_json("t", 64), "tips");
    EXPECT_EQ(fields.text_or_json("o", 64), R"({"tips":"200"})");
    EXPECT_EQ(fields.text_or_json("n", 64), "7");
    EXPECT_EQ(failure_of(fields), "");
    EXPECT_EQ(fields.text_or_json("long", 64), "");
    EXPECT_NE(failure_of(fields), "");
}

TEST(upay_fields, bodies_that_are_no_objects) {
    const std::string deep = std::string(40, '[') + std::string(40, ']');
    for (const std::string& body :
         {std::string(), std::string("[]"), std::string("{"), deep, std::string("1"),
          std::string(R"({"a":1,"a":2})"), std::string("{\"a\":\"\xff\"}")}) {
        const auto parsed = parse_body(body);
        ASSERT_FALSE(parsed) << body;
        EXPECT_EQ(parsed.error().reason, "bad_params");
        EXPECT_NE(parsed.error().detail, "");
    }
    EXPECT_EQ(parse_body(R"({"a":1,"a":2})").error().detail, "请求体JSON含有重复的键");
    EXPECT_TRUE(parse_body("\r\n{ \"a\" : 1,\r\n \"b\":\"\\u62ab\" }\r\n"));
}

}  // namespace
}  // namespace huitong::api::upay
