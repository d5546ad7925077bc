// SPDX-License-Identifier: Apache-2.0
// Questions asked of the engine from C++, without torch: its shared object is loaded when it is first needed.
#pragma once
#include <string>

#include "microtome/base/json_fwd.h"
#include "microtome/base/reporter.h"

namespace microtome {

class Client {
 public:
  // The engine of this process, loaded by the first call from the folder of the program or ../lib/microtome beside it.
  // Throws Error(kIo) when it is not there, cannot be loaded or is of another release.
  static const Client& instance();

  // Asks microtome_ask() (engine.h). One question at a time. Throws the Error that the engine met.
  Json ask(const std::string& question, const Json& request, Reporter& reporter) const;
  // Of microtome_catalogue().
  Json catalogue() const;
  // Asks the running question to stop, if the engine is loaded. Safe in a signal handler.
  static void stop() noexcept;

 private:
  struct Door;
  explicit Client(const Door& door) : door_(door) {}
  static Door open(const std::string& file);
  const Door& door_;
};

}  // namespace microtome
