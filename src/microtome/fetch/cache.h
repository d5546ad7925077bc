// SPDX-License-Identifier: Apache-2.0
// Where files lie that were fetched by name: XDG_CACHE_HOME/microtome, else ~/.cache/microtome.
#pragma once
#include <string>

#include "microtome/fetch/published.h"

namespace microtome {

// Throws Error(kUsage) when neither XDG_CACHE_HOME nor HOME says where.
std::string cache_folder();

// The fetched file of a published network, where `path` is its name and no file is called so; else `path` itself.
// Throws Error(kNotFound), saying how to fetch it, when it was not.
std::string network_path(const std::string& path);

// Whether a file's content has a digest in the form of PublishedFile; any has none. Throws Error(kNotFound/kIo).
bool has_digest(const std::string& path, std::string_view digest);
// The digest of that kind in full, "sha256:0676ba61b6795bbe..."; SHA-256 where `kind` is empty.
std::string digest_of(const std::string& path, std::string_view kind);

}  // namespace microtome
