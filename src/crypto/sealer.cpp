// AES-256-GCM with a random nonce. Sealed: version (1), key id length, key id, nonce (12), ciphertext, tag
// (16). Key id and context are authenticated with the ciphertext, so a value opens only under its key and in
// its place.
#include "crypto/sealer.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <mutex>
#include <stdexcept>

#include "core/assert.hpp"

namespace huitong::crypto {

namespace {

constexpr char version = 1;
constexpr std::size_t key_bytes = 32;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
constexpr std::size_t max_key_id_length = 16;

enum class Direction : int { open = 0, seal = 1 };

struct FreeCipher {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

CipherContext make_context(Direction direction) {
    static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    CipherContext context(EVP_CIPHER_CTX_new());
    if (cipher == nullptr || context == nullptr ||
        EVP_CipherInit_ex2(context.get(), cipher, nullptr, nullptr, static_cast<int>(direction), nullptr) !=
            1) {
        throw std::runtime_error("openssl: AES-256-GCM");
    }
    return context;
}

// One context per thread and direction: choosing the cipher costs more than the key schedule.
EVP_CIPHER_CTX* context_for(Direction direction) {
    thread_local const CipherContext sealing = make_context(Direction::seal);
    thread_local const CipherContext opening = make_context(Direction::open);
    return direction == Direction::seal ? sealing.get() : opening.get();
}

const std::uint8_t* data_of(std::string_view text) {
    return reinterpret_cast<const std::uint8_t*>(text.data());
}
std::uint8_t* data_of(std::string& text) {
    return reinterpret_cast<std::uint8_t*>(text.data());
}
int length_of(std::string_view text) {
    HUITONG_ASSERT(text.size() <= INT_MAX, "secret too long to seal");
    return static_cast<int>(text.size());
}

std::string authenticated_data(std::string_view key_id, std::string_view context) {
    std::string data(key_id);
    data += '\0';
    data += context;
    return data;
}

// Loads key and nonce, feeds the authenticated data and transforms `in` into `out` (same length).
bool transform(EVP_CIPHER_CTX* cipher, Direction direction, std::string_view key, std::string_view nonce,
               std::string_view authenticated, std::string_view in, std::string& out) {
    int length = 0;
    out.resize(in.size());
    return EVP_CipherInit_ex2(cipher, nullptr, data_of(key), data_of(nonce), static_cast<int>(direction),
                              nullptr) == 1 &&
           EVP_CipherUpdate(cipher, nullptr, &length, data_of(authenticated), length_of(authenticated)) ==
               1 &&
           (in.empty() || EVP_CipherUpdate(cipher, data_of(out), &length, data_of(in), length_of(in)) == 1);
}

struct SealedParts {
    std::string_view key_id;
    std::string_view nonce;
    std::string_view cipher_text;
    std::string_view tag;
};

core::Result<SealedParts> split(std::string_view sealed) {
    if (sealed.size() < 2 || sealed[0] != version) {
        return core::fail(core::Code::internal, "bad_seal", "not a sealed value");
    }
    const auto id_length = static_cast<std::size_t>(static_cast<std::uint8_t>(sealed[1]));
    const std::size_t fixed = 2 + id_length + nonce_bytes + tag_bytes;
    if (id_length == 0 || id_length > max_key_id_length || sealed.size() < fixed) {
        return core::fail(core::Code::internal, "bad_seal", "truncated");
    }
    const std::string_view rest = sealed.substr(2 + id_length);
    return SealedParts{.key_id = sealed.substr(2, id_length),
                       .nonce = rest.substr(0, nonce_bytes),
                       .cipher_text = rest.substr(nonce_bytes, rest.size() - nonce_bytes - tag_bytes),
                       .tag = rest.substr(rest.size() - tag_bytes)};
}

bool is_key_id(std::string_view id) {
    return !id.empty() && id.size() <= max_key_id_length &&
           std::ranges::all_of(id, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

}  // namespace

struct Sealer::State {
    std::map<std::string, core::Secret> keys;
    std::string current;
    core::Random& random;
    std::mutex random_mutex;

    std::string next_nonce() {
        std::string nonce(nonce_bytes, '\0');
        const std::lock_guard lock(random_mutex);
        random.fill({data_of(nonce), nonce.size()});
        return nonce;
    }
};

core::Result<Sealer> Sealer::make(std::map<std::string, core::Secret> keys, std::string current,
                                  core::Random& random) {
    for (const auto& [id, key] : keys) {
        if (!is_key_id(id))
            return core::fail(core::Code::invalid, "bad_key", "key id must be [a-z0-9]{1,16}");
        if (key.reveal().size() != key_bytes) {
            return core::fail(core::Code::invalid, "bad_key", "key '" + id + "' must be 32 bytes");
        }
    }
    if (!keys.contains(current))
        return core::fail(core::Code::invalid, "bad_key", "no key with the current id");
    auto state = std::make_unique<State>(std::move(keys), std::move(current), random);
    return Sealer(std::move(state));
}

Sealer::Sealer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Sealer::~Sealer() = default;
Sealer::Sealer(Sealer&&) noexcept = default;
Sealer& Sealer::operator=(Sealer&&) noexcept = default;

const std::string& Sealer::current_key_id() const {
    return state_->current;
}

std::string Sealer::seal(std::string_view plain, std::string_view context) const {
    const std::string& id = state_->current;
    const std::string nonce = state_->next_nonce();
    EVP_CIPHER_CTX* const cipher = context_for(Direction::seal);
    std::string cipher_text;
    std::array<std::uint8_t, tag_bytes> tag{};
    std::array<std::uint8_t, tag_bytes> rest{};  // GCM is a stream: the final call writes nothing
    int length = 0;
    const bool done = transform(cipher, Direction::seal, state_->keys.find(id)->second.reveal(), nonce,
                                authenticated_data(id, context), plain, cipher_text) &&
                      EVP_CipherFinal_ex(cipher, rest.data(), &length) == 1 &&
                      EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, tag_bytes, tag.data()) == 1;
    if (!done) throw std::runtime_error("openssl: AES-256-GCM");
    std::string sealed;
    sealed.reserve(2 + id.size() + nonce.size() + cipher_text.size() + tag.size());
    sealed += version;
    sealed += static_cast<char>(id.size());
    sealed.append(id).append(nonce).append(cipher_text);
    sealed.append(tag.begin(), tag.end());
    return sealed;
}

core::Result<core::Secret> Sealer::open(std::string_view sealed, std::string_view context) const {
    const auto parts = split(sealed);
    if (!parts) return std::unexpected(parts.error());
    const auto key = state_->keys.find(std::string(parts->key_id));
    if (key == state_->keys.end()) return core::fail(core::Code::internal, "unknown_key");
    EVP_CIPHER_CTX* const cipher = context_for(Direction::open);
    std::string plain;
    std::string tag(parts->tag);
    std::array<std::uint8_t, tag_bytes> rest{};
    int length = 0;
    const bool authentic = transform(cipher, Direction::open, key->second.reveal(), parts->nonce,
                                     authenticated_data(parts->key_id, context), parts->cipher_text, plain) &&
                           EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, tag_bytes, tag.data()) == 1 &&
                           EVP_CipherFinal_ex(cipher, rest.data(), &length) == 1;
    if (!authentic) {
        OPENSSL_cleanse(plain.data(), plain.size());
        return core::fail(core::Code::internal, "bad_seal", "not sealed for this place, or damaged");
    }
    return core::Secret(std::move(plain));
}

}  // namespace huitong::crypto
