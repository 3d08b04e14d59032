// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
import GRDB
package import Model

extension SQLiteStore: SampleRepository {
    /// Keeps a report, with the averages that it completes, and lets go of what is too old.
    ///
    /// - Throws: `notFound` where the node is not kept.
    package func appendSample(_ report: NodeReport, keeping retention: SampleRetention) async throws {
        try await write { db in
            let append = SampleAppend(db: db, node: report.node.number, at: report.at.wholeSeconds)
            try append.discardFromThen()
            try append.completeAverages()
            try append.insert(report)
            for resolution in SampleResolution.allCases {
                let seconds = Int64(retention.length(resolution).components.seconds)
                try append.prune(resolution, of: report.node.number, keeping: seconds)
                // Of a node that nobody samples any more nobody else would let go.
                try append.prune(resolution, of: try append.nodeInTurn(), keeping: seconds)
            }
        }
    }

    /// The points in order of time; reads at most those that are kept.
    package func samples(_ query: SampleQuery) async throws -> [SamplePoint] {
        try await read { db in
            let step = Int64(max(query.step, query.resolution.seconds))
            var arguments: StatementArguments = [
                "node": query.subject.node.number, "resolution": query.resolution.seconds,
                "from": query.from.wholeSeconds, "to": query.to.wholeSeconds, "step": step,
                // Points as they were appended keep their own moment.
                "isWhole": step > query.resolution.seconds,
            ]
            guard case .machine(let machine) = query.subject else {
                return try SampleRow.fetchAll(db, sql: Self.nodeHistory, arguments: arguments).map(\.point)
            }
            guard let number = try Self.sampledNumber(of: machine, db) else { return [] }
            arguments += ["machine": number]
            return try SampleRow.fetchAll(db, sql: Self.machineHistory, arguments: arguments).map(\.point)
        }
    }

    /// The moment of each node's last report.
    package func lastSamples() async throws -> [NodeID: Date] {
        try await read { db in
            var moments: [NodeID: Date] = [:]
            for row in try Row.fetchAll(
                db,
                sql: """
                    SELECT id, (SELECT max(at) FROM nodeSample WHERE node = node.id AND resolution = 10) AS at
                    FROM node
                    """)
            {
                guard let at: Int64 = row["at"] else { continue }
                moments[NodeID(row["id"])] = Date(timeIntervalSince1970: Double(at))
            }
            return moments
        }
    }

    private static func sampledNumber(of machine: MachineID, _ db: Database) throws -> Int64? {
        try Int64.fetchOne(
            db, sql: "SELECT number FROM sampledMachine WHERE node = ? AND uuid = ?",
            arguments: [machine.node.number, machine.uuid.text])
    }

    private static let nodeHistory = """
        SELECT CASE WHEN :isWhole THEN at / :step * :step ELSE at END AS moment,
            avg(cpu) / 100 AS cpu, avg(memory) / 100 AS memory, avg(load) / 100 AS load, avg(diskRead) AS diskRead,
            avg(diskWrite) AS diskWrite, avg(netReceived) AS netReceived, avg(netSent) AS netSent
        FROM nodeSample
        WHERE node = :node AND resolution = :resolution AND at >= :from AND at < :to
        GROUP BY moment ORDER BY moment
        """

    // The node's rows name the moments; for each of them the machine's row is one look-up.
    private static let machineHistory = """
        SELECT CASE WHEN :isWhole THEN n.at / :step * :step ELSE n.at END AS moment,
            avg(m.cpu) / 100 AS cpu, avg(m.memory) AS memory, NULL AS load, avg(m.diskRead) AS diskRead,
            avg(m.diskWrite) AS diskWrite, avg(m.netReceived) AS netReceived, avg(m.netSent) AS netSent
        FROM nodeSample AS n CROSS JOIN machineSample AS m
            ON m.node = n.node AND m.resolution = n.resolution AND m.at = n.at AND m.machine = :machine
        WHERE n.node = :node AND n.resolution = :resolution AND n.at >= :from AND n.at < :to
        GROUP BY moment ORDER BY moment
        """
}

/// One append, within its transaction.
private struct SampleAppend {
    let db: Database
    let node: Int64
    let at: Int64

    /// How many moments of a resolution one append lets go of, at most.
    private static let prunedMoments = 4
    /// How many averages of a resolution one append completes, at most; more are due only after a pause.
    private static let completedAtOnce = 4

    /// Removes what was kept for that moment or later, which is there only where the clock was set back.
    func discardFromThen() throws {
        for table in ["nodeSample", "machineSample"] {
            for resolution in SampleResolution.allCases {
                // An average that begins before and ends later is made again from what is left.
                let first = resolution == .tenSeconds ? at : start(of: at, resolution)
                try db.execute(
                    sql: "DELETE FROM \(table) WHERE node = ? AND resolution = ? AND at >= ?",
                    arguments: [node, resolution.seconds, first])
            }
        }
    }

    func insert(_ report: NodeReport) throws {
        try db.execute(
            sql: "INSERT INTO nodeSample VALUES (?, 10, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                node, at, report.host.cpuPercent.hundredths, report.host.memoryPercent.hundredths,
                report.host.load.hundredths, report.host.traffic.diskRead.whole, report.host.traffic.diskWrite.whole,
                report.host.traffic.netReceived.whole, report.host.traffic.netSent.whole,
            ])
        let numbers = try numbers(of: report.machines.map(\.uuid))
        let statement = try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO machineSample VALUES (?, 10, ?, ?, ?, ?, ?, ?, ?, ?)")
        for machine in report.machines {
            guard let number = numbers[machine.uuid] else { continue }
            try statement.execute(arguments: [
                node, at, number, machine.cpuPercent.hundredths, machine.memoryKiB.whole,
                machine.traffic.diskRead.whole, machine.traffic.diskWrite.whole, machine.traffic.netReceived.whole,
                machine.traffic.netSent.whole,
            ])
        }
    }

    /// The short numbers of machines; those that have none yet get one, those that are not kept none.
    private func numbers(of machines: [UUID]) throws -> [UUID: Int64] {
        var numbers: [UUID: Int64] = [:]
        let known = try Row.fetchCursor(
            db, sql: "SELECT number, uuid FROM sampledMachine WHERE node = ?", arguments: [node])
        while let row = try known.next() {
            if let uuid = UUID(uuidString: row["uuid"]) { numbers[uuid] = row["number"] }
        }
        for uuid in machines where numbers[uuid] == nil {
            try db.execute(
                sql:
                    "INSERT INTO sampledMachine (node, uuid) SELECT node, uuid FROM machine WHERE node = ? AND uuid = ?",
                arguments: [node, uuid.text])
            if db.changesCount > 0 { numbers[uuid] = db.lastInsertedRowID }
        }
        return numbers
    }

    /// Makes the averages of every minute and quarter that is over now.
    func completeAverages() throws {
        try completeAverages(.minute, from: .tenSeconds)
        try completeAverages(.quarter, from: .minute)
    }

    private func completeAverages(_ resolution: SampleResolution, from finer: SampleResolution) throws {
        let length = Int64(resolution.seconds)
        let end = start(of: at, resolution)
        let done = try Int64.fetchOne(
            db, sql: "SELECT max(at) FROM nodeSample WHERE node = ? AND resolution = ?",
            arguments: [node, resolution.seconds])
        let due = try Int64.fetchAll(
            db,
            sql: """
                SELECT DISTINCT at / :length * :length FROM nodeSample
                WHERE node = :node AND resolution = :finer AND at >= :from AND at < :end ORDER BY 1 DESC LIMIT :most
                """,
            arguments: [
                "length": length, "node": node, "finer": finer.seconds, "from": done.map { $0 + length } ?? 0,
                "end": end, "most": Self.completedAtOnce,
            ])
        for moment in due.reversed() { try average(resolution, from: finer, at: moment) }
    }

    private func average(_ resolution: SampleResolution, from finer: SampleResolution, at moment: Int64) throws {
        let arguments: StatementArguments = [
            "resolution": resolution.seconds, "node": node, "finer": finer.seconds, "from": moment,
            "to": moment + Int64(resolution.seconds),
        ]
        func mean(_ columns: [String]) -> String {
            columns.map { "CAST(round(avg(\($0))) AS INTEGER)" }.joined(separator: ", ")
        }
        let traffic = ["diskRead", "diskWrite", "netReceived", "netSent"]
        let source = "WHERE node = :node AND resolution = :finer AND at >= :from AND at < :to"
        try db.execute(
            sql: """
                INSERT INTO nodeSample SELECT :node, :resolution, :from, \(mean(["cpu", "memory", "load"] + traffic))
                FROM nodeSample \(source)
                """,
            arguments: arguments)
        try db.execute(
            sql: """
                INSERT INTO machineSample SELECT :node, :resolution, :from, machine, \(mean(["cpu", "memory"] + traffic))
                FROM machineSample \(source) GROUP BY machine
                """,
            arguments: arguments)
    }

    /// One node after the other, with each append another.
    func nodeInTurn() throws -> Int64 {
        try Int64.fetchOne(
            db,
            sql: "SELECT id FROM node ORDER BY id LIMIT 1 OFFSET (SELECT ? % count(*) FROM node)",
            arguments: [at / Int64(SampleResolution.tenSeconds.seconds)]) ?? node
    }

    /// Lets go of the oldest moments of a node's resolution.
    func prune(_ resolution: SampleResolution, of node: Int64, keeping seconds: Int64) throws {
        let last = try Int64.fetchAll(
            db,
            sql: "SELECT at FROM nodeSample WHERE node = ? AND resolution = ? AND at < ? ORDER BY at LIMIT ?",
            arguments: [node, resolution.seconds, at - seconds, Self.prunedMoments]
        ).last
        guard let last else { return }
        for table in ["nodeSample", "machineSample"] {
            try db.execute(
                sql: "DELETE FROM \(table) WHERE node = ? AND resolution = ? AND at <= ?",
                arguments: [node, resolution.seconds, last])
        }
    }

    private func start(of moment: Int64, _ resolution: SampleResolution) -> Int64 {
        moment / Int64(resolution.seconds) * Int64(resolution.seconds)
    }
}

/// A row of either history.
private struct SampleRow: FetchableRecord {
    let point: SamplePoint

    init(row: Row) throws {
        point = SamplePoint(
            at: Date(timeIntervalSince1970: Double(row["moment"] as Int64)), cpuPercent: row["cpu"],
            memory: row["memory"], load: row["load"],
            traffic: Traffic(
                diskRead: row["diskRead"], diskWrite: row["diskWrite"], netReceived: row["netReceived"],
                netSent: row["netSent"]))
    }
}

extension Date {
    /// Whole seconds since 1970.
    fileprivate var wholeSeconds: Int64 { milliseconds / 1000 }
}

extension Double? {
    /// Hundredths, the way percentages are kept.
    fileprivate var hundredths: Int64? { map { $0 * 100 }.whole }

    /// A whole number from 0 to 2^53, the way traffic is kept.
    fileprivate var whole: Int64? {
        guard let self, self.isFinite else { return nil }
        return Int64(Swift.min(Swift.max(self.rounded(), 0), 9_007_199_254_740_992))
    }
}
