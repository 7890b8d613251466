// The executor of the simulation: closures run in the caller's loop, in groups whose sizes come from the
// seed. Some groups are run twice, because a real one may be.
#include <algorithm>
#include <boost/asio/post.hpp>
#include <deque>
#include <iterator>
#include <utility>

#include "store/executor.hpp"

namespace huitong::store {

namespace {

// Outlives the executor while a turn is posted; a turn that finds it stopped does nothing.
struct Loop : std::enable_shared_from_this<Loop> {
    boost::asio::io_context& io;
    core::Random& random;
    std::shared_ptr<sql::Session> session;
    LoopOptions options;
    GroupRunner runner;
    std::deque<Job> writes;
    std::deque<Job> reads;
    bool is_posted = false;
    bool is_stopping = false;

    Loop(boost::asio::io_context& io_, core::Random& random_, std::shared_ptr<sql::Session> session_,
         const crypto::Sealer& sealer, LoopOptions options_)
        : io(io_),
          random(random_),
          session(std::move(session_)),
          options(options_),
          runner(*session, sealer, Patience{.wait = [](int) {}}) {}

    void push(std::deque<Job>& queue, Job job) {
        if (is_stopping) {
            job.result = core::fail(core::Code::unavailable, "stopping");
            std::vector<Job> refused;
            refused.push_back(std::move(job));
            deliver(std::move(refused));
            return;
        }
        queue.push_back(std::move(job));
        post_turn();
    }

    void post_turn() {
        if (std::exchange(is_posted, true)) return;
        boost::asio::post(io, [weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->turn();
        });
    }

    void turn() {
        is_posted = false;
        run_writes();
        run_reads();
        if (!writes.empty() || !reads.empty()) post_turn();
    }

    std::vector<Job> take(std::deque<Job>& queue) {
        const std::size_t size =
            std::min<std::size_t>(queue.size(), 1 + random.below(options.most_per_group));
        std::vector<Job> group(std::make_move_iterator(queue.begin()),
                               std::make_move_iterator(queue.begin() + static_cast<std::ptrdiff_t>(size)));
        queue.erase(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(size));
        return group;
    }

    void run_writes() {
        if (writes.empty()) return;
        std::vector<Job> group = take(writes);
        const auto one_in = static_cast<std::uint64_t>(options.rehearse_one_in);
        if (one_in > 0 && random.below(one_in) == 0) runner.rehearse(group);
        runner.write(group);
        deliver(std::move(group));
    }

    void run_reads() {
        if (reads.empty()) return;
        std::vector<Job> group = take(reads);
        runner.read(group);
        deliver(std::move(group));
    }
};

class LoopExecutor final : public Executor {
  public:
    explicit LoopExecutor(std::shared_ptr<Loop> loop) : loop_(std::move(loop)) {}
    ~LoopExecutor() override { loop_->is_stopping = true; }

    void write(Job job) override { loop_->push(loop_->writes, std::move(job)); }
    void read(Job job) override { loop_->push(loop_->reads, std::move(job)); }
    void stop() override {
        loop_->is_stopping = true;
        while (!loop_->writes.empty() || !loop_->reads.empty()) loop_->turn();
    }
    Counts counts() const override { return loop_->runner.counts(); }

  private:
    std::shared_ptr<Loop> loop_;
};

}  // namespace

std::unique_ptr<Executor> make_loop_executor(boost::asio::io_context& io, core::Random& random,
                                             std::shared_ptr<sql::Session> session,
                                             const crypto::Sealer& sealer, LoopOptions options) {
    return std::make_unique<LoopExecutor>(
        std::make_shared<Loop>(io, random, std::move(session), sealer, options));
}

}  // namespace huitong::store
