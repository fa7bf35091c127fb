// A vault in a directory of its own, opened by a key file, and a folder beside it to take in.
#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <map>

#include "tests/keyring/errors.hpp"
#include "tests/snapshot/notices.hpp"
#include "tests/support/faulty_file_system.hpp"
#include "tests/support/fixed.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/vectors.hpp"
#include "vault/vault.hpp"

namespace muniment::test {

namespace fs = std::filesystem;

// Contents of files by path.
using Contents = std::map<std::string, std::string>;

inline void write_text(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
}

inline void write_all(const fs::path& folder, const Contents& contents) {
  for (const auto& [path, text] : contents) write_text(folder / path, text);
}

inline std::string noise(std::size_t size, std::uint64_t seed) {
  return std::string(as_text(FixedRandom(seed).bytes(size)));
}

inline void flip_bit(const fs::path& path, std::uint64_t offset) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(offset));
  const auto byte = static_cast<char>(file.get() ^ 1);
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(byte);
  REQUIRE(file.good());
}

inline Credential vault_key() {
  return Credential::key_file(SecretBytes::copy_of(FixedRandom(1).bytes(40)));
}

struct SampleVault {
  explicit SampleVault(std::uint64_t seed = 1) : random(seed) {
    files = posix_file_system();
    init(*files);
    open().create_collection("files", activity);
  }
  // Nothing is made yet.
  struct Bare {};
  explicit SampleVault(Bare) : files(posix_file_system()) {}

  [[nodiscard]] Environment environment(FileSystem& file_system) {
    return {file_system, clock, random};
  }
  InitResult init(FileSystem& file_system) {
    InitOptions options;
    options.directory = path;
    options.member = "member";
    options.device = "device";
    return Vault::init(options, vault_key(), environment(file_system));
  }

  // The vault as a new process would find it: without a key, and with one.
  [[nodiscard]] Vault open_locked(FileSystem& file_system) {
    Vault vault = Vault::open(path, environment(file_system));
    vault.set_lock_wait(std::chrono::milliseconds(0));
    return vault;
  }
  [[nodiscard]] Vault open_locked() { return open_locked(*files); }
  [[nodiscard]] Vault open(FileSystem& file_system) {
    Vault vault = open_locked(file_system);
    vault.unlock(vault_key(), activity);
    return vault;
  }
  [[nodiscard]] Vault open() { return open(*files); }

  // Takes in the contents of `folder`.
  IngestReport ingest(Vault& vault, const fs::path& source, IngestOptions options = {}) {
    const std::vector<fs::path> paths{source / "."};
    return vault.ingest("files", paths, options, activity);
  }
  IngestReport ingest(Vault& vault) { return ingest(vault, folder); }
  IngestReport ingest(const Contents& contents) {
    fs::remove_all(folder);
    fs::create_directory(folder);
    write_all(folder, contents);
    Vault vault = open();
    return ingest(vault);
  }

  // All files of a snapshot, as the vault has them.
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
  [[nodiscard]] Contents read(const std::string& snapshot) {
    Vault vault = open();
    return read(vault, snapshot);
  }

  [[nodiscard]] std::vector<fs::path> packs() const {
    std::vector<fs::path> packs;
    for (const auto& entry : fs::recursive_directory_iterator(path / "packs")) {
      if (entry.is_regular_file()) packs.push_back(entry.path());
    }
    std::ranges::sort(packs);
    return packs;
  }

  [[nodiscard]] VerifyReport verify(VerifyDepth depth = VerifyDepth::deep) {
    Vault vault = open();
    return vault.verify(depth, activity);
  }
  [[nodiscard]] bool is_whole() { return verify().damage.empty(); }

  TemporaryDirectory directory;
  fs::path path = directory.path() / "vault";
  fs::path folder = directory.path() / "folder";
  std::unique_ptr<FileSystem> files;
  FixedClock clock;
  FixedRandom random{1};
  Notices activity;
};

}  // namespace muniment::test
