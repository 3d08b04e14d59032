// SPDX-License-Identifier: Apache-2.0

import Glibc
import HostSystem
import Synchronization
import Testing

/// A thread that waits for nothing but its tasks, until it is told to end.
private final class IdleThread: Sendable {
    let thread: TaskThread
    private let isOver = Atomic(false)
    private let number = Mutex<pthread_t?>(nil)
    private let ended = AsyncStream.makeStream(of: Void.self)

    /// By itself it stays one thread: a host that stands still for a moment must not look like a long task.
    init(patience: Int = 30_000) throws { thread = try TaskThread(patience: patience) }

    func start() throws {
        try thread.start("idle") {
            self.number.withLock { $0 = pthread_self() }
            var wishes: [Readiness] = []
            self.thread.wait(for: &wishes, milliseconds: nil)
            guard self.isOver.load(ordering: .acquiring) else { return true }
            self.ended.continuation.finish()
            return false
        }
    }

    /// Waits until the thread has begun; the answer is its number.
    func running() async throws -> pthread_t {
        while true {
            if let number = number.withLock({ $0 }) { return number }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    func end() async {
        isOver.store(true, ordering: .releasing)
        thread.wake()
        for await _ in ended.stream {}
    }
}

private func currentThread() async -> pthread_t { pthread_self() }

private actor Counter {
    private(set) var count = 0
    private(set) var threads: Set<pthread_t> = []
    func add() {
        count += 1
        threads.insert(pthread_self())
    }
}

@Suite(.timeLimit(.minutes(1))) struct TaskThreadTests {
    @Test func `tasks that prefer the thread run on it, their children and actors too`() async throws {
        let idle = try IdleThread()
        try idle.start()
        let number = try await idle.running()
        let counter = Counter()
        let seen = await withTaskExecutorPreference(idle.thread) {
            await withTaskGroup(of: pthread_t.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        await Task.yield()
                        await counter.add()
                        return await currentThread()
                    }
                }
                return await group.reduce(into: Set<pthread_t>()) { $0.insert($1) }
            }
        }
        #expect(seen == [number])
        #expect(await counter.count == 100)
        #expect(await counter.threads == [number])
        await idle.end()
    }

    @Test func `without its thread, before and after, tasks run all the same`() async throws {
        let idle = try IdleThread()
        await withTaskExecutorPreference(idle.thread) { await Task.yield() }
        try idle.start()
        let number = try await idle.running()
        let pause = AsyncStream.makeStream(of: Void.self)
        async let late = withTaskExecutorPreference(idle.thread) {
            let first = pthread_self()
            for await _ in pause.stream {}
            return (first, pthread_self())
        }
        while await withTaskExecutorPreference(idle.thread, operation: { pthread_self() }) != number {}
        await idle.end()
        pause.continuation.finish()
        let (_, second) = await late
        #expect(second != number)
    }

    @Test func `a task that keeps the thread long does not keep the others waiting`() async throws {
        let idle = try IdleThread(patience: 50)
        try idle.start()
        let first = try await idle.running()
        let isFree = Atomic(false)
        let hold = AsyncStream.makeStream(of: Void.self)
        async let long: pthread_t = withTaskExecutorPreference(idle.thread) {
            hold.continuation.finish()
            // Keeps the thread, as a long computation does, until others have had their turn.
            while !isFree.load(ordering: .acquiring) {}
            return pthread_self()
        }
        for await _ in hold.stream {}
        let others = await withTaskExecutorPreference(idle.thread) { pthread_self() }
        #expect(others != first)
        isFree.store(true, ordering: .releasing)
        #expect(await long == first)
        // The one that was late is gone; others go on.
        for _ in 0..<100 {
            let now = await withTaskExecutorPreference(idle.thread) { pthread_self() }
            #expect(now != first)
        }
        await idle.end()
    }

    @Test func `what is to be done after the jobs comes after them, and only a job there is told so`() async throws {
        let thread = try TaskThread(patience: 30_000)
        let log = Mutex<[String]>([])
        let isOver = Atomic(false)
        let (rounds, round) = AsyncStream.makeStream(of: Void.self)
        try thread.start("rounds") {
            var wishes: [Readiness] = []
            thread.wait(for: &wishes, milliseconds: nil) {
                log.withLock { if $0.last == "job" { $0.append("after") } }
                round.yield()
            }
            return !isOver.load(ordering: .acquiring)
        }
        #expect(!thread.isRunningCaller)
        var turns = rounds.makeAsyncIterator()
        // Before its thread has begun, tasks run elsewhere.
        _ = await turns.next()
        let task = Task(executorPreference: thread) {
            log.withLock { $0.append("job") }
            return thread.isRunningCaller
        }
        #expect(await task.value)
        _ = await turns.next()
        #expect(log.withLock { $0 } == ["job", "after"])
        isOver.store(true, ordering: .releasing)
        thread.wake()
    }

    @Test func `a call of wake ends a wait, be it made before or during it`() async throws {
        let thread = try TaskThread()
        let rounds = Mutex(0)
        let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
        try thread.start("waker") {
            var wishes: [Readiness] = []
            thread.wait(for: &wishes, milliseconds: nil)
            let round = rounds.withLock { rounds in
                rounds += 1
                return rounds
            }
            continuation.yield(round)
            if round == 1_000 { continuation.finish() }
            return round < 1_000
        }
        thread.wake()
        for await _ in stream { thread.wake() }
        #expect(rounds.withLock { $0 } == 1_000)
    }

    @Test func `a descriptor that is ready ends a wait and says so`() async throws {
        let thread = try TaskThread()
        let pipe = try OpenDescriptor.pipe()
        let (stream, continuation) = AsyncStream.makeStream(of: OpenDescriptor.Reading.self)
        try thread.start("reader") {
            var wishes = [Readiness(pipe.reading, .reading)]
            thread.wait(for: &wishes, milliseconds: nil)
            #expect(wishes.count == 1)
            guard wishes[0].isReady else { return true }
            continuation.yield(pipe.reading.read(most: 10))
            continuation.finish()
            return false
        }
        try pipe.writing.writeAll([1, 2, 3])
        #expect(await stream.first { _ in true } == .bytes([1, 2, 3]))
    }
}

@Suite struct TaskLaneTests {
    /// A loop of somebody else's, turned by hand.
    private final class Loop: Sendable {
        private let work = Mutex<[@Sendable () -> Void]>([])
        /// How many tasks have ended.
        let ended = Atomic(0)

        func execute(_ body: @escaping @Sendable () -> Void) { work.withLock { $0.append(body) } }

        /// Runs what was given before; the answer is how much that was.
        func turn() -> Int {
            let due = work.withLock { work in
                defer { work = [] }
                return work
            }
            for body in due { body() }
            return due.count
        }
    }

    @Test func `a task runs where the loop is turned, however often it gives up its turn`() async {
        let loop = Loop()
        let lane = TaskLane { loop.execute($0) }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<10 {
                group.addTask(executorPreference: lane) {
                    for _ in 0..<100 { await Task.yield() }
                    loop.ended.add(1, ordering: .relaxed)
                }
            }
            group.addTask {
                var turns = 0
                while loop.ended.load(ordering: .relaxed) < 10 {
                    turns += loop.turn()
                    await Task.yield()
                }
                // A hundred times of giving up its turn fit into some rounds, and not into one.
                #expect((2...100).contains(turns))
            }
        }
    }
}
