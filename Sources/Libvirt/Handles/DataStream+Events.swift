// SPDX-License-Identifier: Apache-2.0

import CLibvirt

extension DataStream {
    /// Has the event loop call back; false where the stream can not be watched.
    func watch(
        _ events: Int32, _ callback: virStreamEventCallback, _ opaque: UnsafeMutableRawPointer,
        _ release: virFreeCallback
    ) -> Bool {
        unsafe virStreamEventAddCallback(pointer, events, callback, opaque, release) == 0
    }

    /// Changes what the callback is called for.
    func rewatch(_ events: Int32) { _ = unsafe virStreamEventUpdateCallback(pointer, events) }

    /// Takes the callback back.
    func unwatch() { _ = unsafe virStreamEventRemoveCallback(pointer) }
}

extension virStreamEventType {
    /// The bit as libvirt's functions take it.
    var number: Int32 { Int32(bitPattern: rawValue) }
}

extension virEventHandleType {
    /// The bit as libvirt's functions take it.
    var number: Int32 { Int32(bitPattern: rawValue) }
}
