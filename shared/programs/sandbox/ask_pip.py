"""Prints what pip is set up for, and then its own default index with the host of that index's files."""

import subprocess
import sys

settings = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True).stdout
print(settings)
from pip._internal.models.index import PyPI  # noqa: E402  # without pip, the line above is said all the same

print("default", PyPI.simple_url, PyPI.file_storage_domain)
