// The client's side of the upay face: how a request is signed, what an answer says, and whether its reader
// now knows how the matter ended (spec/upay 1.2 to 1.4, 2.1, 4.1, 6.3). Knows nothing of the platform.
#pragma once

#include <string>
#include <string_view>

#include "codec/json.hpp"
#include "load/schedule.hpp"
#include "net/message.hpp"

namespace huitong::load {

struct Identity {
    std::string sn;  // terminal_sn, or vendor_sn to activate
    std::string key;
};

// What an answer says; empty texts where it says nothing.
struct Answer {
    std::string result_code;      // of the envelope
    std::string error_code;       // of the envelope, else of biz_response
    std::string biz_result_code;  // "PAY_SUCCESS"
    codec::Json data;             // biz_response.data, or biz_response itself for terminal/*
    std::string body;             // as received

    // A text of `data`.
    [[nodiscard]] std::string get(std::string_view name) const;
};

[[nodiscard]] net::Request make_request(const Identity& signer, std::string path, codec::JsonObject body);
// How long a till waits for an answer: the platform answers within 35 s (spec/upay 3.4).
inline constexpr core::Duration answer_timeout = std::chrono::seconds(50);
// unknown_outcome {bad_answer}
[[nodiscard]] core::Result<Answer> read_answer(net::Response response);

// What the caller of a request knows afterwards.
enum class Verdict : std::uint8_t {
    definite,  // told how it ended
    refused,   // certainly not done
    unknown,   // in progress, no answer, or one that says nothing: ask again under the same number
};
inline constexpr std::array verdicts{Verdict::definite, Verdict::refused, Verdict::unknown};
[[nodiscard]] std::string_view to_string(Verdict verdict);

struct Outcome {
    Verdict verdict = Verdict::unknown;
    std::string word;  // the code that decided: "PAY_SUCCESS", "REQUEST_FAIL", "connect_failed"
};
[[nodiscard]] Outcome classify(Operation operation, const core::Result<Answer>& answer);

// An order_status that stays as it is unless the merchant asks for more.
[[nodiscard]] bool is_final_status(std::string_view order_status);

}  // namespace huitong::load
