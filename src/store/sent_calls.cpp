// Reading a send journal back, file by file, group by group: what a restored store is told by.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "store/failure.hpp"
#include "store/journal_codec.hpp"
#include "store/journal_file.hpp"
#include "store/send_journal.hpp"

namespace huitong::store {

namespace {

namespace fs = std::filesystem;

class FileSentCalls final : public ports::SentCalls {
  public:
    FileSentCalls(std::string dir, const crypto::Sealer& sealer) : dir_(std::move(dir)), sealer_(sealer) {
        for (const auto& entry : fs::directory_iterator(dir_, error_)) {
            if (day_of_journal(entry.path().filename().string())) all_.push_back(entry.path());
        }
        std::ranges::sort(all_, std::greater<>());
    }

    core::Result<void> begin(core::Instant since, core::Instant covered_from) override {
        since_ = since;
        files_.clear();
        decoder_.reset();
        problem_.reset();
        if (error_ || all_.empty()) {
            return core::fail(core::Code::not_found, "journal_missing",
                              dir_ + ": " + (error_ ? error_.message() : "holds no journal"));
        }
        // A file is begun anew with each day; an hour more for a clock that was set.
        const auto is_older = [since](const fs::path& file) {
            return *day_of_journal(file.filename().string()) + std::chrono::hours(25) < since;
        };
        // Whatever was sent between then and the first file is nowhere.
        const auto covers = [this, covered_from](const fs::path& file) {
            return is_begun_by(file, covered_from);
        };
        if (std::ranges::none_of(all_, covers)) {
            return core::fail(core::Code::not_found, "journal_missing",
                              dir_ + ": holds nothing from before " + core::to_rfc3339(covered_from));
        }
        files_ = all_;
        std::erase_if(files_, is_older);
        return {};
    }

    core::Result<std::vector<ports::SentCall>> next() override {
        for (;;) {
            if (!decoder_) {
                if (files_.empty()) return end();
                if (auto opened = open_next(); !opened) go_on_after(opened.error());
                continue;
            }
            auto group = frames_->take();
            if (!group) go_on_after(group.error());
            if (!group || !*group) {
                decoder_.reset();
                continue;
            }
            auto calls = decode(**group);
            if (!calls) go_on_after(calls.error());
            if (calls && !calls->empty()) return calls;
        }
    }

  private:
    // Whether one that cannot be read covers anything is told when it is its turn.
    [[nodiscard]] bool is_begun_by(const fs::path& path, core::Instant then) const {
        std::ifstream file(path, std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(file), {}};
        FrameReader frames{.sealer = sealer_, .file_name = path.filename().string(), .rest = bytes};
        const auto head = frames.take();
        if (!head) return *day_of_journal(path.filename().string()) + std::chrono::hours(25) >= since_;
        return *head && begun_at(**head) <= then;
    }

    // What can be read is read: the first thing that cannot be is told at the end.
    void go_on_after(const core::Error& problem) {
        if (!problem_) problem_ = problem;
        decoder_.reset();
    }

    core::Result<std::vector<ports::SentCall>> end() const {
        if (problem_) return std::unexpected(*problem_);
        return std::vector<ports::SentCall>{};
    }

    core::Result<void> open_next() {
        const fs::path path = std::move(files_.back());
        files_.pop_back();
        std::ifstream file(path, std::ios::binary);
        bytes_.assign(std::istreambuf_iterator<char>(file), {});
        if (!file.is_open() || file.bad())
            return core::fail(core::Code::not_found, "journal_missing", path.string() + ": cannot be read");
        frames_.emplace(
            FrameReader{.sealer = sealer_, .file_name = path.filename().string(), .rest = bytes_});
        auto schema = frames_->take();
        if (!schema) return std::unexpected(std::move(schema.error()));
        if (!*schema) return {};  // torn at its very beginning: nothing was sent by it
        try {
            decoder_.emplace(**schema);
        } catch (const Failure& failure) {
            return damaged(failure);
        }
        return {};
    }

    core::Result<std::vector<ports::SentCall>> decode(std::string_view group) {
        try {
            auto calls = decoder_->decode(group);
            std::erase_if(calls, [this](const ports::SentCall& call) { return call.at < since_; });
            return calls;
        } catch (const Failure& failure) {
            return damaged(failure);
        }
    }

    std::unexpected<core::Error> damaged(const Failure& failure) const {
        return core::fail(core::Code::internal, "journal_damaged",
                          frames_->file_name + ": " + failure.error().detail);
    }

    std::string dir_;
    const crypto::Sealer& sealer_;
    core::Instant since_{};
    std::error_code error_;
    std::optional<core::Error> problem_;
    std::vector<fs::path> all_;    // the newest first: they are taken from the end
    std::vector<fs::path> files_;  // of them, those still to be read
    std::string bytes_;
    std::optional<FrameReader> frames_;
    std::optional<CallDecoder> decoder_;
};

}  // namespace

std::unique_ptr<ports::SentCalls> open_sent_calls(std::string dir, const crypto::Sealer& sealer) {
    return std::make_unique<FileSentCalls>(std::move(dir), sealer);
}

}  // namespace huitong::store
