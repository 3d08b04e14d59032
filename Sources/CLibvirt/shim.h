// SPDX-License-Identifier: Apache-2.0
#ifndef GATEHOUSE_CLIBVIRT_SHIM_H
#define GATEHOUSE_CLIBVIRT_SHIM_H

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#endif
