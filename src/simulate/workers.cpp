#include "simulate/workers.hpp"

#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <list>
#include <new>
#include <string>
#include <system_error>

#include "codec/json.hpp"

namespace huitong::simulate {

namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;

[[noreturn]] void give_up(const char* doing) {
    throw std::system_error(errno, std::generic_category(), doing);
}

// The next seed, shared with the children.
class NextSeed {
  public:
    explicit NextSeed(std::uint64_t first) {
        void* const page = mmap(nullptr, sizeof(std::atomic<std::uint64_t>), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED) give_up("mmap");
        next_ = new (page) std::atomic<std::uint64_t>(first);
    }
    NextSeed(const NextSeed&) = delete;
    NextSeed& operator=(const NextSeed&) = delete;
    ~NextSeed() { munmap(next_, sizeof(*next_)); }

    [[nodiscard]] std::uint64_t take() { return next_->fetch_add(1); }

  private:
    std::atomic<std::uint64_t>* next_;
};

Json number(std::uint64_t value) {
    return Json::number(static_cast<std::int64_t>(value));
}

std::int64_t integer_of(const Json& json) {
    const std::string& text = json.as_number()->text;
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// Bodies on a broken wire may hold anything.
std::string printable(std::string text) {
    if (!codec::is_utf8(text)) std::ranges::replace_if(text, [](char c) { return (c & 0x80) != 0; }, '?');
    return text;
}

// One line of a child: it has begun with a seed, or is done with it.
std::string begun(std::uint64_t seed) {
    return codec::write_json(Json(JsonObject{{"begun", number(seed)}})) + "\n";
}

std::string done(std::uint64_t seed, const DayResult& result) {
    JsonArray failures;
    for (const Failure& failure : result.failures) {
        JsonArray story;
        for (const std::string& line : failure.story) story.emplace_back(printable(line));
        failures.emplace_back(JsonObject{
            {"rule", failure.rule}, {"text", printable(failure.text)}, {"story", std::move(story)}});
    }
    JsonObject counts;
    for (const auto& [name, count] : result.counts.all()) counts.emplace_back(name, Json::number(count));
    return codec::write_json(Json(JsonObject{
               {"done", number(seed)}, {"failures", std::move(failures)}, {"counts", std::move(counts)}})) +
           "\n";
}

void write_all(int file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(file, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) _exit(1);  // the parent is gone
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

[[noreturn]] void work(const WorkersOptions& options, NextSeed& next, int out) {
    for (std::uint64_t seed = next.take(); seed <= options.seeds.last; seed = next.take()) {
        write_all(out, begun(seed));
        DayResult result;
        try {
            result = options.run(seed);
        } catch (const std::exception& failure) {
            result.failures.push_back({.rule = "exception", .text = failure.what(), .story = {}});
        }
        write_all(out, done(seed, result));
    }
    _exit(0);
}

struct Child {
    pid_t pid = 0;
    int in = -1;
    std::string unread;
    std::uint64_t seed = 0;  // it is at work on; 0: none
};

Child make_child(const WorkersOptions& options, NextSeed& next) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) give_up("pipe");
    const pid_t pid = fork();
    if (pid < 0) give_up("fork");
    if (pid == 0) {
        close(ends[0]);
        work(options, next, ends[1]);
    }
    close(ends[1]);
    return {.pid = pid, .in = ends[0], .unread = {}, .seed = 0};
}

class Parent {
  public:
    explicit Parent(const WorkersOptions& options) : options_(options), next_(options.seeds.first) {}
    Parent(const Parent&) = delete;
    Parent& operator=(const Parent&) = delete;
    ~Parent() {
        for (const Child& child : children_) {
            kill(child.pid, SIGKILL);
            end(child);
        }
    }

    Counts run() {
        for (int n = 0; n < options_.jobs; ++n) children_.push_back(make_child(options_, next_));
        while (!children_.empty() && !is_over_) {
            std::vector<pollfd> files;
            for (const Child& child : children_) files.push_back({child.in, POLLIN, 0});
            if (poll(files.data(), files.size(), -1) < 0 && errno != EINTR) give_up("poll");
            auto child = children_.begin();
            for (const pollfd& file : files) {
                const auto current = child++;
                if (file.revents == 0 || is_over_) continue;
                if (!listen_to(*current)) bury(current);
            }
        }
        return std::move(counts_);
    }

  private:
    // False: it has ended.
    bool listen_to(Child& child) {
        std::array<char, 65'536> buffer;
        const ssize_t got = ::read(child.in, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) return true;
        if (got <= 0) return false;
        child.unread.append(buffer.data(), static_cast<std::size_t>(got));
        for (auto end = child.unread.find('\n'); end != std::string::npos; end = child.unread.find('\n')) {
            const std::string line = child.unread.substr(0, end);
            child.unread.erase(0, end + 1);
            take(child, codec::parse_json(line).value());
        }
        return true;
    }

    void take(Child& child, const Json& line) {
        if (const Json* const seed = line.find("begun")) {
            child.seed = static_cast<std::uint64_t>(integer_of(*seed));
            return;
        }
        SeedResult result{.seed = child.seed, .failures = {}};
        child.seed = 0;
        for (const Json& failure : *line.find("failures")->as_array()) {
            Failure& one = result.failures.emplace_back();
            one.rule = *failure.find("rule")->as_string();
            one.text = *failure.find("text")->as_string();
            for (const Json& story : *failure.find("story")->as_array())
                one.story.push_back(*story.as_string());
        }
        for (const auto& [name, count] : *line.find("counts")->as_object())
            counts_.add(name, integer_of(count));
        tell(result);
    }

    void tell(const SeedResult& result) {
        if (is_over_) return;
        options_.on_result(result);
        is_over_ = options_.stops_at_first && !result.failures.empty();
    }

    static int end(const Child& child) {
        close(child.in);
        int status = 0;
        while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
        }
        return status;
    }

    void bury(std::list<Child>::iterator child) {
        const int status = end(*child);
        const std::uint64_t seed = child->seed;
        children_.erase(child);
        if (seed == 0 && status == 0) return;
        const std::string how = WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                                                    : "exit " + std::to_string(WEXITSTATUS(status));
        tell({.seed = seed,
              .failures = {{.rule = "died", .text = "the simulation ended by " + how, .story = {}}}});
        if (!is_over_) children_.push_back(make_child(options_, next_));
    }

    const WorkersOptions& options_;
    NextSeed next_;
    std::list<Child> children_;
    Counts counts_;
    bool is_over_ = false;
};

}  // namespace

Counts run_seeds(const WorkersOptions& options) {
    return Parent(options).run();
}

}  // namespace huitong::simulate
