// SPDX-License-Identifier: Apache-2.0

import CHost

/// A thread outside Swift's shared pool, for work that blocks.
package enum OwnThread {
    private final class Body {
        let name: String
        let run: @Sendable () -> Void

        init(_ name: String, _ run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Starts a thread that runs the body once, with every signal blocked, and then ends.
    ///
    /// The name shows up in the kernel's list of threads, cut to 15 bytes.
    /// - Throws: what the system says where it gives no thread.
    package static func start(_ name: String, _ run: @escaping @Sendable () -> Void) throws(SystemFailure) {
        let body = unsafe Unmanaged.passRetained(Body(name, run))
        var thread = pthread_t()
        var everything = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&everything)
        unsafe pthread_sigmask(SIG_SETMASK, &everything, &before)
        let result = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let body = unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                _ = unsafe gatehouse_name_thread(body.name)
                body.run()
                return nil
            }, body.toOpaque())
        unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
        guard result == 0 else {
            unsafe body.release()
            throw SystemFailure(number: result)
        }
        _ = pthread_detach(thread)
    }
}
