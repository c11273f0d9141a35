"""The command `maillage`.

    app.py       the command itself: version, errors in one line, exit codes
    options.py   arguments and options that several commands share, and what they mean
    check.py     maillage check
    results.py   maillage nearest | exposure | compare
    demo.py      maillage demo
    synth.py     maillage synth
    transit.py   maillage transit check

Exit codes: 0 done; 1 something in the input stops it; 2 the command was not understood;
130 interrupted.
"""

from maillage.cli.app import app, main

__all__ = ["app", "main"]
