"""Long work shows how far it is, and stops within a second when the user asks for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import maillage as ml

# A network whose matrix takes many seconds, in a process of its own.
LONG_WORK = """
import sys, time
import numpy as np, pandas as pd
import maillage as ml

size = 250
row, column = np.divmod(np.arange(size * size), size)
nodes = pd.DataFrame(
    {"id": np.arange(size * size), "lon": 5 + 0.002 * column, "lat": 45 + 0.002 * row}
)
east = np.flatnonzero(column < size - 1)
north = np.flatnonzero(row < size - 1)
start = np.concatenate([east, north, east + 1, north + size])
end = np.concatenate([east + 1, north + size, east, north])
seconds = np.random.default_rng(1).integers(1, 60, len(start))
roads = ml.build_roads(nodes, pd.DataFrame({"from": start, "to": end, "time_s": seconds}))
points = pd.DataFrame({"id": np.arange(size * size), "node": np.arange(size * size)})
is_told = False

def tell(step, done, total):
    global is_told
    if done > 0 and not is_told:
        is_told = True
        print("busy", flush=True)

how = {"progress": tell} if "callback" in sys.argv else {}
if not how:
    print("busy", flush=True)
try:
    if "prepare" in sys.argv:
        for _ in range(20):  # several, should one be too quick
            roads._hierarchy = None
            roads.prepare(**how)
    elif "nearest" in sys.argv:
        roads.nearest(points, points.head(2000), k=255, **how)
    else:
        roads.travel_time_matrix(points.head(20_000), points.head(500), **how)
except KeyboardInterrupt:
    print("stopped", time.monotonic(), flush=True)
else:
    print("finished", flush=True)
"""


@pytest.mark.parametrize(
    "words",
    [["matrix"], ["matrix", "callback"], ["nearest", "callback"], ["prepare", "callback"]],
    ids=" ".join,
)
def test_ctrl_c_stops_within_a_second(words, tmp_path):
    script = tmp_path / "work.py"
    script.write_text(LONG_WORK)
    child = subprocess.Popen(
        [sys.executable, str(script), *words], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    try:
        assert child.stdout.readline() == "busy\n"
        if "callback" not in words:
            time.sleep(1.0)
        asked = time.monotonic()
        child.send_signal(signal.SIGINT)
        said, *rest = child.stdout.readline().split()
        assert said == "stopped"
        assert float(rest[0]) - asked < 1.0
        assert child.wait(timeout=20) == 0
    finally:
        child.kill()
        child.wait()


@pytest.fixture(scope="module")
def town() -> tuple[ml.RoadNetwork, pd.DataFrame]:
    """A ring of 20,000 crossings: a search of it takes milliseconds."""
    n = 20_000
    angle = 2 * np.pi * np.arange(n) / n
    nodes = pd.DataFrame({"id": np.arange(n), "lon": 9 + np.sin(angle), "lat": 42 + np.cos(angle)})
    start, end = np.arange(n), (np.arange(n) + 1) % n
    chord = (np.arange(n) + n // 3) % n
    edges = pd.DataFrame(
        {
            "from": np.concatenate([start, end, start]),
            "to": np.concatenate([end, start, chord]),
            "time_s": np.concatenate([np.full(2 * n, 10), np.full(n, 30_000)]),
        }
    )
    points = pd.DataFrame({"id": np.arange(n), "node": np.arange(n)})
    return ml.build_roads(nodes, edges), points


def test_long_work_says_how_far_it_is(town):
    roads, points = town
    said: list[tuple[str, int, int]] = []
    roads.travel_time_matrix(  # so few origins that each is a search
        points.head(290), points[::2000], progress=lambda *now: said.append(now)
    )
    assert len(said) > 2
    matrix = [(done, total) for step, done, total in said if step == "finding travel times"]
    assert {total for _, total in matrix} == {290}
    done = [d for d, _ in matrix]
    assert done == sorted(done)
    assert 0 <= done[0] < done[-1] <= 290


def test_progress_does_not_change_the_answer(town):
    roads, points = town
    calm = roads.travel_time_matrix(points.head(5), points.head(5))
    watched = roads.travel_time_matrix(points.head(5), points.head(5), progress=lambda *_: None)
    pd.testing.assert_frame_equal(calm, watched)


def test_an_error_of_the_callback_stops_the_work_and_comes_through(town):
    roads, points = town

    def refuse(step: str, done: int, total: int) -> None:
        raise LookupError("enough")

    started = time.monotonic()
    with pytest.raises(LookupError, match="enough"):
        roads.travel_time_matrix(points, points.head(100), progress=refuse)
    assert time.monotonic() - started < 5
    # and the network is as good as before
    assert roads.travel_time_matrix(points.head(1), points.head(2))["travel_time"][1] > 0


def test_work_in_a_thread_of_the_caller(town):
    roads, points = town
    answers = []

    def work() -> None:
        answers.append(roads.travel_time_matrix(points.head(20), points.head(20)))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 3
    for other in answers[1:]:
        pd.testing.assert_frame_equal(answers[0], other)


def test_nobody_looks_on_and_nothing_is_shown(town, capfd):
    roads, points = town
    roads.travel_time_matrix(points.head(200), points.head(5))
    assert capfd.readouterr() == ("", "")


def test_a_bar_in_a_notebook_needs_no_widgets(tmp_path):
    """The bar is drawn below the cell after a second of work, and is empty at the end."""
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    code = """
        import time
        from maillage.progress import report_progress
        with report_progress() as report:
            report("too early", 1, 4)
            time.sleep(1.1)
            for done in range(1, 5):
                report("counting <roads>", done, 4)
                time.sleep(0.25)
    """
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(textwrap.dedent(code))])
    drawn = []
    client = nbclient.NotebookClient(notebook, timeout=60)
    original = client.process_message

    def look(message, cell, index):
        drawn.append(str(message["content"].get("data", {}).get("text/html", "")))
        return original(message, cell, index)

    client.process_message = look
    client.execute()
    shown = [text for text in drawn if text]
    assert len(shown) == 4
    assert "counting &lt;roads&gt;" in shown[0]
    assert "25 %" in shown[0]
    assert notebook.cells[0].outputs[0]["data"]["text/html"] == ""
    assert len(notebook.cells[0].outputs) == 1


def test_a_terminal_is_told_apart_from_a_pipe(tmp_path):
    """In a pipe nothing is written beside the answer; in a terminal the bar goes to stderr."""
    pty = pytest.importorskip("pty")
    script = tmp_path / "work.py"
    script.write_text(
        "import time\n"
        "from maillage.progress import report_progress\n"
        "with report_progress() as report:\n"
        "    time.sleep(1.2)\n"
        "    if report: report('counting', 1, 2)\n"
        "    time.sleep(0.2)\n"
        "print('answer')\n"
    )
    piped = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert (piped.stdout, piped.stderr) == ("answer\n", "")
    shown = run_in_terminal(pty, script)
    assert "counting" in shown


def run_in_terminal(pty, script: Path) -> str:
    """What a script writes to standard error when that is a terminal."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(theirs)
    written = b""
    try:
        while chunk := os.read(ours, 4096):
            written += chunk
    except OSError:  # the other end is closed
        pass
    child.wait()
    os.close(ours)
    return written.decode(errors="replace")
