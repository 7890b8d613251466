#include "codec/qr.hpp"

#include <gtest/gtest.h>

#include <set>

namespace huitong::codec {
namespace {

// Big-endian number of a PNG's header.
std::uint32_t number_at(const std::string& png, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = at; i < at + 4; ++i) value = value << 8 | static_cast<unsigned char>(png.at(i));
    return value;
}

TEST(QrCode, IsAPngOfWholeModules) {
    // 21 bytes at level M fit version 2: 25 modules and a quiet zone of 4 on each side.
    const std::string png = qr_png("weixin://wxpay/1=2345", 3).value();
    EXPECT_TRUE(png.starts_with("\x89PNG\r\n\x1a\n"));
    EXPECT_EQ(number_at(png, 16), (25U + 8U) * 3U);
    EXPECT_EQ(number_at(png, 20), number_at(png, 16));
    EXPECT_TRUE(png.contains("IEND"));
}

TEST(QrCode, IsAnSvgOfTheSameModules) {
    const std::string svg = qr_svg("weixin://wxpay/1=2345").value();
    EXPECT_TRUE(svg.contains(R"(viewBox="0 0 33 33")")) << svg;
    // The top left corner of every code: seven dark modules in a row.
    for (const char* const module : {"M4 4h", "M5 4h", "M10 4h", "M4 10h"}) EXPECT_TRUE(svg.contains(module));
    EXPECT_FALSE(svg.contains("M11 4h")) << "the separator is light";
}

TEST(QrCode, AnotherTextIsAnotherPicture) {
    std::set<std::string> pictures;
    for (const char* const text :
         {"a", "b", "https://qr.alipay.com/bax1", "https://qr.alipay.com/bax2", "付款"})
        pictures.insert(qr_svg(text).value());
    EXPECT_EQ(pictures.size(), 5U);
}

TEST(QrCode, RefusesNothingAndTooMuch) {
    EXPECT_EQ(qr_png("").error().reason, "bad_qr");
    EXPECT_EQ(qr_svg(std::string(most_qr_bytes + 1, 'x')).error().reason, "bad_qr");
    EXPECT_TRUE(qr_png(std::string(most_qr_bytes, 'x')));
    EXPECT_TRUE(qr_svg(std::string("\0\xff", 2)));
}

}  // namespace
}  // namespace huitong::codec
