// Members of one consortium, each with a vault of its own, who have nothing between them but texts
// and copied packs.
#pragma once

#include "tests/vault/sample_vault.hpp"
#include "vault/partners.hpp"

namespace muniment::test {

class TestMember {
 public:
  // The device is called NAME-desk unless it is given a name.
  TestMember(std::string name, std::uint64_t seed, const std::string& device = {})
      : x_name(std::move(name)), random(seed) {
    InitOptions options;
    options.directory = path;
    options.member = x_name;
    options.device = device.empty() ? x_name + "-desk" : device;
    static_cast<void>(Vault::init(options, key(), environment()));
  }

  [[nodiscard]] const std::string& name() const noexcept { return x_name; }
  [[nodiscard]] Environment environment() { return {*files, clock, random}; }
  [[nodiscard]] Credential key() const { return key_named(x_name); }
  [[nodiscard]] static Credential key_named(std::string_view text) {
    Bytes bytes(40);
    std::ranges::copy(as_bytes(text.substr(0, 40)), bytes.begin());
    return Credential::key_file(SecretBytes::copy_of(bytes));
  }

  // As a new process finds it.
  [[nodiscard]] Vault open(const Credential& credential, const fs::path& vault_path) {
    Vault vault = Vault::open(vault_path, environment());
    vault.set_lock_wait(std::chrono::milliseconds(0));
    vault.unlock(credential, activity);
    return vault;
  }
  [[nodiscard]] Vault open(const Credential& credential) { return open(credential, path); }
  [[nodiscard]] Vault open() { return open(key()); }

  AcceptReport accept(const std::string& text) {
    Vault vault = open();
    const std::vector<std::string> texts{text};
    return Partners(vault).accept(texts, [this] { return key(); }, activity);
  }
  [[nodiscard]] std::string text_for(const TestMember& other) {
    Vault vault = open();
    return Partners(vault).text_for(other.name());
  }
  // Takes `joiner` in as the second member.
  void take_in(TestMember& joiner, Roles roles) {
    CharterChange change;
    {
      Vault vault = joiner.open();
      change.add.push_back(*decode_card(Partners(vault).card()));
    }
    change.added_roles = roles;
    std::string invitation;
    {
      Vault vault = open();
      invitation = Partners(vault).propose(change, activity);
    }
    const std::string reply = joiner.accept(invitation).reply;
    REQUIRE(joiner.accept(accept(reply).reply).joins);
  }
  void create(const std::string& collection) {
    Vault vault = open();
    static_cast<void>(vault.create_collection(collection, activity));
  }
  [[nodiscard]] std::string grant(const std::string& collection, const TestMember& to,
                                  Rights rights = Rights::read) {
    Vault vault = open();
    return Partners(vault).grant({collection, to.name(), "", rights, true}, activity).text;
  }
  std::string ingest(Vault& vault, const std::string& collection, const Contents& contents) {
    fs::remove_all(folder);
    fs::create_directory(folder);
    write_all(folder, contents);
    const std::vector<fs::path> paths{folder / "."};
    return vault.ingest(collection, paths, {}, activity).snapshot;
  }
  std::string ingest(const std::string& collection, const Contents& contents) {
    Vault vault = open();
    return ingest(vault, collection, contents);
  }
  [[nodiscard]] Contents read(Vault& vault, const std::string& snapshot) {
    Contents contents;
    const auto reader =
        vault.reader(vault.resolve(*SnapshotName::parse(snapshot)), ReaderUse::bulk, activity);
    reader->visit("", [&](const Entry& entry) {
      if (entry.kind != EntryKind::file) return true;
      std::string& text = contents[entry.path];
      reader->read(entry, [&](ByteView bytes) { text += as_text(bytes); });
      return true;
    });
    return contents;
  }

  // What sync will do.
  void copy_packs_from(const TestMember& other) {
    fs::copy(other.path / "packs", path / "packs",
             fs::copy_options::recursive | fs::copy_options::skip_existing);
  }
  [[nodiscard]] std::vector<fs::path> packs() const { return packs_of(path); }
  [[nodiscard]] static std::vector<fs::path> packs_of(const fs::path& vault) {
    std::vector<fs::path> packs;
    for (const auto& entry : fs::recursive_directory_iterator(vault / "packs")) {
      if (entry.is_regular_file()) packs.push_back(entry.path());
    }
    std::ranges::sort(packs);
    return packs;
  }

 private:
  std::string x_name;

 public:
  TemporaryDirectory directory;
  fs::path path = directory.path() / "vault";
  fs::path folder = directory.path() / "folder";
  std::unique_ptr<FileSystem> files = posix_file_system();
  FixedClock clock;
  FixedRandom random;
  Notices activity;
};

inline Bytes bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return to_bytes(text);
}

// Every secret of 32 bytes in `keys`, and what the program derives from it: all that whoever holds
// the unlocked vault can try.
inline std::vector<Bytes> all_secrets(const UnlockedKeyring& keyring,
                                      const OpenCollections& collections) {
  std::vector<Bytes> secrets;
  const auto add = [&](const auto& key) { secrets.push_back(to_bytes(key.view())); };
  const ServiceKeys& service = keyring.service->keys;
  const ReadingKeys& reading = keyring.reading->keys;
  add(keyring.service->key);
  add(keyring.reading->key);
  add(service.transport);
  add(service.log);
  add(service.witness);
  add(service.replica);
  add(reading.reading);
  add(reading.catalog);
  if (reading.authority) add(*reading.authority);
  for (const auto& [id, keys] : collections) {
    add(keys.id_key);
    add(keys.chunker_key);
    for (const OpenEpoch& epoch : keys.epochs) add(epoch.key);
  }
  for (std::size_t i = 0, count = secrets.size(); i < count; ++i) {
    const EpochKey key = *EpochKey::from_bytes(ByteView(secrets[i]));
    add(epoch_secret_key(key));
    add(seed_key(key));
    const auto batch = Batch::from(BatchKey::from_bytes(key.view())->clone());
    add(batch->id_key);
    add(batch->chunker_key());
    add(batch->seed_key());
  }
  return secrets;
}

// Of all files below `directory`: those that hold `text`.
inline std::vector<fs::path> files_with(const fs::path& directory, std::string_view text) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    const Bytes bytes = bytes_of(entry.path());
    if (as_text(bytes).find(text) != std::string_view::npos) found.push_back(entry.path());
  }
  return found;
}

}  // namespace muniment::test
