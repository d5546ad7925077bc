// SPDX-License-Identifier: Apache-2.0
// Fetches published files: resumed, verified, kept.
#pragma once
#include <string>

#include "microtome/base/reporter.h"
#include "microtome/fetch/published.h"

namespace microtome {

// FOLDER/FILE, fetched when it is not there. What has come so far is in FOLDER/FILE.part and is continued where the
// published digest can tell that it belongs together; a file is called FILE only when it is whole and verified. Nothing
// is deleted: what has another digest stays where it is. Only https is spoken, through up to 5 redirections, but to
// this machine itself (127.0.0.1), which may speak http. One process at a time fetches a file.
//
// Throws Error(kCorrupt) on another digest, naming both; Error(kNotFound) when it is not there and `offline`;
// Error(kUnsupported) for an address that is not https; Error(kIo) when the connection or the disk fails, or when the
// server sends more than twice the size that is known; Error(kCancelled).
std::string fetch_published(const PublishedFile& file, const std::string& folder, bool offline, Reporter& reporter);

}  // namespace microtome
