// Two members with a vault each, and what munimentd has of a vault.
#pragma once

#include <doctest/doctest.h>

#include "sync/vault_replica.hpp"
#include "tests/sync/replica.hpp"
#include "tests/vault/sample_vault.hpp"
#include "vault/partners.hpp"

namespace muniment::sync::test {

// A member with a vault of its own.
struct Member {
  explicit Member(const std::string& name, std::uint64_t seed) : random(seed) {
    InitOptions options;
    options.directory = path;
    options.member = name;
    options.device = name + "-desk";
    Vault::init(options, muniment::test::vault_key(), environment());
  }
  [[nodiscard]] Environment environment() { return {*files, clock, random}; }
  [[nodiscard]] Vault open() {
    Vault vault = Vault::open(path, environment());
    vault.unlock(muniment::test::vault_key(), activity);
    return vault;
  }
  AcceptReport accept(const std::string& text) {
    Vault vault = open();
    return Partners(vault).accept(
        std::array{text}, [] { return muniment::test::vault_key(); }, activity);
  }
  std::string ingest(const std::string& file, const std::string& text) {
    const auto source = directory.path() / "in" / file;
    muniment::test::write_text(source, text);
    Vault vault = open();
    const std::vector<std::filesystem::path> paths{source};
    return vault.ingest("files", paths, {}, activity).snapshot;
  }
  [[nodiscard]] std::string read(const std::string& snapshot, const std::string& file) {
    Vault vault = open();
    const std::vector<SnapshotInfo> all = vault.snapshots(std::nullopt, activity);
    const auto info = std::ranges::find(all, snapshot, &SnapshotInfo::name);
    REQUIRE(info != all.end());
    const auto reader = vault.reader(*info, ReaderUse::few, activity);
    std::string text;
    reader->visit("", [&](const Entry& entry) {
      if (entry.path != file) return true;
      reader->read(entry, [&](ByteView bytes) { text += as_text(bytes); });
      return true;
    });
    return text;
  }
  // What verify --deep finds, a line each.
  [[nodiscard]] std::string damage() {
    Vault vault = open();
    std::string lines;
    for (const Damage& each : vault.verify(VerifyDepth::deep, activity).damage) {
      lines += each.object + ": " + each.cause + "\n";
    }
    return lines;
  }

  muniment::test::TemporaryDirectory directory;
  std::filesystem::path path = directory.path() / "vault";
  std::unique_ptr<FileSystem> files = posix_file_system();
  muniment::test::FixedClock clock;
  muniment::test::FixedRandom random;
  muniment::test::Notices activity;
};

// Two members; the first has a collection that both may read.
struct Two {
  Two() {
    {
      Vault vault = a.open();
      vault.create_collection("files", a.activity);
      Vault other = b.open();
      CharterChange change;
      change.add.push_back(*decode_card(Partners(other).card()));
      change.added_roles = Roles::all();
      invitation = Partners(vault).propose(change, a.activity);
    }
    const AcceptReport answer = b.accept(invitation);
    const AcceptReport welcome = a.accept(answer.reply);
    b.accept(welcome.reply);
    Vault vault = a.open();
    (void)Partners(vault).grant({.collection = "files", .member = "second", .device = {}},
                                a.activity);
  }

  std::string invitation;
  Member a{"first", 1};
  Member b{"second", 2};
};

// What munimentd has of a vault, without a network.
struct Daemon {
  explicit Daemon(Member& member) : Daemon(member, *member.files) {}
  Daemon(Member& member, FileSystem& files)
      : vault(Vault::open(member.path, {files, member.clock, member.random})),
        replication(vault, muniment::test::vault_key()),
        replica(replication),
        node(replica, replica, replica, log) {
    (void)replica.refresh();
  }

  Vault vault;
  Replication replication;
  VaultReplica replica;
  Log log;
  Node node;
};

}  // namespace muniment::sync::test
