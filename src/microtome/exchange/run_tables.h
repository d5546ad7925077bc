// SPDX-License-Identifier: Apache-2.0
// What was run to make an atlas, and where several runs found something of one thing.
#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "microtome/atlas/atlas.h"
#include "microtome/base/json_fwd.h"

namespace microtome {

// [{"run","stage","version","settings","command","dissected":[{"layer","units","shown"}],"pictures","shown_pictures"}]
// by run. Shown is what other commands show unless they are told another run.
Json runs_json(const Atlas& atlas);

// The same as a table, with the settings in which runs of one stage differ.
std::string runs_table(const Atlas& atlas, int width);

// For each run the settings in which it differs from others of its stage: "tail 0.01, steps 8".
std::map<int64_t, std::string> differing_settings(const Atlas& atlas);

// One line for each layer of which runs found different things; empty when there is none.
std::string other_findings_text(const Atlas& atlas);

}  // namespace microtome
