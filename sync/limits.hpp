// Every bound that sync keeps against a peer that is broken or hostile, and why it is what it is.
// PROTOCOL.md §9 is the same table. A limit marked (wire) is part of the protocol: both sides know
// it, and whoever passes it is cut off. The others are ours to change.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace muniment::sync {

// Time on a clock that only runs forward and begins anywhere.
using Instant = std::chrono::milliseconds;

namespace limits {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

inline constexpr std::size_t kib = 1024;
inline constexpr std::size_t mib = 1024 * kib;

// ---- sizes of messages' parts (wire) ----

// One charter has at most 64 members; a few devices each, and collections by the dozen. 1,024 of
// each is far more than a consortium has, and the lists stay below 128 KiB.
inline constexpr std::size_t collections_max = 1024;
inline constexpr std::size_t heads_per_collection_max = 1024;
inline constexpr std::size_t forks_max = 1024;

// C2SP's longest proof (vault/merkle/proof.hpp).
inline constexpr std::size_t proof_hashes_max = 63;

// A note with 64 cosignatures has 16 KiB. The vault itself would read 256 KiB.
inline constexpr std::size_t note_bytes_max = 64 * kib;

// Lines by keys that we do not know are passed on, so that a later version's signatures survive;
// more than a few would be somebody's rubbish.
inline constexpr std::size_t unknown_signatures_max = 8;

// Shards travel in runs of at most this much: four shards of the largest pack. Large enough that
// headers cost nothing, small enough that a control message never waits long behind one.
inline constexpr std::size_t piece_bytes_max = 256 * kib;

// Entries of a ledger travel in batches of at most this much; the largest entry has 64 KiB.
inline constexpr std::size_t batch_bytes_max = 256 * kib;

// One challenge makes the peer read at most 64 shards: 4 MiB of the largest packs.
inline constexpr std::size_t challenges_max = 64;

// What a message of a type that we do not know may take, if it may be ignored.
inline constexpr std::size_t ignorable_bytes_max = 64 * kib;

// ---- how much at a time (wire: stated in HELLO, and at most this) ----

// Requests of ours that wait for an answer, and the bytes that all answers to them may take
// together. This is the whole of flow control: nothing is sent that was not asked for. 32 MiB fills
// 1 Gbit/s at 250 ms.
inline constexpr std::uint32_t requests_max = 512;
inline constexpr std::uint32_t window_bytes_max = 32 * mib;

// What may go over one connection in one direction (wire): AES-GCM must not see 2^24.5 records
// under one key.
inline constexpr std::uint64_t connection_bytes_max = std::uint64_t{1} << 36U;

// ---- memory ----

// Output that is made before the transport took what was made before. Two pieces: one being
// encrypted, one ready.
inline constexpr std::size_t outbox_bytes_max = 2 * piece_bytes_max + 4 * kib;

// What is read of a connection at a time, while what was read before is looked at.
inline constexpr std::size_t read_bytes = 256 * kib;

// Connections of which it is not known yet whose they are. Each has a socket and what TLS needs,
// some 60 KiB; all others are refused.
inline constexpr std::size_t half_open_max = 64;

// New entries of ledgers that are held until their roots prove them: 12 TB worth of packs.
inline constexpr std::size_t ledger_growth_bytes_max = 64 * mib;

// The same of a ledger whose device we do not know yet: its certificate and what it did since.
inline constexpr std::size_t unknown_device_bytes_max = 4 * mib;

// Ledgers that one session pulls at a time; the first bound above is for all of them, in the whole
// process.
inline constexpr std::size_t ledgers_pulled_at_once = 16;

// Packs that are being put together at a time, by all sessions: 128 MiB of partial files.
inline constexpr std::size_t packs_in_progress_max = 8;

// Tiles that one peer is asked for, or gave, before there is room for their packs: 256 KiB. So much
// that who has none of the 2,048 packs that are looked at has said so after 64 round trips, and of
// each peer by itself, so that who answers nothing keeps no others waiting.
inline constexpr std::size_t tiles_ahead_max = 32;

// Partial packs are synced at least so often; more than this is never fetched twice after a crash
// (DESIGN allows 64 MiB; asks on their way make up the rest).
inline constexpr std::size_t unsynced_bytes_max = 32 * mib;
inline constexpr seconds unsynced_time_max{5};

// Packs that are wanted and looked at; the store knows the rest.
inline constexpr std::size_t wanted_packs_max = 2048;

// ---- time ----

// A peer that is dialled must take the connection, and then both sides shake hands.
inline constexpr seconds connect_time{20};
inline constexpr seconds handshake_time{10};
// A proxy, which may be Tor's, has to find a way first.
inline constexpr int proxy_time_factor = 3;
// The system must have taken what is sent, half a MiB at most: whoever reads nothing holds no slot.
inline constexpr seconds write_time{60};
// From our BYE, or from the end of the program on, for the peer to take it.
inline constexpr seconds shutdown_time{2};
// When the system has no descriptor or memory for one more connection.
inline constexpr seconds accept_pause{1};
// From the connection to a HELLO; a Tor circuit may take three of the ten seconds.
inline constexpr seconds hello_time{10};
// A session without a frame is asked whether it lives, then given up.
inline constexpr seconds ping_after{40};
inline constexpr seconds idle_time{120};
// A frame that began must end, and a request must be answered: whoever sends a byte now and then
// holds no slot.
inline constexpr seconds frame_time{60};
inline constexpr seconds answer_time{60};
// An ask for shards that is older may be given to another peer, too.
inline constexpr seconds stale_ask_time{15};
// After our own disk failed, nothing is fetched for so long. While another program writes to the
// vault: at first so long, each time twice as long, up to the same.
inline constexpr seconds storage_pause{30};
inline constexpr seconds busy_pause{1};
// After news of our own, and after a round that left differences: not more often.
inline constexpr seconds summary_interval{1};
inline constexpr seconds round_interval{30};
// What a rate allows and was not used is kept for so long.
inline constexpr seconds burst_time{1};
// Shards that may go only after so long are REFUSED: whoever asked may ask another.
inline constexpr seconds throttle_patience{5};
// How long such a peer is asked for no shards: what it says, within these bounds.
inline constexpr seconds busy_time_min{1};
inline constexpr minutes busy_time_max{5};
// A peer that had no such pack may still be getting it itself. It is asked again after so long,
// each time after twice as long, or when its heads changed; the first time when sessions next look
// around by themselves, every five seconds.
inline constexpr seconds absent_time_min{4};
inline constexpr minutes absent_time_max{5};

// ---- conduct ----

// Packs of which a peer sent shards that their tile does not prove, until it is asked for no more:
// a disk that rots makes one or two.
inline constexpr std::uint32_t bad_packs_max = 3;
// Ledgers that a peer may offer in vain, a session, until we ask it for none any more of which we
// hold nothing: each cost us what it took to find out.
inline constexpr std::size_t not_taken_max = 64;
// Ignorable messages, pings and summaries that a peer may send a minute; ours come once a second at
// most.
inline constexpr std::uint32_t idle_frames_per_minute_max = 240;
// Challenges that are answered, an hour and peer; and how often one is sent, which is less.
inline constexpr std::uint32_t challenge_messages_per_hour_max = 64;
inline constexpr seconds challenge_interval{60};

}  // namespace limits

}  // namespace muniment::sync
