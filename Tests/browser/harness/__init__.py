# SPDX-License-Identifier: Apache-2.0
"""What the browser tests stand on: a private libvirtd, the built daemon, a browser."""
