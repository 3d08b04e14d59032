// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import HostSystem
import Model
import Testing

/// The program `gatehouse-launch`, started by a shell that plays the host.
@Suite(.timeLimit(.minutes(1))) struct LauncherTests {
    /// Runs a shell script in which `$launch` starts a command with this shell as the host; what it printed.
    private func shell(_ script: String) async throws -> String {
        let folder = "/tmp/gatehouse-\(UUID().uuidString.prefix(13).lowercased())"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let whole = "launch=\"\(TestHost.launcher) --host $$\"; cd \(folder)\n\(script)"
        return try await Shell.run(whole)
    }

    @Test(
        arguments: [
            ("sh -c 'exit 7'", "7"), ("sh -c 'kill -9 $$'", "137"), ("/nowhere/at/all", "127"), ("/etc", "126"),
            ("true", "0"),
        ])
    func `it ends with the status of the command`(command: String, status: String) async throws {
        #expect(try await shell("$launch -- \(command) 2>/dev/null; echo $?") == status)
    }

    @Test(arguments: ["", "--host", "--host 0 -- true", "--host x -- true", "--hosts 1 -- true", "--host $$ --"])
    func `an order that makes no sense is refused`(arguments: String) async throws {
        let said = try await shell("\(TestHost.launcher) \(arguments) 2>&1; echo $?")
        #expect(said.hasPrefix("gatehouse-launch: ") && said.hasSuffix("\n125"), "\(said)")
    }

    @Test func `whoever is not the host's child ends at once`() async throws {
        #expect(try await shell("\(TestHost.launcher) --host 1 -- echo no 2>/dev/null; echo $?") == "125")
    }

    @Test func `the command has limits, no new privileges, no signals blocked and no descriptors of others`()
        async throws
    {
        let said = try await shell(
            """
            exec 7</etc/passwd
            $launch --files 33 --memory-mib 100 --cpu-seconds 9 -- sh -c \
                'ulimit -n; ulimit -d; ulimit -t; ulimit -c; grep -E "NoNew|SigBlk" /proc/self/status; ls /proc/self/fd'
            """)
        let words = said.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(
            words == "33 102400 9 0 SigBlk: 0000000000000000 NoNewPrivs: 1 0 1 2 3")
    }

    @Test func `a signal that the host ignores is not ignored by the command`() async throws {
        #expect(try await shell("trap '' PIPE; $launch -- sh -c 'kill -PIPE $$; echo no'; echo $?") == "141")
    }

    @Test(arguments: ["kill $!", "kill -9 $(cat child)", "kill $(cat child)"])
    func `nothing is left, whichever of them ends`(end: String) async throws {
        let family = "setsid sh -c \"echo \\$\\$ >> all; trap : TERM; sleep 300 & wait\" & sleep 300"
        let said = try await shell(
            """
            $launch -- sh -c 'echo $$ > child; echo $$ > all; \(family)' &
            while [ "$(wc -l 2>/dev/null < all)" != 2 ]; do sleep 0.05; done
            \(end)
            wait $!
            for process in $(cat all); do [ -d /proc/$process ] && echo "$process is left"; done; echo over
            """)
        #expect(said == "over")
    }

    @Test func `kill -9 of the host leaves no orphan`() async throws {
        let said = try await shell(
            """
            cat > host.sh <<'END'
            \(TestHost.launcher) --host $$ -- sh -c 'echo $$ > all; setsid sh -c "echo \\$\\$ >> all; sleep 300" & sleep 300' &
            echo $! > launcher
            while [ "$(wc -l 2>/dev/null < all)" != 2 ]; do sleep 0.05; done
            kill -9 $$
            END
            sh host.sh 2>/dev/null
            # One that has ended and that nobody has asked for yet is no orphan.
            lives() { [ -d /proc/$1 ] && ! grep -q '^State:.Z' /proc/$1/status; }
            for process in $(cat launcher all); do
                for attempt in $(seq 200); do lives $process && sleep 0.05; done
                lives $process && echo "$process is left"
            done
            echo over
            """)
        #expect(said == "over")
    }
}
