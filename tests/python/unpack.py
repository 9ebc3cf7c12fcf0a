"""Unpacks a zip as Lambda does, with the modes that stand in it: `unpack.py ZIP FOLDER`."""

import os
import sys
import zipfile

with zipfile.ZipFile(sys.argv[1]) as archive:
    for entry in archive.infolist():
        os.chmod(archive.extract(entry, sys.argv[2]), entry.external_attr >> 16)
