-- The catalog's tables. Any change to this text, comments included, makes existing catalogs outdated:
-- PRAGMA user_version is taken from its SHA-256, and an outdated catalog is rebuilt, never migrated.
-- Ids are BLOBs of their full length but where said otherwise; integers are SQLite's, 64 bits with a sign.

-- One row: whose catalog this is.
CREATE TABLE owner (
  vault      BLOB NOT NULL,
  consortium BLOB NOT NULL
) STRICT;

-- How far each ledger was replayed: `size` entries, whose RFC 9162 root is `root`.
CREATE TABLE ledger (
  id   BLOB PRIMARY KEY,
  size INTEGER NOT NULL,
  root BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The epochs whose keys were at hand when the ledgers were replayed: entries that could not be opened then
-- are passed by, and have to be looked at again once there is another one.
CREATE TABLE epoch (
  commitment BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- `id` is random, so it is kept out of the big table below: there a pack is its `row`.
-- `state` is PackState in records.hpp.
CREATE TABLE pack (
  row        INTEGER PRIMARY KEY,
  id         BLOB NOT NULL UNIQUE,
  size_class INTEGER NOT NULL,
  epoch      BLOB NOT NULL,
  state      INTEGER NOT NULL
) STRICT;

-- Which ledgers list a pack. Several may, since each lists whatever its own snapshots need.
CREATE TABLE listing (
  pack   INTEGER NOT NULL REFERENCES pack (row),
  ledger BLOB NOT NULL,
  PRIMARY KEY (pack, ledger)
) STRICT, WITHOUT ROWID;

-- Which frame holds a chunk: `prefix` is the first 8 bytes of its id, little endian, taken as signed.
-- The full id is in the pack's own table. With 32-byte keys 3 million rows took 40 s to insert.
-- No REFERENCES: checking it for each row costs more than the row. No index by pack: packs go rarely.
CREATE TABLE chunk (
  prefix INTEGER NOT NULL,
  pack   INTEGER NOT NULL,
  frame  INTEGER NOT NULL,
  PRIMARY KEY (prefix, pack, frame)
) STRICT, WITHOUT ROWID;

-- `entry` is the index of the snapshot's entry in its ledger. (collection, number, device) is not the
-- key: a device that lies may use a number twice, and that must not keep the catalog from being made.
CREATE TABLE snapshot (
  ledger       BLOB NOT NULL,
  entry        INTEGER NOT NULL,
  collection   BLOB NOT NULL,
  number       INTEGER NOT NULL,
  device       BLOB NOT NULL,
  time         INTEGER NOT NULL,
  files        INTEGER NOT NULL,
  bytes        INTEGER NOT NULL,
  index_chunk  BLOB NOT NULL,
  content_root BLOB NOT NULL,
  PRIMARY KEY (ledger, entry)
) STRICT, WITHOUT ROWID;

-- Two collections may have one name: their creators did not know of each other.
CREATE TABLE collection (
  id   BLOB PRIMARY KEY,
  name TEXT NOT NULL
) STRICT, WITHOUT ROWID;
