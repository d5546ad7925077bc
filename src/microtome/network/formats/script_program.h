// SPDX-License-Identifier: Apache-2.0
// TorchScript programs, traced or scripted (torch.jit.save), as networks.
//
// They are read by our own parser and gone through by our own interpreter, which knows operators of networks and
// nothing else. PyTorch's own loader runs code of the file while it loads it - the __setstate__ of its classes, with
// operators that open files - and is not made for files of strangers.
#pragma once
#include <string>

#include "microtome/network/formats/model_format.h"
#include "microtome/network/formats/torch_archive.h"

namespace microtome {

bool is_script(const TorchArchive& archive);

// The operators that the program calls, under the names of its modules. The file does not say what its input is:
// pictures of as many channels as its first two-dimensional convolution takes, rows or numbers where there is none.
// With `side` 0 the first side of the usual ones that runs. Throws Error(kUnsupported/kCorrupt), beginning with
// `where`.
StoredNetwork network_of_script(const TorchArchive& archive, int side, const std::string& where);

}  // namespace microtome
