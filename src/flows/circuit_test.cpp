// When a circuit opens, who is let through as a try, and what closes it.
#include "flows/circuit.hpp"

#include <gtest/gtest.h>

namespace huitong::flows {
namespace {

using std::chrono::seconds;

constexpr const char* here = "http://here";
constexpr const char* there = "http://there";
const core::Instant start = core::from_us(1'000'000'000);

payments::Answer answer_of(payments::Outcome outcome, std::string code) {
    payments::Answer answer;
    answer.outcome = outcome;
    answer.code = std::move(code);
    return answer;
}
payments::Answer silence() {
    return answer_of(payments::Outcome::unknown, "read_timeout");
}
payments::Answer answered(std::string code = "SYSTEMERROR") {
    payments::Answer answer = answer_of(payments::Outcome::unknown, std::move(code));
    answer.exchange.response = "whatever, signed or not";
    return answer;
}

TEST(Circuit, OpensAfterSilenceInARowAndAnyAnswerClosesIt) {
    Circuit circuit({.failures = 3, .pause = seconds(10)});
    EXPECT_FALSE(circuit.note(here, silence(), start));
    EXPECT_FALSE(circuit.note(here, silence(), start));
    EXPECT_FALSE(circuit.note(here, answered(), start)) << "not in a row";
    EXPECT_FALSE(circuit.note(here, silence(), start));
    EXPECT_FALSE(circuit.note(here, silence(), start));
    EXPECT_TRUE(circuit.note(here, silence(), start));
    EXPECT_TRUE(circuit.is_open(here));
    EXPECT_EQ(circuit.unreachable(start), std::set<std::string>{here})
        << "the other address is not concerned";
    EXPECT_TRUE(circuit.note(here, answered(), start));
    EXPECT_TRUE(circuit.unreachable(start).empty());
}

TEST(Circuit, GatewaysErrorPageIsSilence) {
    Circuit circuit({.failures = 1, .pause = seconds(10)});
    EXPECT_TRUE(circuit.note(here, answered("http_502"), start));
}

TEST(Circuit, OurOwnLimitSaysNothing) {
    Circuit circuit({.failures = 1, .pause = seconds(10)});
    payments::Answer kept = answer_of(payments::Outcome::not_sent, "bad_account");
    kept.refusal = payments::Refusal::configuration;
    EXPECT_FALSE(circuit.note(here, kept, start));
    EXPECT_FALSE(circuit.is_open(here));
}

TEST(Circuit, OneTryAPauseAndOnlyAPaymentThatGoesThereUsesIt) {
    Circuit circuit({.failures = 1, .pause = seconds(10)});
    (void)circuit.note(here, silence(), start);
    EXPECT_TRUE(circuit.unreachable(start + seconds(9)).contains(here));
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(circuit.unreachable(start + seconds(10)).empty()) << "asking is no try";
    circuit.note_try(there, start + seconds(10));
    EXPECT_TRUE(circuit.unreachable(start + seconds(10)).empty()) << "another address's payment is no try";
    circuit.note_try(here, start + seconds(10));
    EXPECT_TRUE(circuit.unreachable(start + seconds(11)).contains(here));
    EXPECT_TRUE(circuit.unreachable(start + seconds(20)).empty());
}

}  // namespace
}  // namespace huitong::flows
