// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import Libvirt

@Suite struct LibvirtURITests {
    @Test(arguments: [
        "test:///default", "test:///srv/nodes/rack_1.xml", "qemu:///system", "qemu:///session", "lxc:///",
        "qemu+unix:///system?socket=/run/libvirt/libvirt-sock", "qemu+unix:///session?socket=/run/user/1/s",
        "qemu+ssh://node1.example.org/system", "qemu+ssh://root@10.0.0.7:2222/system",
        "qemu+ssh://admin@[fe80::1]:22/system", "qemu+tls://node-2/system", "qemu+tls://[2001:db8::1]:16514/system",
    ])
    func `an address of a listed form is taken`(_ text: String) throws {
        #expect(try LibvirtURI(text).description == text)
    }

    @Test(arguments: [
        "", "qemu", "qemu:/system", "xen:///system", "esx://host/", "qemu+ext:///system?command=/bin/sh",
        "qemu+ext://h/system", "qemu+libssh2://h/system", "qemu+tcp://h/system", "qemu:///system?command=/bin/sh",
        "qemu+ssh://h/system?command=/tmp/x", "qemu+ssh://h/system?netcat=/tmp/x", "qemu+ssh://h/system?no_verify=1",
        "qemu+ssh://h/system?keyfile=/root/.ssh/id", "qemu+ssh://h/system?proxy=auto",
        "qemu+tls://h/system?no_verify=1",
        "qemu+tls://h/system?pkipath=/tmp", "qemu+unix:///system", "qemu+unix:///system?socket=relative",
        "qemu+unix:///system?socket=/a/../b", "qemu+unix:///system?socket=/a&socket=/b",
        "qemu+unix:///system?socket=/a&command=/bin/sh", "qemu+unix:///system?socket=/a%00b",
        "qemu+unix://host/system?socket=/a", "qemu+ssh:///system", "qemu+ssh://-oProxyCommand=x/system",
        "qemu+ssh://-h/system", "qemu+ssh://h-/system", "qemu+ssh://-u@h/system", "qemu+ssh://u@-h/system",
        "qemu+ssh://u;x@h/system", "qemu+ssh://h:0/system", "qemu+ssh://h:65536/system", "qemu+ssh://h:x/system",
        "qemu+ssh://h:/system", "qemu+ssh://h/session", "qemu+ssh://h/system#x", "qemu+ssh://[::1/system",
        "qemu+ssh://[::1]x/system", "qemu+ssh://[g::]/system", "qemu+tls://root@h/system", "test:///etc/passwd",
        "test:///../x.xml", "test://host/default", "lxc:///x", "lxc://h/", "qemu:///system?", "qemu:///system?x",
        "qemu:///system \n", "qemu://h/system", "qemu+ssh://h..x/system",
    ])
    func `anything else is refused`(_ text: String) {
        #expect {
            _ = try LibvirtURI(text)
        } throws: { error in
            let error = error as? GatehouseError
            return error?.code == .invalidParameters && error?.details["parameter"] == .string("uri")
        }
    }

    @Test func `a parameter that runs programs is named in the refusal`() {
        #expect {
            _ = try LibvirtURI("qemu+ssh://host/system?command=/tmp/evil")
        } throws: { error in
            (error as? GatehouseError)?.message.contains("\"command\"") == true
        }
    }

    @Test func `credentials come from the node's files only`() throws {
        let plain = try LibvirtNode(uri: try LibvirtURI("qemu+ssh://root@h:22/system"), sshKeyFile: "/k/id")
        #expect(plain.connectionURI == "qemu+ssh://root@h:22/system?keyfile=/k/id&no_tty=1")
        let known = try LibvirtNode(
            uri: try LibvirtURI("qemu+ssh://[::1]/system"), sshKeyFile: "/k/id", knownHostsFile: "/k/known")
        #expect(
            known.connectionURI
                == "qemu+libssh://[::1]/system?keyfile=/k/id&known_hosts=/k/known"
                + "&known_hosts_verify=normal&sshauth=privkey")
        let tls = try LibvirtNode(uri: try LibvirtURI("qemu+tls://h/system"), tlsDirectory: "/k/tls")
        #expect(tls.connectionURI == "qemu+tls://h/system?pkipath=/k/tls")
        let local = try LibvirtNode(uri: try LibvirtURI("qemu:///system"), sshKeyFile: "/k/id")
        #expect(local.connectionURI == "qemu:///system")
    }

    @Test(arguments: ["relative", "/a&command=/x", "/a b", "/a/../b", "/a?x", "/a#x"])
    func `a credential file with a path that is not plain is refused`(_ path: String) throws {
        let uri = try LibvirtURI("qemu+ssh://h/system")
        #expect(throws: GatehouseError.self) { _ = try LibvirtNode(uri: uri, sshKeyFile: path) }
        #expect(throws: GatehouseError.self) { _ = try LibvirtNode(uri: uri, knownHostsFile: path) }
        #expect(throws: GatehouseError.self) { _ = try LibvirtNode(uri: uri, tlsDirectory: path) }
    }
}
