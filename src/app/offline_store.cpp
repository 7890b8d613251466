#include "app/offline_store.hpp"

#include "app/master_key.hpp"
#include "app/shared_store.hpp"
#include "app/store_place.hpp"

namespace huitong::app {

OfflineStore::OfflineStore(const core::Secret& master_key)
    : sealer_(make_sealer(master_key, random_).value()) {}

OfflineStore::~OfflineStore() {
    if (store_) store_->stop();
}

core::Result<std::unique_ptr<OfflineStore>> OfflineStore::open(const store::Location& location,
                                                               const core::Secret& master_key) {
    std::unique_ptr<OfflineStore> it(new OfflineStore(master_key));
    auto store = store::open_store(location, it->sealer_, visiting_options());
    if (!store) return std::unexpected(std::move(store.error()));
    it->store_ = std::move(*store);
    return it;
}

core::Result<std::string> OfflineStore::fact(const std::string& name) {
    return run(
        store_->read([name](ports::Tx& tx) -> core::Result<std::string> { return tx.facts().get(name); }));
}

core::Result<bool> OfflineStore::opens_a_secret() {
    return run(app::opens_a_secret(*store_));
}

}  // namespace huitong::app
