// SPDX-License-Identifier: Apache-2.0

import CLibvirt

/// The library as a whole: what has to happen once in a process.
enum LibvirtLibrary {
    /// Whether libvirt is ready; the first use initialises it.
    ///
    /// An empty error handler keeps libvirt from writing errors to stderr by itself. The default
    /// event implementation can be registered once in a process, and must be before the first
    /// connection.
    static let isReady: Bool = {
        guard virInitialize() == 0 else { return false }
        unsafe virSetErrorFunc(nil) { _, _ in }
        return virEventRegisterDefaultImpl() == 0
    }()

    /// The library's version, such as `9.0.0`; nil where it does not say.
    static var version: String? {
        var number: UInt = 0
        guard unsafe virGetVersion(&number, nil, nil) == 0 else { return nil }
        return text(ofVersion: number)
    }

    /// A version as libvirt packs it into a number.
    static func text(ofVersion number: UInt) -> String {
        "\(number / 1_000_000).\(number / 1000 % 1000).\(number % 1000)"
    }
}
