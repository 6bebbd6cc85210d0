"""An archive scored by a real cluster of two workers, one of which is killed half-way."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.analysis import open_analyzer
from core.archive.bring_in import import_archive
from core.archive.listing import ArchiveError, make_listing, read_listing, read_part
from core.archive.score import part_file, score_part
from core.domain import PhotoQuery, Status
from core.errors import UsageError
from core.inference.precision import Precision
from core.library.library import open_library
from tests.making import save_album, save_photo

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("dask", "distributed", "pyarrow")),
    reason="the extra “archive” is not installed",
)

ROOT = Path(__file__).resolve().parents[3]

DRIVER = """
import json, os, signal, sys, threading, time
from pathlib import Path
from core.archive.score import part_file, score_archive
from distributed import Client, LocalCluster

def main():
    out, kill = Path(sys.argv[1]), sys.argv[2] == "kill"
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True,
                      dashboard_address=None) as cluster, Client(cluster) as client:
        victim = client.run(os.getpid) if kill else {}
        killed = threading.Event()

        def progress(done, total):
            # The first part is finished, others are under way: one of the two workers dies.
            if victim and done and not killed.is_set():
                killed.set()
                os.kill(sorted(victim.values())[0], signal.SIGKILL)

        result = score_archive(out, client, progress)
    print(json.dumps({"scored": result.scored, "unreadable": result.unreadable,
                      "skipped": result.skipped_parts, "failed": list(result.failed_parts),
                      "killed": killed.is_set()}))

if __name__ == "__main__":
    main()
"""


def run_cluster(folder: Path, out: Path, *, kill: bool) -> dict[str, object]:
    driver = folder / "driver.py"
    driver.write_text(DRIVER)
    done = subprocess.run(
        [sys.executable, "-P", driver, out, "kill" if kill else ""],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=240,
    )
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def listed(root: Path, out: Path, part_files: int = 4) -> None:
    model_id = open_analyzer("nima").model_id
    make_listing(out, root, "nima", model_id, Precision.EXACT.value, part_files)


def test_a_killed_worker_costs_nothing_and_a_restart_does_only_what_is_left(
    tmp_path: Path,
) -> None:
    root, out = tmp_path / "archive", tmp_path / "scores"
    save_album(root / "one", 12)
    save_album(root / "two", 11, start=20)
    (root / "two" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no photo")
    listed(root, out)
    assert run_cluster(tmp_path, out, kill=True) == {
        "scored": 23, "unreadable": 1, "skipped": 0, "failed": [], "killed": True,
    }  # fmt: skip
    parts = [part_file(out, number) for number in range(6)]
    before = {path: path.stat().st_mtime_ns for path in parts}
    parts[2].unlink()
    again = run_cluster(tmp_path, out, kill=False)
    assert (again["scored"], again["skipped"]) == (
        4 - again["unreadable"],  # type: ignore[operator]
        5,
    )
    changed = {path for path in parts if path.stat().st_mtime_ns != before[path]}
    assert changed == {parts[2]}

    model = read_listing(out).model_id
    with open_library(tmp_path / "library") as library:
        imported = import_archive(library, out)
        assert (imported.photos, imported.new, imported.stored) == (24, 24, 24)
        ids = library.queries.photo_ids(PhotoQuery(model, statuses=frozenset(Status)))
        photos = {p.path: p for p in library.queries.photos(ids.tolist(), model, maps=True)}
        assert library.queries.pending_count(model) == 0
        broken = photos.pop(root / "two" / "broken.jpg")
        assert (broken.status, broken.score) == (Status.UNREADABLE, None)
        assert broken.reason
        analyzer = open_analyzer("nima", Precision.EXACT)
        for path, photo in photos.items():
            fresh = analyzer.analyze(path)
            assert photo.score is not None
            assert fresh.score is not None
            assert photo.score.mean == pytest.approx(fresh.score.mean, abs=1e-5)
            assert photo.score.scene_maps is not None
            assert photo.metadata == fresh.metadata
            assert library.thumbnails.get(photo.id) == fresh.thumbnail
        once_more = import_archive(library, out)
        assert (once_more.new, library.queries.pending_count(model)) == (0, 0)


def test_what_happened_to_files_since_the_listing_is_a_reason(tmp_path: Path) -> None:
    root, out = tmp_path / "archive", tmp_path / "scores"
    save_album(root, 3)
    listed(root, out)
    (root / "photo-0000.jpg").unlink()
    save_photo(root / "photo-0001.jpg", seed=9, width=200)
    result = score_part(str(out), 0)
    assert (result.scored, result.unreadable) == (1, 2)
    with open_library(tmp_path / "library") as library:
        import_archive(library, out)
        model = read_listing(out).model_id
        reasons = {
            path.name: photo.reason
            for path in sorted(root.parent.joinpath("archive").iterdir())
            if (photo := library.queries.photo_by_path(path, model)) is not None
        }
    assert reasons["photo-0001.jpg"] == "the file changed after the archive was listed"
    assert reasons["photo-0002.jpg"] is None


def test_a_library_that_knows_a_newer_file_keeps_what_it_has(tmp_path: Path) -> None:
    root, out = tmp_path / "archive", tmp_path / "scores"
    (path,) = save_album(root, 1)
    listed(root, out)
    score_part(str(out), 0)
    with open_library(tmp_path / "library") as library:
        import_archive(library, out)
        photo = library.queries.photo_by_path(path, read_listing(out).model_id)
        assert photo is not None
        (state,) = read_part(out, 0)
        newer = type(state)(path, state.size + 1, state.mtime_ns + 1, state.inode, state.device)
        from core.library.file_writes import FileChanges

        library.writer.apply_files(FileChanges(None, changed=[(photo.id, newer)])).result()
        assert import_archive(library, out).stored == 0
        assert library.queries.pending_count(read_listing(out).model_id) == 1


def test_a_folder_of_results_belongs_to_one_archive_and_model(tmp_path: Path) -> None:
    out = tmp_path / "scores"
    save_album(tmp_path / "a", 1)
    save_album(tmp_path / "b", 1)
    listed(tmp_path / "a", out)
    listed(tmp_path / "a", out)
    with pytest.raises(UsageError, match="choose another folder"):
        listed(tmp_path / "b", out)
    with pytest.raises(ArchiveError, match="holds no listing"):
        read_listing(tmp_path / "nothing")
