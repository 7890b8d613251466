// Elements of the deque do not move, so the index and the orders point at them.
#include "sim/launches.hpp"

namespace huitong::sim {

Launch& LaunchBook::add(Launch launch) {
    return all_.emplace_back(std::move(launch));
}

Launch* LaunchBook::find(const std::string& text) {
    const auto found = by_content_.find(text);
    return found == by_content_.end() ? nullptr : found->second;
}

void LaunchBook::clear() {
    by_content_.clear();
    all_.clear();
}

std::string_view to_string(Way way) {
    switch (way) {
        case Way::native:
            return "NATIVE";
        case Way::jsapi:
            return "JSAPI";
        case Way::app:
            return "APP";
        case Way::mweb:
            return "MWEB";
        case Way::precreate:
            return "precreate";
        case Way::create:
            return "create";
        case Way::app_pay:
            return "app.pay";
        case Way::wap_pay:
            return "wap.pay";
        case Way::page_pay:
            return "page.pay";
    }
    return "";
}

}  // namespace huitong::sim
