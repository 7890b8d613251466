// What a failure of the power may leave of one file: any of the states its sectors and its size went through
// since the last flush, and nothing else.
#include "sql/crash_file.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace huitong::sql {
namespace {

constexpr std::size_t sector = CrashFile::sector_size;

void write(CrashFile& file, std::size_t offset, std::size_t size, char letter) {
    const std::vector<std::uint8_t> bytes(size, static_cast<std::uint8_t>(letter));
    file.write(offset, bytes);
}

// Runs of one letter as letter and length in eighths of a sector ("a8b4"); zeros are '0'.
std::string text_of(const CrashFile& file) {
    std::vector<std::uint8_t> bytes(file.size());
    EXPECT_TRUE(file.read(0, bytes));
    std::string text;
    for (std::size_t from = 0; from < bytes.size();) {
        std::size_t to = from;
        while (to < bytes.size() && bytes[to] == bytes[from]) ++to;
        text += bytes[from] == 0 ? '0' : static_cast<char>(bytes[from]);
        text += std::to_string((to - from) / (sector / 8));
        EXPECT_EQ((to - from) % (sector / 8), 0U);
        from = to;
    }
    return text;
}

// Everything a failure was seen to leave.
std::set<std::string> outcomes(const CrashFile& file) {
    std::set<std::string> seen;
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        core::SeededRandom random(seed);
        Losses losses;
        seen.insert(text_of(file.after_power_failure(random, losses)));
    }
    return seen;
}

using Texts = std::set<std::string>;

TEST(CrashFile, WhatWasFlushedStays) {
    CrashFile file;
    write(file, 0, 2 * sector, 'a');
    file.flush();
    EXPECT_EQ(outcomes(file), Texts{"a16"});
    file.truncate(sector);
    file.flush();
    EXPECT_EQ(outcomes(file), Texts{"a8"});
}

TEST(CrashFile, EachSectorOfAWriteIsKeptOrLost) {
    CrashFile file;
    write(file, 0, 4 * sector, 'a');
    file.flush();
    write(file, sector + sector / 2, sector, 'b');  // half of the second and half of the third
    EXPECT_EQ(outcomes(file), (Texts{"a32", "a12b8a12", "a12b4a16", "a16b4a12"}));
}

TEST(CrashFile, ASectorIsAsOneOfItsWritesLeftIt) {
    CrashFile file;
    write(file, 0, sector, 'a');
    file.flush();
    write(file, 0, sector / 2, 'b');
    write(file, sector / 4, sector / 2, 'c');
    EXPECT_EQ(outcomes(file), (Texts{"a8", "b4a4", "b2c4a2"}));
}

TEST(CrashFile, GrowthIsKeptUpToOneOfTheWritesAndMayHoldZeros) {
    CrashFile file;
    write(file, 0, sector, 'a');
    file.flush();
    write(file, sector, sector, 'b');
    write(file, 2 * sector, sector / 2, 'c');
    EXPECT_EQ(outcomes(file), (Texts{"a8", "a8b8", "a808", "a8b8c4", "a808c4", "a8b804", "a8012"}));
}

TEST(CrashFile, ATruncationIsKeptOrLostAsAWhole) {
    CrashFile file;
    write(file, 0, 3 * sector, 'a');
    file.flush();
    file.truncate(sector / 2);
    EXPECT_EQ(outcomes(file), (Texts{"a4", "a24"}));
    write(file, sector / 2, sector, 'b');  // in two sectors; behind it the second holds zeros now
    const Texts when_kept{"a4", "a4b8", "a4b404", "a404b4", "a408"};
    const Texts when_lost{"a24", "a4b4a16", "a8b404a8", "a4b804a8"};
    Texts either = when_kept;
    either.insert(when_lost.begin(), when_lost.end());
    EXPECT_EQ(outcomes(file), either);
}

TEST(CrashFile, CountsWhatIsLostAndTorn) {
    CrashFile file;
    write(file, 0, 8 * sector, 'a');
    file.flush();
    write(file, 0, 8 * sector, 'b');
    bool was_all_kept = false;
    bool was_all_lost = false;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        core::SeededRandom random(seed);
        Losses losses;
        const CrashFile left = file.after_power_failure(random, losses);
        std::int64_t lost = 0;
        for (std::size_t at = 0; at < left.size(); at += sector) {
            std::uint8_t first = 0;
            EXPECT_TRUE(left.read(at, {&first, 1}));
            lost += first == 'a' ? 1 : 0;
        }
        EXPECT_EQ(losses.sectors, lost);
        EXPECT_EQ(losses.torn_writes, lost > 0 && lost < 8 ? 1 : 0);
        was_all_kept |= lost == 0;
        was_all_lost |= lost == 8;
    }
    EXPECT_TRUE(was_all_kept);
    EXPECT_TRUE(was_all_lost);
}

TEST(CrashFile, AReadBeyondTheEndIsZeros) {
    CrashFile file;
    write(file, 0, 4, 'a');
    std::vector<std::uint8_t> out(6, 'x');
    EXPECT_FALSE(file.read(2, out));
    EXPECT_EQ(out, (std::vector<std::uint8_t>{'a', 'a', 0, 0, 0, 0}));
    EXPECT_FALSE(file.read(10, out));
    EXPECT_EQ(out, std::vector<std::uint8_t>(6, 0));
}

}  // namespace
}  // namespace huitong::sql
