// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What the pages may hold, so that the content security policy and an offline host suffice.
enum WebRule {
    /// The places of a page that reach outside: a browser of an appliance must not call anybody else.
    static func outsideAddresses(in file: RepositoryFile) -> [String] {
        withoutComments(file).matches(of: /(?:https?|wss?|ftp):\/\/[\w.-]+|["'(]\/\/\w[\w.-]*\.\w+/)
            .map { String($0.output) }
            // The name of a format, which nobody fetches.
            .filter { $0 != "http://www.w3.org" }
            .map { "\(file.path): \($0)" }
    }

    /// Script and style that stand in the page itself, which the policy refuses to run.
    static func inlineCode(in file: RepositoryFile) throws -> [String] {
        let patterns = [
            #"<script(?![^>]*\ssrc=)[^>]*>"#, #"<script[^>]*>\s*[^<\s]"#, #"<style\b"#, #"\sstyle\s*=\s*["']"#,
            #"\son\w+\s*=\s*["']"#, #"(href|src|action)\s*=\s*["']javascript:"#,
        ]
        return try matches(of: patterns, in: file)
    }

    /// Ways to make code or markup out of a text at run time.
    static func dynamicCode(in file: RepositoryFile) throws -> [String] {
        let patterns = [
            #"\beval\("#, #"\bnew Function\("#, #"\.(inner|outer)HTML\b"#, #"\binsertAdjacentHTML\b"#,
            #"\bdocument\.write\b"#, #"setAttribute\(\s*["']style["']"#,
        ]
        return try matches(of: patterns, in: file)
    }

    /// What the modules of a file are called in its imports, workers included.
    static func importedPaths(in file: RepositoryFile) -> [String] {
        let text = withoutComments(file)
        let statements = text.matches(of: /(?:^|[;\n])\s*(?:import|export)\b(?:[^;"'`]*?\bfrom)?\s*["']([^"']+)["']/)
        let calls = text.matches(of: /\bimport\(\s*["']([^"']+)["']/)
        let workers = text.matches(of: /new URL\(\s*["']([^"']+)["']\s*,\s*import\.meta\.url/)
        return statements.map { String($0.output.1) } + calls.map { String($0.output.1) }
            + workers.map { String($0.output.1) }
    }

    /// The imports of a file that a browser could not load as they stand.
    static func brokenImports(in file: RepositoryFile, exists: (String) -> Bool) -> [String] {
        importedPaths(in: file).compactMap { path in
            if path.hasPrefix("node:"), file.isBelow("Tests/www") { return nil }
            let isModule = path.hasSuffix(".js") || (path.hasSuffix(".mjs") && file.suffix == "mjs")
            guard isModule, let resolved = resolve(path, from: file.path) else {
                return "\(file.path): '\(path)' is no relative or rooted path to a .js file"
            }
            return exists(resolved) ? nil : "\(file.path): there is no \(resolved)"
        }
    }

    private static func resolve(_ path: String, from origin: String) -> String? {
        if path.hasPrefix("/") { return "www" + path }
        guard path.hasPrefix("./") || path.hasPrefix("../") else { return nil }
        var parts = origin.split(separator: "/").dropLast().map(String.init)
        for part in path.split(separator: "/") {
            switch part {
            case ".": continue
            case "..":
                guard parts.popLast() != nil else { return nil }
            default: parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }

    private static func matches(of patterns: [String], in file: RepositoryFile) throws -> [String] {
        let text = withoutComments(file)
        return try patterns.flatMap { pattern -> [String] in
            let expression = try Regex(pattern).ignoresCase()
            return text.matches(of: expression).map { "\(file.path): \(text[$0.range])" }
        }
    }

    /// A file's text without whole-line and block comments; what follows code on a line stays.
    private static func withoutComments(_ file: RepositoryFile) -> String {
        switch file.suffix {
        case "html": file.text.replacing(/(?s)<!--.*?-->/, with: "")
        default: file.text.replacing(/(?ms)^\s*\/\*.*?\*\//, with: "").replacing(/(?m)^\s*\/\/.*$/, with: "")
        }
    }
}

@Suite struct WebTests {
    private static let pages = Repository.files.filter { $0.isBelow("www") }
    private static let scripts = Repository.files.filter {
        ($0.suffix == "js" && $0.isBelow("www")) || ($0.suffix == "mjs" && $0.isBelow("Tests/www"))
    }

    @Test func `no page reaches outside`() {
        let files = Self.pages.filter { ["html", "css", "js", "svg"].contains($0.suffix) }
        #expect(files.flatMap(WebRule.outsideAddresses) == [])
    }

    @Test func `no page holds script or style of its own`() throws {
        let faults = try Self.pages.filter { $0.suffix == "html" }.flatMap(WebRule.inlineCode)
        #expect(faults == [])
    }

    @Test func `no script makes code or markup out of text`() throws {
        let faults = try Self.pages.filter { $0.suffix == "js" }.flatMap(WebRule.dynamicCode)
        #expect(faults == [])
    }

    @Test(.enabled(if: Repository.exists("www/vendor"), "run packaging/assets/fetch-assets first"))
    func `every import names a file that is there`() {
        #expect(Self.scripts.flatMap { WebRule.brokenImports(in: $0, exists: Repository.exists) } == [])
    }

    @Test(arguments: ["fetch('https://a.example/b')", "@import url(//a.example/b.css);", "<img src=\"//a.example/b\">"])
    func `an address outside is found`(text: String) {
        #expect(WebRule.outsideAddresses(in: RepositoryFile(path: "www/a.js", text: text)).count == 1)
    }

    @Test(arguments: ["new WebSocket(`wss://${host}/a`)", "// see https://a.example/b", "'http://www.w3.org/2000/svg'"])
    func `the own host, a comment and the name of a format are none`(text: String) {
        #expect(WebRule.outsideAddresses(in: RepositoryFile(path: "www/a.js", text: text)) == [])
    }

    @Test(
        arguments: [
            "<script>a()</script>", "<script src=\"/a.js\">b</script>", "<style>", "<p style=\"a\">",
            "<p onclick='a()'>",
            "<a href=\"javascript:a()\">",
        ])
    func `script and style in a page are found`(text: String) throws {
        #expect(try WebRule.inlineCode(in: RepositoryFile(path: "www/a.html", text: text)) != [])
    }

    @Test func `a script that is loaded is none`() throws {
        let text = "<script type=\"module\" src=\"/a.js\"></script><link rel=\"stylesheet\" href=\"/a.css\">"
        #expect(try WebRule.inlineCode(in: RepositoryFile(path: "www/a.html", text: text)) == [])
    }

    @Test(arguments: ["eval('a')", "node.innerHTML = a", "document.write(a)", "new Function('a')"])
    func `code made of text is found`(text: String) throws {
        #expect(try WebRule.dynamicCode(in: RepositoryFile(path: "www/a.js", text: text)).count == 1)
    }

    @Test func `imports are read in all their forms`() {
        let text = """
            import a from "./a.js";
            import { b,
              c } from '../b.js';
            import "/c.js"
            export * from "./d.js";
            // import "./none.js";
            const e = await import("./e.js");
            const f = new Worker(new URL("./f.js", import.meta.url));
            const text = 'no import from here';
            """
        let paths = WebRule.importedPaths(in: RepositoryFile(path: "www/lib/a.js", text: text))
        #expect(paths == ["./a.js", "../b.js", "/c.js", "./d.js", "./e.js", "./f.js"])
    }

    @Test(arguments: [("./a", 1), ("a.js", 1), ("./gone.js", 1), ("node:fs", 1), ("../lib/a.js", 0), ("/lib/a.js", 0)])
    func `an import that does not load is found`(path: String, found: Int) {
        let file = RepositoryFile(path: "www/lib/b.js", text: "import x from \"\(path)\";\n")
        #expect(WebRule.brokenImports(in: file) { $0 == "www/lib/a.js" }.count == found)
    }
}
