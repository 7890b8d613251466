// The send journal: what was answered is read back whole, torn ends cost nothing that was answered, damage is
// told from them, a disk that fails fails the call, and no personal data lies there in the clear.
#include "store/send_journal.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>

#include "store/journal_file.hpp"
#include "store/sample.hpp"
#include "store/store_test_support.hpp"

namespace huitong::store {
namespace {

namespace fs = std::filesystem;
using ports::SentCall;
using std::chrono::hours;

const std::string merchant = "1680000000001";

const core::Instant far_away = core::from_us(4'000'000'000'000'000);  // covers every journal

class SetClock final : public core::Clock {
  public:
    [[nodiscard]] core::Instant now() const override { return at; }
    core::Instant at = core::from_us(1'772'676'000'000'000);
};

// Lets only so many bytes through, then is full; or cannot flush.
class FailingDisk final : public JournalDisk {
  public:
    void append(int file, std::string_view bytes) override {
        if (bytes.size() > room) {
            real_journal_disk().append(file, bytes.substr(0, room));
            room = 0;
            throw std::system_error(ENOSPC, std::generic_category());
        }
        room -= bytes.size();
        real_journal_disk().append(file, bytes);
    }
    void flush(int file) override {
        if (!can_flush) throw std::system_error(EIO, std::generic_category());
        ++flushes;
        real_journal_disk().flush(file);
    }
    std::size_t room = 1 << 30;
    bool can_flush = true;
    int flushes = 0;
};

class SendJournal : public testing::Test {
  protected:
    void SetUp() override {
        dir_ = fs::temp_directory_path() / ("huitong-journal-" + core::SystemRandom().hex(12));
        fs::create_directory(dir_);
    }
    void TearDown() override { fs::remove_all(dir_); }

    std::unique_ptr<FileSendJournal> open(std::int64_t most_file_bytes = 1 << 20) {
        auto journal = FileSendJournal::open(
            {.dir = dir_.string(), .keep_days = 7, .most_file_bytes = most_file_bytes, .most_waiting = 1000},
            sealer_, clock_, random_, disk_);
        EXPECT_TRUE(journal) << journal.error().detail;
        return std::move(*journal);
    }
    payments::Aggregate payment(std::int64_t n) {
        return sample::make_intent(merchant, "order-" + std::to_string(n), n);
    }
    core::Result<void> append(FileSendJournal& journal, std::int64_t n) {
        return test::run(io_, journal.append(payment(n), 1));
    }
    core::Result<std::vector<SentCall>> read(core::Instant since = {},
                                             core::Instant covered_from = far_away) {
        const auto calls = open_sent_calls(dir_.string(), sealer_);
        if (auto begun = calls->begin(since, covered_from); !begun) return std::unexpected(begun.error());
        std::vector<SentCall> all;
        for (;;) {
            auto some = calls->next();
            if (!some || some->empty()) {
                if (!some) return some;
                return all;
            }
            std::ranges::move(*some, std::back_inserter(all));
        }
    }
    std::vector<fs::path> files() {
        std::vector<fs::path> found;
        for (const auto& entry : fs::directory_iterator(dir_)) found.push_back(entry.path());
        std::ranges::sort(found);
        return found;
    }
    static std::string bytes_of(const fs::path& file) {
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    static void write_bytes(const fs::path& file, const std::string& bytes) {
        std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
    }

    core::SeededRandom random_{1};
    crypto::Sealer sealer_ = test::make_sealer(random_);
    boost::asio::io_context io_;
    SetClock clock_;
    FailingDisk disk_;
    fs::path dir_;
};

TEST_F(SendJournal, EveryFieldComesBack) {
    auto sent = sample::make_full_change(payment(1)).after;
    {
        const auto journal = open();
        ASSERT_TRUE(test::run(io_, journal->append(sent, 2)));
    }
    const auto calls = read();
    ASSERT_TRUE(calls);
    ASSERT_EQ(calls->size(), 1U);
    EXPECT_EQ(calls->front().aggregate.payment, sent.payment);
    EXPECT_EQ(calls->front().aggregate.operations, sent.operations);
    EXPECT_EQ(calls->front().seq, 2);
    EXPECT_EQ(calls->front().at, clock_.at);
}

TEST_F(SendJournal, ManyAtOnceShareFlushesAndNoneIsLost) {
    constexpr int count = 500;
    int written = 0;
    const auto journal = open();
    disk_.flushes = 0;
    for (int n = 0; n < count; ++n) {
        boost::asio::co_spawn(io_, journal->append(payment(n), 1),
                              [&written](std::exception_ptr, core::Result<void> result) {
                                  if (result) ++written;
                              });
    }
    io_.run();
    EXPECT_EQ(written, count);
    EXPECT_LT(disk_.flushes, count / 2) << "one flush for a group";
    const auto calls = read();
    ASSERT_TRUE(calls);
    std::set<std::string> seen;
    for (const SentCall& call : *calls) seen.insert(call.aggregate.payment.client_sn);
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(count));
}

TEST_F(SendJournal, ATornEndCostsNothingThatWasAnswered) {
    auto journal = open();
    ASSERT_TRUE(append(*journal, 1));
    const auto answered = bytes_of(files().front()).size();
    ASSERT_TRUE(append(*journal, 2));
    journal.reset();
    const fs::path file = files().front();
    const std::string whole = bytes_of(file);
    for (std::size_t length = answered; length < whole.size(); length += 7) {
        write_bytes(file, whole.substr(0, length));
        const auto calls = read();
        ASSERT_TRUE(calls) << length;
        ASSERT_EQ(calls->size(), 1U) << length;
        // The file was made longer, its bytes never came.
        write_bytes(file, whole.substr(0, length) + std::string(whole.size() - length, '\0'));
        ASSERT_TRUE(read()) << length;
        ASSERT_EQ(read()->size(), 1U) << length;
    }
}

TEST_F(SendJournal, DamageIsNoTornEnd) {
    auto journal = open();
    ASSERT_TRUE(append(*journal, 1));
    const auto inside = bytes_of(files().front()).size() - 10;
    ASSERT_TRUE(append(*journal, 2));
    journal.reset();
    std::string bytes = bytes_of(files().front());
    bytes[inside] = static_cast<char>(bytes[inside] ^ 1);
    write_bytes(files().front(), bytes);
    EXPECT_EQ(test::reason_of(read()), "journal_damaged");
    clock_.at += hours(24);
    journal = open();
    ASSERT_TRUE(append(*journal, 3));
    const auto calls = open_sent_calls(dir_.string(), sealer_);
    ASSERT_TRUE(calls->begin({}, far_away));
    std::set<std::string> seen;
    auto some = calls->next();
    for (; some && !some->empty(); some = calls->next())
        seen.insert(some->front().aggregate.payment.client_sn);
    EXPECT_EQ(test::reason_of(some), "journal_damaged");
    EXPECT_TRUE(seen.contains("order-3")) << "what can be read is";
}

TEST_F(SendJournal, FramesOpenInTheirOwnFileAndUnderTheirOwnKeyOnly) {
    auto journal = open();
    ASSERT_TRUE(append(*journal, 1));
    journal.reset();
    const fs::path file = files().front();
    EXPECT_EQ(bytes_of(file).find("一杯咖啡"), std::string::npos) << "personal data in the clear";
    EXPECT_EQ(bytes_of(file).find("order-1"), std::string::npos);
    struct stat facts{};
    ASSERT_EQ(stat(file.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600U);
    fs::rename(file, dir_ / "other-20260305-1.journal");
    EXPECT_EQ(test::reason_of(read()), "journal_sealed");
}

TEST_F(SendJournal, AFullDiskFailsTheCallAndTheNextFileGoesOn) {
    auto journal = open();
    ASSERT_TRUE(append(*journal, 1));
    disk_.room = 100;  // a part of the next frame
    EXPECT_EQ(test::reason_of(append(*journal, 2)), "journal_failed");
    EXPECT_EQ(test::reason_of(append(*journal, 3)), "journal_failed");
    EXPECT_EQ(files().size(), 1U) << "a full disk gets no file for each try";
    disk_.room = 1 << 20;
    EXPECT_TRUE(append(*journal, 4));
    disk_.can_flush = false;
    EXPECT_EQ(test::reason_of(append(*journal, 5)), "journal_failed");
    disk_.can_flush = true;
    EXPECT_TRUE(append(*journal, 6));
    const auto calls = read();
    ASSERT_TRUE(calls);
    std::set<std::string> seen;
    for (const SentCall& call : *calls) seen.insert(call.aggregate.payment.client_sn);
    EXPECT_TRUE(seen.contains("order-1") && seen.contains("order-4") && seen.contains("order-6"));
    EXPECT_FALSE(seen.contains("order-2") || seen.contains("order-3"));
}

TEST_F(SendJournal, ADirectoryThatCannotBeWrittenIsRefusedAtTheStart) {
    write_bytes(dir_ / "file", "");
    const auto journal =
        FileSendJournal::open({.dir = (dir_ / "file" / "below").string()}, sealer_, clock_, random_);
    EXPECT_EQ(test::reason_of(journal), "journal_failed");
}

TEST_F(SendJournal, AfterStopACallIsRefused) {
    const auto journal = open();
    journal->stop();
    EXPECT_EQ(test::reason_of(append(*journal, 1)), "journal_failed");
}

TEST_F(SendJournal, FilesBeginWithTheDayAndTheSizeAndOldOnesGo) {
    const auto journal = open(1);  // every group is too large for what is there
    ASSERT_TRUE(append(*journal, 1));
    ASSERT_TRUE(append(*journal, 2));
    const auto first_day = files();
    EXPECT_EQ(first_day.size(), 3U);
    clock_.at += hours(24 * 3);
    const core::Instant later = clock_.at;
    ASSERT_TRUE(append(*journal, 3));
    EXPECT_EQ(files().size(), 4U);
    const auto calls = read(later);
    ASSERT_TRUE(calls);
    ASSERT_EQ(calls->size(), 1U) << "what left before is not asked for";
    EXPECT_EQ(calls->front().aggregate.payment.client_sn, "order-3");
    clock_.at += hours(24 * 6);
    ASSERT_TRUE(append(*journal, 4));
    EXPECT_EQ(files().size(), 3U) << "of the nine days old ones only the youngest is left";
}

TEST_F(SendJournal, NoJournalIsNotAnEmptyOne) {
    EXPECT_EQ(test::reason_of(read()), "journal_missing");
    dir_ += "-elsewhere";
    EXPECT_EQ(test::reason_of(read()), "journal_missing");
}

// A process that found none has begun one meanwhile: it covers nothing of what was lost before.
TEST_F(SendJournal, OneThatWasBegunAfterTheBackupDoesNotCoverIt) {
    const core::Instant backup_at = clock_.at;
    EXPECT_EQ(test::reason_of(read({}, backup_at)), "journal_missing");
    clock_.at += hours(1);
    auto journal = open();
    ASSERT_TRUE(append(*journal, 1));
    EXPECT_EQ(test::reason_of(read({}, backup_at)), "journal_missing");
    EXPECT_TRUE(read({}, clock_.at));
}

TEST_F(SendJournal, DamagedLengthIsNoEnd) {
    auto journal = open();
    ASSERT_TRUE(append(*journal, 1));
    const auto second = bytes_of(files().front()).size();
    ASSERT_TRUE(append(*journal, 2));
    ASSERT_TRUE(append(*journal, 3));
    journal.reset();
    std::string bytes = bytes_of(files().front());
    bytes[second + 2] = static_cast<char>(bytes[second + 2] ^ 1);
    write_bytes(files().front(), bytes);
    EXPECT_EQ(test::reason_of(read()), "journal_damaged");
}

}  // namespace
}  // namespace huitong::store
