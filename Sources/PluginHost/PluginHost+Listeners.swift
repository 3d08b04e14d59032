// SPDX-License-Identifier: Apache-2.0

package import Model
import Synchronization

extension PluginHost {
    /// Takes down what is wrong with one of a plugin's own ports, to be shown with the plugin; nil for nothing.
    package nonisolated func note(_ listener: PluginListener, problem: String?) {
        let before = listenerProblems.withLock { problems in
            defer { problems[listener] = problem }
            return problems[listener]
        }
        guard problem != before else { return }
        if let problem { routing.access(listener.plugin)?.log.note(problem) }
        core?.pluginChanged(listener.plugin)
    }

    /// What is wrong with the ports of a plugin; nil for nothing.
    nonisolated func listenerProblem(_ name: String) -> String? {
        listenerProblems.withLock { problems in
            problems.filter { $0.key.plugin == name }.map(\.value).min()
        }
    }
}
