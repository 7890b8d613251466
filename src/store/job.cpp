#include "store/job.hpp"

#include <boost/asio/post.hpp>

namespace huitong::store {

namespace {

// A handler that throws (a coroutine's failure that nobody catches) must not cost the others their answer.
struct Delivery {
    std::vector<Job> jobs;
    std::size_t next = 0;

    void operator()() {
        while (next < jobs.size()) {
            Job job = std::move(jobs[next++]);
            try {
                job.handler(std::move(job.result));
            } catch (...) {
                if (next < jobs.size()) boost::asio::post(jobs[next].executor, std::move(*this));
                throw;
            }
        }
    }
};

}  // namespace

void deliver(std::vector<Job> jobs) {
    while (!jobs.empty()) {
        const boost::asio::any_io_executor executor = jobs.front().executor;
        std::vector<Job> mine;
        std::vector<Job> others;
        mine.reserve(jobs.size());
        for (Job& job : jobs) (job.executor == executor ? mine : others).push_back(std::move(job));
        boost::asio::post(executor, Delivery{std::move(mine)});
        jobs = std::move(others);
    }
}

}  // namespace huitong::store
