#include "vault/base/file.hpp"

#include "vault/base/error.hpp"
#include "vault/base/text.hpp"

namespace muniment {

namespace {

bool try_remove(FileSystem& files, const FileSystem::Path& path) {
  try {
    return files.remove(path);
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

Bytes File::read_at(std::uint64_t offset, std::size_t length) const {
  const std::uint64_t end = size();
  const std::uint64_t available = offset < end ? end - offset : 0;
  Bytes bytes(static_cast<std::size_t>(std::min<std::uint64_t>(length, available)));
  bytes.resize(read_at(offset, MutableByteView(bytes)));
  return bytes;
}

std::optional<Bytes> read_file(FileSystem& files, const FileSystem::Path& path,
                               std::uint64_t limit) {
  const auto file = files.find(path);
  if (!file) return std::nullopt;
  const std::uint64_t size = file->size();
  if (size > limit) {
    throw Error(ErrorCode::limit, escape(path.native()) + ": " + human_bytes(size) +
                                      " is more than the " + human_bytes(limit) + " allowed");
  }
  return file->read_at(0, static_cast<std::size_t>(size));
}

std::optional<Bytes> read_file_within(FileSystem& files, const FileSystem::Path& path,
                                      std::uint64_t limit) {
  if (files.file_size(path).value_or(0) > limit) return std::nullopt;
  return read_file(files, path, limit);
}

void write_file_atomically(FileSystem& files, const FileSystem::Path& path, ByteView bytes) {
  FileSystem::Path fresh = path;
  fresh += ".new";
  files.remove(fresh);  // what a crash may have left
  try {
    const auto file = files.create(fresh);
    file->write_at(0, bytes);
    file->sync();
    files.rename(fresh, path);
  } catch (...) {
    (void)try_remove(files, fresh);  // the first failure is the one to report
    throw;
  }
  files.sync_directory(path.parent_path());
}

}  // namespace muniment
