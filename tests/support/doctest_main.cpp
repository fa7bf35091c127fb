// The one main() of all doctest programs.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <iostream>

#include "tests/support/skip.hpp"

void muniment::test::skip(std::string_view reason) {
  std::cout << "[skipped] " << doctest::getContextOptions()->currentTest->m_name << ": " << reason
            << '\n'
            << std::flush;
}
