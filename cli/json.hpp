// Facts as JSON, for --json. JSON.md lists every field; fields are only ever added.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "vault/vault.hpp"

namespace muniment {

using Json = nlohmann::ordered_json;

// One line without its end. Never fails: text that is not UTF-8 has U+FFFD where it is not.
[[nodiscard]] std::string to_line(const Json& value);

// Sets `<name>`, or `<name>_b64` if the bytes are not UTF-8.
void put_bytes(Json& object, const std::string& name, std::string_view bytes);

[[nodiscard]] Json to_json(const Entry& entry);
[[nodiscard]] Json to_json(const SnapshotInfo& snapshot);
[[nodiscard]] Json to_json(const Damage& damage);

}  // namespace muniment
