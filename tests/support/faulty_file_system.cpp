#include "tests/support/faulty_file_system.hpp"

#include <utility>

#include "vault/base/error.hpp"
#include "vault/base/text.hpp"

namespace muniment::test {

using Kind = FileOperation::Kind;

class FaultyFileSystem::FaultyFile final : public File {
 public:
  FaultyFile(FaultyFileSystem& owner, std::unique_ptr<File> file, Path path)
      : x_owner(owner), x_file(std::move(file)), x_path(std::move(path)) {}

  [[nodiscard]] std::uint64_t size() const override { return x_file->size(); }

  using File::read_at;
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, MutableByteView target) const override {
    return x_file->read_at(offset, target);
  }

  void write_at(std::uint64_t offset, ByteView bytes) override {
    const auto fault = x_owner.arrives({.kind = Kind::write,
                                        .path = x_path,
                                        .offset = offset,
                                        .bytes = Bytes(bytes.begin(), bytes.end())});
    if (!fault) return x_file->write_at(offset, bytes);
    if (fault->short_write) x_file->write_at(offset, bytes.first(bytes.size() / 2));
    throw io_error(escape(x_path.native()), "write", fault->error_number);
  }

  void truncate(std::uint64_t size) override {
    x_owner.require({.kind = Kind::truncate, .path = x_path, .offset = size});
    x_file->truncate(size);
  }

  void start_writeback() override { x_file->start_writeback(); }

  void sync() override {
    x_owner.require({.kind = Kind::sync, .path = x_path});
    x_file->sync();
  }

 private:
  FaultyFileSystem& x_owner;
  std::unique_ptr<File> x_file;
  Path x_path;
};

void FaultyFileSystem::set_fault(const std::optional<Fault>& fault) {
  const std::lock_guard lock(x_mutex);
  x_fault = fault;
}

std::vector<FileOperation> FaultyFileSystem::operations() const {
  const std::lock_guard lock(x_mutex);
  return x_operations;
}

std::optional<Fault> FaultyFileSystem::arrives(FileOperation operation) {
  const std::lock_guard lock(x_mutex);
  const std::size_t number = x_operations.size();
  x_operations.push_back(std::move(operation));
  if (!x_fault || number < x_fault->operation) return std::nullopt;
  return number == x_fault->operation || x_fault->lasting ? x_fault : std::nullopt;
}

void FaultyFileSystem::require(FileOperation operation) {
  const Path path = operation.path;
  if (const auto fault = arrives(std::move(operation))) {
    throw io_error(escape(path.native()), "injected fault", fault->error_number);
  }
}

std::unique_ptr<File> FaultyFileSystem::find(const Path& path) {
  auto file = x_files.find(path);
  return file ? std::make_unique<FaultyFile>(*this, std::move(file), path) : nullptr;
}

std::unique_ptr<File> FaultyFileSystem::open_or_create(const Path& path) {
  if (!x_files.find(path)) require({.kind = Kind::create, .path = path});
  return std::make_unique<FaultyFile>(*this, x_files.open_or_create(path), path);
}

std::unique_ptr<File> FaultyFileSystem::create(const Path& path) {
  require({.kind = Kind::create, .path = path});
  return std::make_unique<FaultyFile>(*this, x_files.create(path), path);
}

void FaultyFileSystem::rename(const Path& from, const Path& to) {
  require({.kind = Kind::rename, .path = from, .target = to});
  x_files.rename(from, to);
}

bool FaultyFileSystem::remove(const Path& path) {
  require({.kind = Kind::remove, .path = path});
  return x_files.remove(path);
}

void FaultyFileSystem::make_directory(const Path& path) {
  require({.kind = Kind::make_directory, .path = path});
  x_files.make_directory(path);
}

void FaultyFileSystem::sync_directory(const Path& path) {
  require({.kind = Kind::sync_directory, .path = path});
  x_files.sync_directory(path);
}

std::vector<std::string> FaultyFileSystem::list(const Path& path) {
  return x_files.list(path);
}

std::optional<std::uint64_t> FaultyFileSystem::file_size(const Path& path) {
  return x_files.file_size(path);
}

std::unique_ptr<FileLock> FaultyFileSystem::try_lock(const Path& path) {
  return x_files.try_lock(path);
}

void replay(std::span<const FileOperation> operations, FileSystem& target) {
  for (const FileOperation& operation : operations) {
    switch (operation.kind) {
      case Kind::create:
        (void)target.open_or_create(operation.path);
        break;
      case Kind::write:
        target.open_or_create(operation.path)->write_at(operation.offset, operation.bytes);
        break;
      case Kind::truncate:
        target.open_or_create(operation.path)->truncate(operation.offset);
        break;
      case Kind::sync:
        target.open_or_create(operation.path)->sync();
        break;
      case Kind::rename:
        target.rename(operation.path, operation.target);
        break;
      case Kind::remove:
        target.remove(operation.path);
        break;
      case Kind::make_directory:
        target.make_directory(operation.path);
        break;
      case Kind::sync_directory:
        target.sync_directory(operation.path);
        break;
    }
  }
}

}  // namespace muniment::test
