// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import Glibc
import Model

/// libvirt's handle of a storage pool; freed when dropped.
@safe
struct StoragePool: ~Copyable {
    let pointer: virStoragePoolPtr

    /// Takes over a reference.
    init(owning pointer: virStoragePoolPtr) { unsafe self.pointer = pointer }

    deinit {
        _ = unsafe virStoragePoolFree(pointer)
    }

    /// Has it look for volumes that came or went.
    func refresh() throws(LibvirtError) { try LibvirtError.check(unsafe virStoragePoolRefresh(pointer, 0)) }

    /// Whether it can be used now.
    func isActive() throws(LibvirtError) -> Bool {
        try LibvirtError.check(unsafe virStoragePoolIsActive(pointer)) == 1
    }

    /// Its description.
    func xml() throws(LibvirtError) -> [UInt8] {
        guard let text = unsafe virStoragePoolGetXMLDesc(pointer, 0) else { throw LibvirtError.last() }
        defer { unsafe free(text) }
        return unsafe [UInt8](UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }

    /// How Gatehouse sees it.
    func snapshot() throws -> PoolSnapshot {
        let root = try XMLElement.parse(try xml())
        guard let name = root.first("name")?.trimmedText, !name.isEmpty else {
            throw GatehouseError(.hypervisorFailed, "The node described a pool in a way that can not be read.")
        }
        let path = root.first("target")?.first("path")?.trimmedText
        var pool = PoolSnapshot(
            name: name, type: root["type"] ?? "", path: path?.isEmpty == true ? nil : path, isActive: try isActive())
        guard pool.isActive else { return pool }
        var info = virStoragePoolInfo()
        if unsafe virStoragePoolGetInfo(pointer, &info) == 0 {
            pool.capacityBytes = Int64(clamping: info.capacity)
            pool.allocatedBytes = Int64(clamping: info.allocation)
            pool.availableBytes = Int64(clamping: info.available)
        }
        let count = unsafe virStoragePoolNumOfVolumes(pointer)
        pool.volumeCount = count < 0 ? nil : Int(count)
        return pool
    }

    /// Every volume of it.
    ///
    /// - Throws: `limitExceeded` where there are more than `StorageRules.volumeLimit`.
    func volumes() throws -> [VolumeSnapshot] {
        let count = unsafe virStoragePoolNumOfVolumes(pointer)
        try LibvirtError.check(count)
        guard count <= StorageRules.volumeLimit else {
            throw GatehouseError(
                .limitExceeded,
                "The pool has \(count) volumes, more than the \(StorageRules.volumeLimit) that "
                    + "Gatehouse looks at.")
        }
        var list: UnsafeMutablePointer<virStorageVolPtr?>?
        let found = try LibvirtError.check(unsafe virStoragePoolListAllVolumes(pointer, &list, 0))
        guard let list = unsafe list else { return [] }
        defer { unsafe free(list) }
        var volumes: [VolumeSnapshot] = []
        for index in 0..<Int(found) {
            guard let pointer = unsafe list[index] else { continue }
            let volume = unsafe StorageVolume(owning: pointer)
            // A file that vanished meanwhile, or that nobody may read, is no reason to show nothing.
            if let snapshot = try? volume.snapshot() { volumes.append(snapshot) }
        }
        return volumes
    }

    /// The volume of a name.
    func volume(_ name: String) throws(LibvirtError) -> StorageVolume {
        guard let volume = unsafe virStorageVolLookupByName(pointer, name) else { throw LibvirtError.last() }
        return unsafe StorageVolume(owning: volume)
    }

    /// Makes a volume after a description.
    func create(_ xml: String) throws(LibvirtError) -> StorageVolume {
        guard let volume = unsafe virStorageVolCreateXML(pointer, xml, 0) else { throw LibvirtError.last() }
        return unsafe StorageVolume(owning: volume)
    }

    /// Makes a volume after a description, with the content of another one.
    func create(_ xml: String, from source: borrowing StorageVolume) throws(LibvirtError) -> StorageVolume {
        guard let volume = unsafe virStorageVolCreateXMLFrom(pointer, xml, source.pointer, 0) else {
            throw LibvirtError.last()
        }
        return unsafe StorageVolume(owning: volume)
    }
}

/// libvirt's handle of a volume; freed when dropped.
@safe
struct StorageVolume: ~Copyable {
    let pointer: virStorageVolPtr

    /// Takes over a reference.
    init(owning pointer: virStorageVolPtr) { unsafe self.pointer = pointer }

    deinit {
        _ = unsafe virStorageVolFree(pointer)
    }

    /// Deletes it with its content.
    func delete() throws(LibvirtError) { try LibvirtError.check(unsafe virStorageVolDelete(pointer, 0)) }

    /// How Gatehouse sees it.
    func snapshot() throws -> VolumeSnapshot {
        guard let text = unsafe virStorageVolGetXMLDesc(pointer, 0) else { throw LibvirtError.last() }
        defer { unsafe free(text) }
        let bytes = unsafe [UInt8](UnsafeRawBufferPointer(start: text, count: strlen(text)))
        return try VolumeDescription.read(bytes)
    }
}

extension Connection {
    /// The pool of a name.
    func pool(_ name: String) throws(LibvirtError) -> StoragePool {
        guard let pool = unsafe virStoragePoolLookupByName(pointer, name) else { throw LibvirtError.last() }
        return unsafe StoragePool(owning: pool)
    }

    /// Every pool, active or not.
    func pools() throws -> [PoolSnapshot] {
        var list: UnsafeMutablePointer<virStoragePoolPtr?>?
        let count = try LibvirtError.check(unsafe virConnectListAllStoragePools(pointer, &list, 0))
        guard let list = unsafe list else { return [] }
        defer { unsafe free(list) }
        var found: [PoolSnapshot] = []
        for index in 0..<Int(count) {
            guard let pointer = unsafe list[index] else { continue }
            let pool = unsafe StoragePool(owning: pointer)
            // A pool that was undefined meanwhile is left out.
            do { found.append(try pool.snapshot()) } catch let error as LibvirtError where error.isNoPool { continue }
        }
        return found
    }
}

extension LibvirtError {
    /// Whether the pool is not there.
    var isNoPool: Bool { number == VIR_ERR_NO_STORAGE_POOL.rawValue }
}
