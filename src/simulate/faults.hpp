// Faults: what goes wrong with network, channels and disk on a simulated day, item by item of the plan.
// Counts what really struck.
#pragma once

#include <map>
#include <set>

#include "simulate/dice.hpp"
#include "simulate/forgery.hpp"
#include "simulate/stage.hpp"

namespace huitong::simulate {

// The order's number at the channel in a call to one; empty when there is none.
[[nodiscard]] std::string number_in(const net::Request& request);

class Faults {
  public:
    // `stage` must outlive it, and it the platform's network.
    explicit Faults(Stage& stage) : stage_(stage) {}

    // The item's time has come: a wire's, a channel's or an outage's.
    void begin(const Item& item);
    // The day is over: nothing goes wrong any more.
    void end();

    // What the network does to this request; a channel's own fault is ordered at its simulator.
    [[nodiscard]] app::Fate fate_of(const net::Origin& to, const net::Request& request);
    // Orders whose calls were spoilt: what their channel saw, or did not see, is not how they were sent.
    [[nodiscard]] bool is_disturbed(const std::string& number) const { return disturbed_.contains(number); }

  private:
    // Strikes the next calls that match.
    struct Armed {
        std::string name;
        bool is_channels_own = false;
        std::string side;  // "gateway", "wechat", "alipay"
        std::string op;    // canonical; empty: any
        int left = 0;      // 0: the dice say
        core::Instant until{};
        core::Duration span{0};  // of a delay, or until a copy comes
        sim::Fault fault{};      // of a channel
        std::string state = {};  // that a forged query says
    };
    struct Outage {
        std::string side;
        core::Instant until;
        app::NetworkFault manner = app::NetworkFault::refuse;
        bool has_struck = false;
    };
    [[nodiscard]] Seen see(const net::Origin& to, const net::Request& request);
    [[nodiscard]] app::Fate strike(const Armed& armed, const Seen& seen);
    // What changes an answer on its way.
    [[nodiscard]] app::Fate forge(const Armed& armed, const Seen& seen);
    [[nodiscard]] app::Fate spoil(const Seen& seen);
    [[nodiscard]] app::Fate watch(const std::string& name, const Seen& seen);
    void arm_wire(Dice& dice);
    void arm_channel(Dice& dice);
    void arm(Armed armed, Dice& dice);

    Stage& stage_;
    std::vector<Armed> armed_;
    std::vector<Outage> outages_;
    std::set<std::string> disturbed_;
    std::set<std::string> denied_;
    std::map<std::string, std::string> amounts_;  // by number, as the call that began it said
};

}  // namespace huitong::simulate
