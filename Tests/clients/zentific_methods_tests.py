# SPDX-License-Identifier: Apache-2.0
"""Every method of Zentific's API, over the wire: what it answers, who is refused, and what it does not take."""
import re
import unittest
import xmlrpc.client

from zentific_cases import CASES
from zentific import INVALID_PARAMETER, INVALID_SESSION, NOT_AUTHENTICATED, NOT_AUTHORIZED, Client, World


class EveryMethod(unittest.TestCase):
    """One test for each method that the server lists; they are made below, from the cases."""

    @classmethod
    def setUpClass(cls):
        cls.world = World()
        cls.addClassCleanup(cls.world.close)

    def setUp(self):
        self.world.gateway.check_alive()

    def test_each_method_that_there_is_has_a_case(self):
        self.assertEqual(sorted(CASES), sorted(self.world.admin.call("system.listMethods")))

    def check(self, name, case):
        world = self.world
        self.check_right(name, case)
        self.check_bad(name, case)
        undo = case.before(world) if case.before else None
        try:
            client = Client(world.origin, case.caller) if case.caller else world.admin
            arguments = case.arguments(world)
            try:
                result = client.call(name, *arguments)
            except xmlrpc.client.Fault as fault:
                result = fault
            self.assertTrue(case.result(world, result), f"{name}{tuple(arguments)} gave {result!r}")
            if case.after:
                case.after(world, result)
        finally:
            if undo:
                undo()

    def check_right(self, name, case):
        """Nobody without a session, and no user without a right; it is what the method's help says."""
        world = self.world
        need = re.search(r"It needs (.+)\.$", world.admin.call("system.methodHelp", name)).group(1)
        self.assertEqual(need == "nothing, not even a session", case.is_open, f"{name} needs {need}")
        is_for_users = not case.is_open and (case.is_for_all or case.hidden == [])
        self.assertEqual(need == "a session", is_for_users, f"{name} needs {need}")
        arguments = case.foreign(world) if case.foreign else case.arguments(world)
        if case.is_open:
            Client(world.origin).call(name, *arguments)
            return
        nobody = Client(world.origin)
        self.assertIn(nobody.fault(name, *arguments), (INVALID_SESSION, NOT_AUTHENTICATED), f"{name} without a session")
        if case.is_for_all:
            # In a session of its own, which may be its end.
            Client(world.origin, "stranger").call(name, *arguments)
        elif case.hidden is not None:
            self.assertEqual(world.stranger.call(name, *arguments), case.hidden, f"{name} of a stranger")
        else:
            self.assertEqual(world.stranger.fault(name, *arguments), NOT_AUTHORIZED, f"{name}{arguments} of a stranger")

    def check_bad(self, name, case):
        """What names nothing or is nothing; to a stranger it is the same as what is not his."""
        world = self.world
        for arguments in case.bad(world):
            with self.assertRaises(xmlrpc.client.Fault, msg=f"{name}{arguments}") as caught:
                world.admin.call(name, *arguments)
            self.assertEqual(caught.exception.faultCode, INVALID_PARAMETER, f"{name}{arguments}")
            self.assertRegex(caught.exception.faultString, r"^<MESSAGE type='INVALID_PARAMETER' param='\w+'>")
        for arguments in case.unknown(world):
            self.assertEqual(world.admin.fault(name, *arguments), INVALID_PARAMETER, f"{name}{arguments}")
            if not case.is_open and not case.is_for_all and case.hidden is None:
                self.assertEqual(world.stranger.fault(name, *arguments), NOT_AUTHORIZED, f"{name}{arguments}")


def _test_of(name, case):
    def test(self):
        self.check(name, case)
    test.__name__ = f"test_{re.sub(r'[^A-Za-z0-9]', '_', name)}"
    return test


for _name, _case in CASES.items():
    _test = _test_of(_name, _case)
    setattr(EveryMethod, _test.__name__, _test)
