// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import Glibc
import Model

extension Connection {
    /// How full each active pool is, as the node last counted it; pools that tell no size are left out.
    ///
    /// Nothing is counted anew for it: that reads every volume, and would wait for a network share that is gone.
    func storage() throws(LibvirtError) -> [StorageFill] {
        var list: UnsafeMutablePointer<virStoragePoolPtr?>?
        let active = VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE.rawValue
        let count = try LibvirtError.check(unsafe virConnectListAllStoragePools(pointer, &list, active))
        guard let list = unsafe list else { return [] }
        defer { unsafe free(list) }
        var found: [StorageFill] = []
        for index in 0..<Int(count) {
            guard let pool = unsafe list[index] else { continue }
            defer { _ = unsafe virStoragePoolFree(pool) }
            var info = virStoragePoolInfo()
            guard unsafe virStoragePoolGetInfo(pool, &info) == 0, info.capacity > 0,
                let name = unsafe virStoragePoolGetName(pool)
            else { continue }
            found.append(
                StorageFill(
                    name: unsafe String(cString: name), capacityBytes: Int64(clamping: info.capacity),
                    availableBytes: Int64(clamping: info.available)))
        }
        return found
    }
}
