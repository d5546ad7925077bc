// SPDX-License-Identifier: Apache-2.0
#include "microtome/concepts/diorama/diorama.h"

#include <gtest/gtest.h>
