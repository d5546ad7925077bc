// SPDX-License-Identifier: Apache-2.0
// The explorer over HTTP, for this machine only.
#pragma once
#include <functional>
#include <string>

namespace microtome {

// Serves the pages of an atlas (explorer/pages.h) on 127.0.0.1 until stop() says true; it is asked about ten times a
// second, in the caller's thread. Port 0 takes a free one. on_ready gets the port once it is listened to. Requests that
// were meant for another host, or that a browser sends for another site's page, are refused; so is all but GET and
// HEAD. A connection that is idle or slow delays no other (explorer/listener.h). The atlas may be written to meanwhile:
// each request reads it as it is.
//
// Throws Error(kUsage) on a port out of range, Error(kIo) when the port is taken, Error(kUnsupported) when microtome
// was built without the pages, and what opening the atlas throws.
void serve(const std::string& atlas_path, int port, const std::function<void(int port)>& on_ready,
           const std::function<bool()>& stop);

}  // namespace microtome
