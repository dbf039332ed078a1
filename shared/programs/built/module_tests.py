"""That MODULE_NAME has what it should, and that the examples in it hold."""

import doctest
import importlib
import unittest

MODULE = importlib.import_module("MODULE_NAME")
NAMES: list[str] = []


class Module(unittest.TestCase):
    def test_names(self):
        self.assertEqual([name for name in NAMES if not hasattr(MODULE, name)], [])

    def test_examples(self):
        self.assertEqual(doctest.testmod(MODULE).failed, 0)


if __name__ == "__main__":
    unittest.main()
