// SPDX-License-Identifier: Apache-2.0
// Requests of questions, as the engine is asked them: the first byte says which question.
#include "answered.h"
#include "microtome/base/json_text.h"
#include "microtome/study/question.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace microtome;
  if (size == 0) return 0;
  const auto kinds = questions::kinds();
  const QuestionKind& kind = *kinds[data[0] % kinds.size()];
  return fuzz::answered([&] { kind.settings(parse_json<Json>(fuzz::text_of(data + 1, size - 1), "request")); });
}
