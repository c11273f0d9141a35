"""The command `maillage`.

    app.py       the command itself: version, errors in one line, exit codes
    options.py   arguments and options that several commands share, and what they mean
    check.py     maillage check
    load.py      maillage load
    guarantee.py maillage guarantee
    parameters.py  maillage parameters
    results.py   maillage nearest | exposure | compare
    demo.py      maillage demo
    synth.py     maillage synth
    transit.py   maillage transit check
    transit_times.py  maillage transit journey | matrix

Exit codes of every command: 0 done; 1 the answer of a check is no (`guarantee`: a rule fails);
2 the command was not understood or its input is wrong; 3 a fault of maillage, or not enough memory;
130 interrupted.
"""

from maillage.cli.app import app, main

__all__ = ["app", "main"]
