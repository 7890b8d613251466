#include "flows/platform_key.hpp"

#include "crypto/digest.hpp"

namespace huitong::flows {

namespace {

constexpr const char* only_key = "1";

}  // namespace

std::string SigningKey::sign(std::string_view body) const {
    return crypto::to_base64(key.sign_sha256(body));
}

task::Task<ports::PlatformKey> find_platform_key(ports::StorePort& store) {
    co_return co_await store.read([](ports::Tx& tx) -> core::Result<ports::PlatformKey> {
        auto found = tx.directory().find_platform_key(only_key);
        if (!found) return core::fail(core::Code::not_found, "no_platform_key");
        return std::move(*found);
    });
}

task::Task<SigningKey> find_or_make_platform_key(ports::StorePort& store, core::Instant now) {
    auto found = co_await find_platform_key(store);
    if (!found && found.error().code == core::Code::not_found) {
        const auto made = crypto::RsaPrivateKey::generate();
        const ports::PlatformKey row{.id = only_key,
                                     .private_key_pem = made.to_pkcs8_pem(),
                                     .public_key_pem = made.public_pem(),
                                     .created_at = now};
        const auto inserted = co_await store.write([row](ports::Tx& tx) -> core::Result<void> {
            tx.directory().insert(row);
            return {};
        });
        // Another process was faster: then its key is everybody's.
        if (!inserted && inserted.error().reason != "exists") co_return std::unexpected(inserted.error());
        found = co_await find_platform_key(store);
    }
    if (!found) co_return std::unexpected(found.error());
    auto key = crypto::RsaPrivateKey::parse(found->private_key_pem);
    if (!key) co_return core::fail(core::Code::internal, "bad_key", "the platform's: " + key.error().reason);
    co_return SigningKey{.key = std::move(*key), .public_pem = std::move(found->public_key_pem)};
}

}  // namespace huitong::flows
