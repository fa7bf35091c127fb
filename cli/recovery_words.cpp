#include "cli/recovery_words.hpp"

#include <fmt/format.h>

#include <map>

namespace muniment {

namespace {

// Sixteen shares at most, of at most 59 words.
constexpr std::size_t file_bytes_max = 16384;
constexpr unsigned word_number_max = 99;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::vector<std::string_view> tokens_of(std::string_view text) {
  std::vector<std::string_view> tokens;
  for (std::size_t at = 0; at < text.size();) {
    if (is_space(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && !is_space(text[end])) ++end;
    tokens.push_back(text.substr(at, end - at));
    at = end;
  }
  return tokens;
}

// 1 to 99; 0 for anything else.
unsigned number_of(std::string_view token) {
  const bool digits = !token.empty() && token.size() <= 2 &&
                      token.find_first_not_of("0123456789") == std::string_view::npos;
  return digits ? static_cast<unsigned>(std::stoul(std::string(token))) : 0;
}

SecretBytes joined(const std::vector<std::string_view>& words) {
  std::size_t size = words.empty() ? 0 : words.size() - 1;
  for (const std::string_view word : words) size += word.size();
  SecretBytes text(size);
  auto at = text.mutable_view().begin();
  for (const std::string_view word : words) {
    if (at != text.mutable_view().begin()) *at++ = std::byte{' '};
    at = std::ranges::copy(as_bytes(word), at).out;
  }
  return text;
}

[[noreturn]] void refuse(const Slip39Problem& problem) {
  throw Error(ErrorCode::wrong_key, to_text(problem),
              "look at it again; 'muniment key recovery new' makes another sheet from any device "
              "that still opens the vault");
}

// Whether one more share can mend it.
bool is_incomplete(const Slip39Problem& problem) {
  return problem.reason == Slip39Refusal::too_few_shares ||
         problem.reason == Slip39Refusal::too_few_groups;
}

RecoverySeed ask_for_shares(SecretTerminal& terminal, const Activity& activity) {
  std::vector<SecretBytes> shares;
  while (true) {
    shares.push_back(words_of(
        terminal.ask(shares.empty() ? "The words of the sheet or of a share: "
                                    : fmt::format("The words of share {}: ", shares.size() + 1),
                     activity)));
    auto seed = recovery_seed(shares);
    if (auto* found = std::get_if<RecoverySeed>(&seed)) return std::move(*found);
    const auto& problem = std::get<Slip39Problem>(seed);
    if (is_incomplete(problem)) {
      terminal.show(to_text(problem) + "\n");
    } else if (problem.share == shares.size() - 1) {
      // The newest one is at fault: it can be typed again.
      terminal.show(to_text(problem) + "; once more\n");
      shares.pop_back();
    } else {
      refuse(problem);
    }
  }
}

}  // namespace

SecretBytes words_of(const SecretBytes& text) {
  const std::vector<std::string_view> tokens = tokens_of(as_text(text.view()));
  std::map<unsigned, std::string_view> numbered;
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    const unsigned number = number_of(tokens[i]);
    // The last of each counts: a heading may have numbers, too, and stands before the words.
    if (number > 0 && number <= word_number_max) numbered.insert_or_assign(number, tokens[i + 1]);
  }
  if (numbered.empty()) return joined(tokens);
  std::vector<std::string_view> words;
  for (const auto& [number, word] : numbered) words.push_back(word);
  return joined(words);
}

RecoverySeed read_recovery_seed(Session& session, const std::vector<std::string>& files) {
  if (files.empty()) {
    std::optional<SecretTerminal> terminal = SecretTerminal::open();
    if (!terminal) {
      throw Error(ErrorCode::usage, "there is no terminal to ask for the recovery words on",
                  "give them in files with --share-file FILE");
    }
    return ask_for_shares(*terminal, session.activity());
  }
  std::vector<SecretBytes> shares;
  for (const std::string& file : files) {
    shares.push_back(words_of(read_secret_file(file, file_bytes_max).content));
  }
  auto seed = recovery_seed(shares);
  if (const auto* problem = std::get_if<Slip39Problem>(&seed)) refuse(*problem);
  return std::move(std::get<RecoverySeed>(seed));
}

}  // namespace muniment
