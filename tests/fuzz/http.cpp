// SPDX-License-Identifier: Apache-2.0
#include "microtome/explorer/http.h"
#include "answered.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace microtome;
  const std::string_view bytes = fuzz::text_of(data, size);
  const size_t end = end_of_head(bytes);
  const auto request = parse_request(bytes);
  if (request && end == std::string_view::npos && bytes.find("\n\n") != std::string_view::npos) std::abort();
  return 0;
}
