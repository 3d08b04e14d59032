// SPDX-License-Identifier: Apache-2.0
#ifndef GATEHOUSE_CVNC_SHIM_H
#define GATEHOUSE_CVNC_SHIM_H

#include <rfb/rfbclient.h>

#endif
