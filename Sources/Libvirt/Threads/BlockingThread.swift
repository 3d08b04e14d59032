// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import Glibc

/// A thread outside Swift's shared pool, for work that may block.
enum BlockingThread {
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
    /// The name shows up in the kernel's thread list, cut to 15 bytes. The answer is whether the
    /// system gave a thread.
    static func start(_ name: String, _ run: @escaping @Sendable () -> Void) -> Bool {
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
                unsafe gatehouse_name_thread(body.name)
                body.run()
                return nil
            }, body.toOpaque())
        unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
        guard result == 0 else {
            unsafe body.release()
            return false
        }
        _ = pthread_detach(thread)
        return true
    }
}
