#include <algorithm>
#include <thread>

#include "tests/attacks/partner_view.hpp"
#include "tests/attacks/rewrites.hpp"
#include "tests/audit/fixture.hpp"
#include "vault/audit/format.hpp"
#include "vault/audit/ratchet.hpp"
#include "vault/merkle/tile.hpp"

namespace muniment::test {
namespace {

// Two commits of three records each, for which a partner vouched.
class Log : public AccessFixture {
 public:
  // Of the records; the first entry begins the segment.
  static constexpr std::size_t third = 3;

  // Logs of different `salt` have the same keys, sizes and records, and no entry in common.
  explicit Log(std::size_t salt = 0) {
    static_cast<void>(random.bytes(salt));
    write_three();
    x_first = copies();
    write_three();
    REQUIRE(look().empty());
    x_vouched = head_of(leaves());
    x_note = view()->checkpoint();
  }

  void write_three() {
    AccessLog log = this->log();
    append(log, 3);
  }

  [[nodiscard]] Entries entries() {
    Entries list;
    if (const auto log_view = view()) {
      log_view->visit([&](std::uint64_t, std::string_view entry) {
        list.emplace_back(entry);
        return true;
      });
    }
    return list;
  }
  [[nodiscard]] Leaves leaves() {
    Leaves list;
    for (const std::string& entry : entries()) list.push_back(leaf_hash(as_bytes(entry)));
    return list;
  }

  // What root can write: both copies, with checksums that fit, under the checkpoint that was there.
  void rewrite(const Entries& entries) {
    write_access_tail(files, directory, encode_access_tail(name, {}, entries, x_note));
  }
  // And with the log key, which a daemon's key file opens.
  void rewrite_signed(const Entries& entries) {
    Frontier frontier;
    for (const std::string& entry : entries) frontier.append(leaf_hash(as_bytes(entry)));
    write_access_tail(
        files, directory,
        encode_access_tail(name, {}, entries,
                           sign_checkpoint({name.origin(), frontier.size(), frontier.root()},
                                           name.origin(), key)));
  }
  // An entry that says something else, under a key of the attacker's.
  [[nodiscard]] std::string made_up() {
    return encode(seal_record(RatchetKey::generate(random), name, record("made up"), random));
  }

  // Both copies as they were after the first commit.
  void cut_second_commit() { put(x_first); }
  void put(const std::array<Bytes, 2>& old) {
    for (std::size_t i = 0; i < old.size(); ++i) {
      write_file_atomically(files, path(access_format::log_names[i]), old[i]);
    }
  }
  [[nodiscard]] std::array<Bytes, 2> copies() {
    return {read(access_format::log_names[0]), read(access_format::log_names[1])};
  }
  void remove(std::string_view file) { static_cast<void>(files.remove(path(file))); }
  void flip(std::string_view file, std::size_t offset) {
    Bytes bytes = read(file);
    bytes.at(offset) ^= std::byte{1};
    write_file_atomically(files, path(file), bytes);
  }

  // `log verify`, and an auditor who reads all of it.
  [[nodiscard]] std::string look() {
    std::string shown;
    const std::string thrown = shown_by([&] {
      const auto log_view = view();
      if (!log_view) return;
      if (!log_view->damage().empty()) {
        shown = seen::healed;
        return;
      }
      if (!log_view->check(activity).damage.empty()) {
        shown = shown_as(ErrorCode::damaged);
        return;
      }
      static_cast<void>(details());
      if (!last.forged.empty()) shown = seen::named;
    });
    return thrown.empty() ? shown : thrown;
  }
  [[nodiscard]] Shown shown() {
    std::string at_once = look();
    // A log that cannot be opened is not shown to a witness.
    if (at_once == shown_as(ErrorCode::damaged)) return {std::move(at_once)};
    return {std::move(at_once), answer_to(x_vouched, leaves())};
  }
  // What the next commit says of the log itself.
  [[nodiscard]] bool says_of_itself(std::string_view words) {
    AccessLog log = this->log();
    append(log);
    const Entries told = details();
    return std::ranges::any_of(
        told, [&](const std::string& detail) { return detail.find(words) != std::string::npos; });
  }

 private:
  std::array<Bytes, 2> x_first;
  TreeHead x_vouched;
  SignedNote x_note;
};

Shown edited_in_one_copy() {
  Log log;
  log.flip("log.2", log.read("log.2").size() / 2);
  return log.shown();
}

Shown edited_in_both_copies() {
  Log log;
  for (const std::string_view copy : access_format::log_names) log.flip(copy, 3'000);
  return log.shown();
}

void put_in_foreign(Log&, Entries& entries) {
  entries[Log::third] = Log(1).entries()[Log::third];
}

Shown cut_by_one() {
  Log log;
  log.cut_second_commit();
  Shown shown = log.shown();
  if (log.says_of_itself("the log was put back")) shown.at_once = seen::named;
  return shown;
}

Shown cut_by_one_with_state() {
  Log log;
  log.cut_second_commit();
  log.remove("state");
  return log.shown();
}

Shown cut_by_half() {
  Log log;
  const std::array<Bytes, 2> half = log.copies();
  for (int i = 0; i < 6; ++i) log.write_three();
  const TreeHead vouched = head_of(log.leaves());
  log.put(half);
  log.remove("state");
  return {log.look(), answer_to(vouched, log.leaves())};
}

Shown cut_wholly() {
  Log log;
  for (const char* file : {"log", "log.2", "state"}) log.remove(file);
  return log.shown();
}

Shown replaced_by_a_fresh_one() {
  Log log;
  Log fresh(64);
  REQUIRE(fresh.entries().size() == log.entries().size());
  log.put(fresh.copies());
  log.remove("state");
  return log.shown();
}

Shown older_entry_with_its_tile() {
  Log log;
  for (int i = 0; i < 200; ++i) log.write_three();
  const auto path = log.path("tile/entries/000");
  auto bundle = *decode_bundle(*read_file(log.files, path, 1U << 24U), tile_width_max);
  bundle[Log::third] = bundle[Log::third + 1];
  write_file_atomically(log.files, path, encode_bundle(bundle));
  Leaves leaves;
  for (const Bytes& entry : bundle) leaves.push_back(leaf_hash(entry));
  write_file_atomically(log.files, log.path("tile/0/000"), encode_tile(leaves));
  return {log.look()};
}

Shown clock_set_back() {
  Log log;
  log.clock.advance(-3'600);
  return {log.says_of_itself("the clock was set back") ? seen::named : ""};
}

// The machine's clock is the only one that it has; a cosignature has another.
Shown clock_set_forward() {
  Log log;
  const UnixSeconds cosigned = log.clock.now();
  log.clock.advance(30 * 86'400);
  log.write_three();
  Shown shown{log.look()};
  const auto view = log.view();
  static_cast<void>(read_access_log(
      *view, log.name.device, log.reading,
      [&](const OpenedAccess& opened) {
        if (opened.record.time > cosigned) shown.to_witness = seen::named;
        return true;
      },
      log.activity));
  return shown;
}

Shown two_processes() {
  Log log;
  const std::size_t before = log.details().size();
  std::array<std::thread, 2> processes;
  for (std::thread& process : processes) {
    process = std::thread([&log] {
      AccessLog own = log.log();
      for (int i = 0; i < 20; ++i) {
        const AccessRecord record = log.record("at once");
        static_cast<void>(own.append({&record, 1}, std::chrono::seconds(60), log.activity));
      }
    });
  }
  for (std::thread& process : processes) process.join();
  const bool all = log.details().size() == before + 40 && log.last.forged.empty();
  return {all ? seen::no_effect : "", log.shown().to_witness};
}

Shown spool_removed() {
  Log log;
  AccessRecord denied = log.record("wrong passphrase");
  denied.outcome = AccessOutcome::denied;
  spool(log.files, log.random, log.directory, denied, log.auditors());
  REQUIRE(log.files.file_size(log.path("spool")));
  log.remove("spool");
  const bool told = log.says_of_itself("wrong passphrase");
  Shown shown = log.shown();
  if (told) shown.at_once = seen::named;
  return shown;
}

Shown state_put_back() {
  Log log;
  const Bytes old = log.read("state");
  log.write_three();
  write_file_atomically(log.files, log.path("state"), old);
  log.write_three();
  const Shown shown = log.shown();
  return {shown.at_once.empty() && log.details().size() == 12 ? seen::no_effect : shown.at_once,
          shown.to_witness};
}

Shown key_taken_later() {
  Log log;
  // All that the device has: the ratchet as it stands now.
  const auto state = load_state(log.files, log.directory, log.name, log.key);
  REQUIRE(state);
  bool opened = false;
  for (const std::string& text : log.entries()) {
    const auto entry = decode_access_entry(text);
    if (!entry) continue;
    RatchetKey key = state->key.clone();
    for (int step = 0; step < 16; ++step) {
      opened = opened || open_record(key, log.name, *entry).has_value();
      key = next_ratchet_key(key);
    }
  }
  return {opened ? "" : seen::refused};
}

}  // namespace

AttackGroup access_log_attacks() {
  const std::string damaged = shown_as(ErrorCode::damaged);
  std::vector<Attack> attacks{
      {"an entry edited in one copy",
       "the other copy has it whole",
       {seen::healed},
       edited_in_one_copy},
      {"an entry edited in both copies",
       "the vault stays shut until somebody says `log repair`, which is recorded",
       {damaged},
       edited_in_both_copies},
  };
  std::ranges::move(unsigned_rewrites<Log>(), std::back_inserter(attacks));
  attacks.insert(
      attacks.end(),
      {
          {"an entry edited, and signed",
           "auditors find a record that the ratchet's key did not seal",
           {seen::named, seen::fork},
           rewritten_and_signed<Log, edit>},
          {"an entry removed, and signed",
           "auditors find that what follows does not open in its place",
           {seen::named, seen::rollback},
           rewritten_and_signed<Log, remove>},
          {"an entry of another device's log put in",
           not_the_root,
           {damaged},
           rewritten<Log, put_in_foreign>},
          {"an entry of another device's log put in, and signed",
           "auditors find a record that does not open here",
           {seen::named, seen::fork},
           rewritten_and_signed<Log, put_in_foreign>},
          {"the tail cut by one commit",
           "the next record says how long the log was, since the ratchet's state knew",
           {seen::named, seen::rollback},
           cut_by_one},
          {"the tail cut by one commit, the state removed",
           "an older log is a whole one: only who vouched for more can tell",
           {{}, seen::rollback},
           cut_by_one_with_state},
          {"the tail cut by half, the state removed",
           "as above",
           {{}, seen::rollback},
           cut_by_half},
          {"the log removed",
           "as above: the next commit begins a log",
           {{}, seen::rollback},
           cut_wholly},
          {"a fresh log of the same size, signed",
           "whoever has the log key can make one; it does not grow out of what was vouched for",
           {{}, seen::fork},
           replaced_by_a_fresh_one},
          {"an older entry changed, with its bundle and tile",
           "they do not give the root that was signed",
           {damaged},
           older_entry_with_its_tile},
          {"the clock set back",
           "a new segment begins, and says so",
           {seen::named},
           clock_set_back},
          {"the clock set forward",
           "the times are what the machine says; a cosignature bears the partner's time, so what "
           "was before it cannot have been after it",
           {{}, seen::named},
           clock_set_forward},
          {"two processes append at once",
           "each goes on where the other was",
           {seen::no_effect},
           two_processes},
          {"an older ratchet state put back",
           "it goes on by as many steps as the log has records",
           {seen::no_effect},
           state_put_back},
          {"the keys taken after the fact",
           "no key that is left opens or writes what was recorded before",
           {seen::refused},
           key_taken_later},
          {"failed unlocks removed before the next right one",
           "no key is open then, so they wait in a file that nothing protects",
           {},
           spool_removed},
      });
  return {
      "On the access log",
      "Somebody with root on the machine, who can write every file; and where it says *signed*, "
      "with the daemon's key file too, which opens the key that signs the log.",
      std::move(attacks)};
}

}  // namespace muniment::test
