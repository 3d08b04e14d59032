// SPDX-License-Identifier: Apache-2.0
#ifndef GATEHOUSE_CLIBVIRT_SHIM_H
#define GATEHOUSE_CLIBVIRT_SHIM_H

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <sys/prctl.h>

/* Names the calling thread; prctl takes a variable number of arguments, which Swift can not call. */
static inline void gatehouse_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

#endif
