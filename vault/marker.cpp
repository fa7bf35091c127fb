#include "vault/marker.hpp"

#include <exception>

#include "vault/base/error.hpp"
#include "vault/base/limits.hpp"
#include "vault/base/text.hpp"
#include "vault/note/record.hpp"

namespace muniment {

namespace {

constexpr std::string_view marker_type = "muniment/vault/v1";
constexpr std::size_t marker_bytes_max = 4096;

// A bad sector must not hide the copies that can be read. What the system said stays in
// `unreadable`.
std::optional<Bytes> try_read(FileSystem& files, const std::filesystem::path& path,
                              std::uint64_t limit, std::exception_ptr& unreadable) {
  try {
    return read_file(files, path, limit);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::io) unreadable = std::current_exception();
    return std::nullopt;
  }
}

// Each copy of the keyring names the vault, too.
std::vector<KeyringIdentity> keyring_identities(FileSystem& files,
                                                const std::filesystem::path& directory,
                                                std::exception_ptr& unreadable) {
  std::vector<KeyringIdentity> identities;
  for (const char* name : {"keyring", "keyring.2"}) {
    const auto bytes = try_read(files, directory / name, limits::keyring_bytes_max, unreadable);
    if (!bytes) continue;
    if (const auto keyring = Keyring::decode(*bytes)) identities.push_back(keyring->identity());
  }
  return identities;
}

// Damage changes one of the three; a keyring put here from another vault differs in all.
bool have_something_in_common(const KeyringIdentity& a, const KeyringIdentity& b) {
  return a.vault == b.vault || a.device == b.device || a.consortium == b.consortium;
}

// Told from damage by its shape, so that an update is recommended only where one helps.
bool is_other_version(std::string_view text) {
  const auto type = record_type(text);
  return type && *type != marker_type && type->starts_with("muniment/vault/v") &&
         type->substr(16).find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::string encode_marker(const KeyringIdentity& identity) {
  RecordWriter record(marker_type);
  record.key("vault").hex(identity.vault.view());
  record.key("device").hex(identity.device.view());
  record.key("consortium").hex(identity.consortium.view());
  return record.finish();
}

std::optional<KeyringIdentity> decode_marker(std::string_view text) {
  RecordReader record(text, marker_type);
  KeyringIdentity identity;
  record.key("vault");
  identity.vault = record.hex<VaultId>();
  record.key("device");
  identity.device = record.hex<DeviceId>();
  record.key("consortium");
  identity.consortium = record.hex<ConsortiumId>();
  if (!record.done()) return std::nullopt;
  return identity;
}

FoundMarker find_marker(FileSystem& files, const std::filesystem::path& directory) {
  const auto path = directory / marker_name;
  std::exception_ptr unreadable;
  const auto bytes = try_read(files, path, marker_bytes_max, unreadable);
  const std::vector<KeyringIdentity> identities = keyring_identities(files, directory, unreadable);
  if (!bytes && identities.empty()) {
    if (unreadable) std::rethrow_exception(unreadable);
    throw Error(ErrorCode::no_vault, escape(directory.native()) + ": there is no vault here",
                "name its directory with --vault, or make one with 'muniment init'");
  }
  const std::string_view text = bytes ? as_text(*bytes) : std::string_view();
  if (is_other_version(text) && identities.empty()) {
    throw Error(ErrorCode::unsupported,
                escape(path.native()) + ": this vault is of another format version, '" +
                    std::string(*record_type(text)) + "'",
                "use the version of Muniment that made it");
  }
  const std::optional<KeyringIdentity> identity = decode_marker(text);
  if (identities.empty()) {
    if (identity) return {*identity, ""};
    if (unreadable) std::rethrow_exception(unreadable);
    throw Error(ErrorCode::damaged,
                escape(path.native()) + ": damaged, and so are both copies of the keyring",
                "put the vault back from a backup");
  }
  if (!bytes || !identity) return {identities[0], bytes ? "damaged" : "missing"};
  const bool outvoted = identities.size() == 2 && identities[0] == identities[1] &&
                        *identity != identities[0] &&
                        have_something_in_common(*identity, identities[0]);
  if (outvoted) return {identities[0], "damaged"};
  return {*identity, ""};
}

}  // namespace muniment
