// SPDX-License-Identifier: Apache-2.0

import Core
import Model
import TestSupport
import Testing

@testable import Web

/// The cookie that carries a session.
@Suite struct SessionCookieTests {
    @Test(arguments: [
        "__Host-gatehouse=abc", "other=1; __Host-gatehouse=abc", " __Host-gatehouse=abc ;other=2",
        "x; __Host-gatehouse=abc;;", "__Host-gatehouses=no; __Host-gatehouse=abc",
        "a=__Host-gatehouse; __Host-gatehouse=abc",
    ])
    func `the token is found among other cookies`(header: String) {
        #expect(CallerPolicy.sessionToken(header) == "abc")
    }

    @Test(arguments: [
        nil, "", "gatehouse=abc", "__host-gatehouse=abc", "__Host-gatehouse", "__Host-gatehouse =abc",
        "x__Host-gatehouse=abc", "__Host-gatehouse2=abc",
    ])
    func `what is not the cookie is no token`(header: String?) {
        #expect(CallerPolicy.sessionToken(header) == nil)
    }

    @Test func `a cookie that comes twice is worth nothing`() {
        #expect(CallerPolicy.sessionToken("__Host-gatehouse=abc; __Host-gatehouse=abc") == nil)
        #expect(CallerPolicy.sessionToken("__Host-gatehouse=abc; x=1; __Host-gatehouse=def") == nil)
    }

    @Test func `a header that is too long is not read`() {
        let filler = String(repeating: "x", count: 16_384)
        #expect(CallerPolicy.sessionToken("__Host-gatehouse=abc; f=\(filler)") == nil)
    }

    @Test func `the cookie is for this host alone, over TLS, out of the reach of scripts`() {
        let parts = CallerPolicy.setCookie("abc").split(separator: "; ").map(String.init)
        #expect(parts.first == "__Host-gatehouse=abc")
        #expect(Set(parts.dropFirst()) == ["Path=/", "Secure", "HttpOnly", "SameSite=Strict"])
    }

    @Test func `taking the cookie back empties and ends it`() {
        let parts = CallerPolicy.setCookie(nil).split(separator: "; ").map(String.init)
        #expect(parts.first == "__Host-gatehouse=")
        #expect(Set(parts.dropFirst()) == ["Path=/", "Secure", "HttpOnly", "SameSite=Strict", "Max-Age=0"])
    }

    @Test func `the caller is the session's user only with the right token`() async throws {
        try await TestCore.run { core in
            try await core.user("ann")
            let login = try await core.core.sessions.login(
                name: "ann", password: TestCore.password, kind: "web", principal: TestCore.anonymous)
            let policy = CallerPolicy(settings: .plain(), sessions: core.core.sessions)
            func name(_ cookie: String?) async -> String? {
                await policy.principal(RequestFacts(peer: "192.0.2.7", cookie: cookie)).user?.name
            }
            #expect(await name("__Host-gatehouse=\(login.token)") == "ann")
            #expect(await name("__Host-gatehouse=\(login.token)x") == nil)
            #expect(await name("__Host-gatehouse=\(login.token.dropLast())") == nil)
            #expect(await name("__Host-gatehouse=\(login.token); __Host-gatehouse=\(login.token)") == nil)
            #expect(await name(nil) == nil)
            await core.core.sessions.end([login.session.id], reason: "over")
            #expect(await name("__Host-gatehouse=\(login.token)") == nil)
        }
    }
}
