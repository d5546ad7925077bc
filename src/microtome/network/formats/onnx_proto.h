// SPDX-License-Identifier: Apache-2.0
// ONNX's protobuf messages as Debian builds them.
#pragma once
#define ONNX_NAMESPACE onnx
#define ONNX_ML 1
#include <onnx/onnx_pb.h>
