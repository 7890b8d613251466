// What the doctor finds: one line per check. Internal to `huitong doctor`.
#pragma once

#include <string>
#include <vector>

#include "app/config.hpp"
#include "app/offline_store.hpp"

namespace huitong::app {

enum class Verdict { ok, warn, fail };

struct Finding {
    std::string check;  // stable: "store", "channel wx-main"
    Verdict verdict = Verdict::ok;
    std::string text;  // for people; no secrets
};

using Findings = std::vector<Finding>;

// Every active channel account: its certificates, and whether the channel answers a query of a number that
// cannot exist with its own signature, which proves address, keys and clock on both sides.
void check_channels(const Config& config, OfflineStore& store, Findings& findings);

}  // namespace huitong::app
