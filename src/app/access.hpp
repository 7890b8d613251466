// Access: what every answered request leaves behind: its place in the metrics and, at debug, a line in the
// log.
#pragma once

#include <string>

#include "app/log.hpp"
#include "app/metrics.hpp"
#include "net/message.hpp"

namespace huitong::app {

struct AnswerNote {
    std::string_view result;  // success, in_progress, failed, refused, error, http_4xx, http_5xx
    std::string sn;           // of the payment; empty: none is named
};
// What an answer of the upay face came to, read from its own body (spec/upay 2.3).
[[nodiscard]] AnswerNote note_of(const net::Response& response);
// Of a face that says it by the status.
[[nodiscard]] AnswerNote note_of_status(const net::Response& response);

class Access {
  public:
    // All outlive it and the requests that pass through it. `log` may be null. `label`: what the metrics call
    // every path of the face; empty: its few paths themselves.
    Access(const core::Clock& clock, Metrics& metrics, const Log* log, net::Handler face,
           AnswerNote (*note_answer)(const net::Response&) = note_of, std::string label = {})
        : clock_(clock),
          metrics_(metrics),
          log_(log),
          face_(std::move(face)),
          note_answer_(note_answer),
          label_(std::move(label)) {}

    [[nodiscard]] task::Awaitable<net::Response> answer(net::Request request);

  private:
    void note(const std::string& path, const net::Response& response, core::Duration took);

    const core::Clock& clock_;
    Metrics& metrics_;
    const Log* log_;
    net::Handler face_;
    AnswerNote (*note_answer_)(const net::Response&);
    std::string label_;
};

}  // namespace huitong::app
