// Forms: what is signed is the decoded text, so decoding must lose and add nothing.
#include "codec/form.hpp"

#include <gtest/gtest.h>

namespace huitong::codec {
namespace {

TEST(Form, PlusAndPercentTwentyAreSpacesAndOrderIsKept) {
    const FormFields expected{{"b", "1 2 3"}, {"a", "x=y&z"}, {"empty", ""}, {"bare", ""}, {"中", "+"}};
    EXPECT_EQ(parse_form("b=1+2%203&a=x=y%26z&empty=&bare&%E4%B8%AD=%2b").value(), expected);
    EXPECT_TRUE(parse_form("").value().empty());
    EXPECT_EQ(parse_form("&a=1&&b=2&").value().size(), 2U);
}

TEST(Form, BytesOfAnotherCharsetSurvive) {
    EXPECT_EQ(parse_form("a=%C6%BB%00").value()[0].second, std::string("\xC6\xBB\0", 3));
}

TEST(Form, BrokenFormsAreRefused) {
    for (const char* text : {"a=%", "a=%2", "a=%2g", "%zz=1", "a=1&a=2", "a=1&%61=2", "a&a"}) {
        EXPECT_EQ(parse_form(text).error().reason, "bad_form") << text;
    }
    std::string many;
    for (int i = 0; i < 256; ++i) many += "f" + std::to_string(i) + "=1&";
    EXPECT_EQ(parse_form(many).value().size(), 256U);
    EXPECT_EQ(parse_form(many + "g=1").error().reason, "bad_form");
}

TEST(Form, WritingEncodesEverythingButTheUnreserved) {
    EXPECT_EQ(write_form({{"a b", "1+2=3&\"/"}, {"c", "苹~-_.9Z"}}),
              "a%20b=1%2B2%3D3%26%22%2F&c=%E8%8B%B9~-_.9Z");
    std::string all;
    for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
    const FormFields fields{{all, all}};
    EXPECT_EQ(parse_form(write_form(fields)).value(), fields);
}

}  // namespace
}  // namespace huitong::codec
