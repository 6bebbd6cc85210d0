"""Runs in the frozen program before anything else."""

import os

# The loader needed these for the bundle's own libraries. Programs that we start (a file manager,
# the decoder's own start sets them anew) must get the user's.
for _name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LIBPATH"):
    _before = os.environ.pop(f"{_name}_ORIG", None)
    if _before is not None:
        os.environ[_name] = _before
    else:
        os.environ.pop(_name, None)
