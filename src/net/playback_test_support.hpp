// A transport that plays back one answer, for the tests of channels: what was sent can be looked at, and time
// passes while it is on the road.
#pragma once

#include "core/time.hpp"
#include "net/http_client.hpp"

namespace huitong::net {

class PlaybackClock final : public core::Clock {
  public:
    [[nodiscard]] core::Instant now() const override { return now_; }
    core::Instant now_ = core::from_us(1'709'600'000'000'000);  // 2024-03-05 08:53:20 in Beijing
};

// Answers every call with `answer`, 300 ms later.
class PlaybackTransport final : public HttpTransport {
  public:
    explicit PlaybackTransport(PlaybackClock& clock) : clock_(clock) {}
    [[nodiscard]] task::Task<Response> send(Origin origin, Request request, CallOptions options) override {
        ++sends;
        origin_ = std::move(origin);
        request_ = std::move(request);
        options_ = std::move(options);
        clock_.now_ += std::chrono::milliseconds(300);
        co_return answer;
    }

    core::Result<Response> answer = make_response(200, "text/plain", "");
    int sends = 0;
    Origin origin_;
    Request request_;
    CallOptions options_;

  private:
    PlaybackClock& clock_;
};

}  // namespace huitong::net
