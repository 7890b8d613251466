// The log's two formats: whatever a field holds, a line stays one line, and a JSON line stays JSON.
#include "app/log.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "app/access.hpp"
#include "codec/json.hpp"

namespace huitong::app {
namespace {

class LogTest : public testing::Test {
  protected:
    ~LogTest() override { std::filesystem::remove_all(dir_); }
    Config config(std::string format) {
        std::filesystem::create_directories(dir_);
        Config config;
        config.data_dir = dir_;
        config.log_file = "a.log";
        config.log_format = std::move(format);
        config.log_level = "debug";
        return config;
    }
    std::vector<std::string> lines() {
        std::ifstream file(dir_ + "/a.log");
        std::vector<std::string> all;
        for (std::string line; std::getline(file, line);) all.push_back(line);
        return all;
    }

    std::string dir_ = testing::TempDir() + "huitong_log_test_" + std::to_string(::getpid());
};

TEST_F(LogTest, EveryJsonLineIsJson) {
    const std::string nasty[] = {"", "a\"b\\c", "two\nlines\r\x01", "比萨", "\xff\xfe broken", "100%v %l"};
    {
        const auto log = Log::open(config("json"));
        ASSERT_TRUE(log.has_value());
        for (const std::string& value : nasty) log->write(Level::info, "e", {{"value", value}});
    }
    const auto all = lines();
    ASSERT_EQ(all.size(), std::size(nasty));
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto json = codec::parse_json(all[i]);
        ASSERT_TRUE(json.has_value()) << all[i];
        ASSERT_TRUE(json->find("at") && json->find("level") && json->find("event") && json->find("value"));
        EXPECT_EQ(*json->find("level")->as_string(), "info");
        const std::string expected = i == 4 ? "?? broken" : nasty[i];
        EXPECT_EQ(*json->find("value")->as_string(), expected);
    }
}

TEST_F(LogTest, ATextLineIsOneLine) {
    {
        const auto log = Log::open(config("text"));
        ASSERT_TRUE(log.has_value());
        log->write(Level::warn, "e", {{"value", "two\nlines x=\"y\""}, {"empty", ""}});
    }
    ASSERT_EQ(lines().size(), 1U);
    EXPECT_TRUE(lines()[0].ends_with(R"( warning e value="two\nlines x=\"y\"" empty="")")) << lines()[0];
}

TEST_F(LogTest, TroubleOfAPaymentCarriesItsNumber) {
    {
        const auto log = Log::open(config("json"));
        ASSERT_TRUE(log.has_value());
        LogObserver(*log).on_trouble_of({7'800'000'000'000'001}, "drive",
                                        {core::Code::internal, "exception", "x"});
    }
    ASSERT_EQ(lines().size(), 1U);
    const auto json = codec::parse_json(lines()[0]);
    ASSERT_TRUE(json && json->find("sn")) << lines()[0];
    EXPECT_EQ(*json->find("sn")->as_string(), "7800000000000001");
}

TEST(Access, ReadsTheResultOfAnAnswer) {
    struct Row {
        int status;
        const char* body;
        const char* result;
        const char* sn;
    };
    const Row rows[] = {
        {200, R"({"result_code":"200","biz_response":{"result_code":"PAY_SUCCESS","data":{"sn":"78"}}})",
         "success", "78"},
        {200,
         R"({"result_code":"200","biz_response":{"result_code":"PAY_FAIL_IN_PROGRESS","data":{"sn":"7"}}})",
         "in_progress", "7"},
        {200, R"({"result_code":"200","biz_response":{"result_code":"PAY_FAIL_ERROR","data":{}}})", "error",
         ""},
        {200, R"({"result_code":"200","biz_response":{"result_code":"FAIL"}})", "failed", ""},
        {200, R"({"result_code":"200","biz_response":{"terminal_sn":"1"}})", "success", ""},
        {200, R"({"result_code":"400","error_code":"ILLEGAL_SIGN"})", "refused", ""},
        {200, R"({"result_code":"500"})", "error", ""},
        {200, "no json", "error", ""},
        {404, R"({"result_code":"400"})", "http_4xx", ""},
        {503, "", "http_5xx", ""},
    };
    for (const Row& row : rows) {
        const AnswerNote note = note_of(net::make_response(row.status, "application/json", row.body));
        EXPECT_EQ(note.result, row.result) << row.body;
        EXPECT_EQ(note.sn, row.sn) << row.body;
    }
}

}  // namespace
}  // namespace huitong::app
