// vault_secrets VAULT key-file|passphrase FILE: prints "NAME HEX" for every secret that the device
// holds, for a test that must not find them anywhere else.
#include <cstdio>
#include <exception>

#include "tests/vault/opened_keys.hpp"
#include "vault/base/limits.hpp"

using namespace muniment;

namespace {

template <class Key>
void print(const char* name, const Key& key) {
  std::printf("%s %s\n", name, to_hex(key.view()).c_str());
}

void print_all(const test::OpenedKeys& keys) {
  const ServiceKeys& service = keys.keyring.service->keys;
  print("transport", service.transport);
  print("log", service.log);
  print("witness", service.witness);
  print("replica", service.replica);
  const ReadingKeys& reading = keys.keyring.reading->keys;
  print("reading", reading.reading);
  print("catalog", reading.catalog);
  print("catalog-pages",
        derive<struct CatalogPagePurpose>(reading.catalog, "muniment/catalog-pages/v1"));
  print("authority", *reading.authority);
  for (const auto& [id, collection] : keys.collections) {
    print("id-key", collection.id_key);
    print("chunker", collection.chunker_key);
    for (const OpenEpoch& epoch : collection.epochs) {
      print("epoch", epoch.key);
      print("epoch-kem", epoch_secret_key(epoch.key));
      print("epoch-seed", seed_key(epoch.key));
    }
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) return 2;
  try {
    SecretBytes content = read_secret_file(arguments[3], limits::key_file_bytes_max).content;
    const bool key_file = std::string_view(arguments[2]) == "key-file";
    const Credential credential = key_file ? Credential::key_file(std::move(content))
                                           : Credential::passphrase(std::move(content));
    const auto files = posix_file_system();
    print_all(test::OpenedKeys(*files, arguments[1], credential));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "vault_secrets: error: %s\n", error.what());
    return 1;
  }
}
