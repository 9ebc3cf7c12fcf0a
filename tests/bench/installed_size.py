"""How many bytes a Python package has on the disk, together with the packages that it needs: installed_size.py PACKAGE

Counted are the files that pip installed, the compiled ones among them. Not counted are Python and pip.
"""

import re
import sys
from importlib.metadata import PackageNotFoundError, distribution


def collect(name, found):
    """Adds the package and all that it needs to `found`, by name."""
    try:
        package = distribution(name)
    except PackageNotFoundError:
        # A requirement of another Python or of another system.
        return
    if package.name in found:
        return
    found[package.name] = package
    for requirement in package.requires or []:
        if "extra ==" not in requirement:
            collect(re.match(r"[\w.-]+", requirement).group(), found)


found = {}
collect(sys.argv[1], found)
if not found:
    sys.exit(f"{sys.argv[1]} is not installed")
files = {path.locate().resolve() for package in found.values() for path in package.files}
print(sum(file.stat().st_size for file in files if file.is_file()))
