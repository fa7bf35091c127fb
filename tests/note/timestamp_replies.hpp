// RFC 3161 replies that nobody signed: as far as they are read without asking openssl.
#pragma once

#include <string>

#include "vault/note/timestamp.hpp"

namespace muniment::test {

inline std::string element(unsigned tag, const std::string& content) {
  std::string text(1, static_cast<char>(tag));
  if (content.size() >= 0x80) text += content.size() < 0x100 ? '\x81' : '\x82';
  if (content.size() >= 0x100) text += static_cast<char>(content.size() >> 8U);
  return text + static_cast<char>(content.size() & 0xffU) + content;
}

// A reply without any certificate, whose time is `time`.
inline Bytes timestamp_reply(const Sha256Digest& digest, const std::string& time,
                             unsigned status = 0) {
  const std::string sha256_oid = element(6, "\x60\x86\x48\x01\x65\x03\x04\x02\x01");
  const std::string digest_text(as_text(digest.view()));
  const std::string info =
      element(0x30, element(2, "\x01") + element(6, "\x2a\x03") +
                        element(0x30, element(0x30, sha256_oid) + element(4, digest_text)) +
                        element(2, "\x07") + element(0x18, time));
  const std::string content =
      element(0x30, element(6, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04") +
                        element(0xa0, element(4, info)));
  const std::string signer = element(
      0x31,
      element(0x30, element(2, "\x01") + element(0x30, element(0x30, "") + element(2, "\x05"))));
  const std::string data = element(0x30, element(2, "\x03") + element(0x31, "") + content + signer);
  return to_bytes(element(
      0x30,
      element(0x30, element(2, std::string(1, static_cast<char>(status)))) +
          element(0x30, element(6, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02") + element(0xa0, data))));
}

}  // namespace muniment::test
