"""Photos without faces, faces that lie on their side, models that are broken, many threads."""

from __future__ import annotations

import os
import shutil
import sys
from importlib import resources
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from core.analysis import Analyzer, open_analyzer, usable_model
from core.domain import Analysis, PhotoQuery, Status
from core.explaining.maps import canvas, explain
from core.indexer import Indexer
from core.inference.saliency import Target
from core.library.library import Library, open_library
from tests.core.faults.indexed import PATIENCE, photos, scan
from tests.core.inference.conftest import _drawn_face as drawn_face
from tests.making import picture, save_album


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return open_analyzer("nima")


def test_photos_without_a_face_get_the_aesthetic_score_alone_and_the_rest_goes_on(
    library: Library, analyzer: Analyzer, tmp_path: Path
) -> None:
    """B60: no face, half a face, a picture too small for any."""
    album = tmp_path / "album"
    album.mkdir()
    face = drawn_face(480)
    for name, pixels in {
        "portrait.png": face,
        "none.png": picture(1, 480, 320),
        "half.png": face[:, 250:],
        "tiny.png": picture(2, 20, 20),
        "thin.png": picture(3, 940, 40),
    }.items():
        Image.fromarray(np.ascontiguousarray(pixels)).save(album / name)
    scan(library, album, analyzer)
    found = photos(library, analyzer.model_id)
    assert {name for name, photo in found.items() if photo.score} == {
        "portrait.png", "none.png", "half.png", "thin.png",
    }  # fmt: skip
    assert len(found["portrait.png"].faces) == 1
    assert found["none.png"].faces == ()
    assert found["tiny.png"].status is Status.NOT_SCORED
    alone = library.queries.photo_ids(PhotoQuery(analyzer.model_id, portraits_only=True))
    assert found["portrait.png"].id in alone
    assert found["none.png"].id not in alone


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_face_that_lies_on_its_side_is_found_or_is_no_face_and_never_a_wild_score(
    analyzer: Analyzer, corpus: Path, quarters: int
) -> None:
    """B62: one real portrait, turned in its pixels."""
    folder = corpus / "hard" / "F03"
    files = sorted(folder.glob("*.png"))
    if not files:
        pytest.skip("the portrait is not in the corpus")
    from core.files.decode import decode

    upright = decode(files[0], 960, exact=False)
    turned = np.ascontiguousarray(np.rot90(upright.pixels, quarters))
    from core.domain import PhotoMetadata, Picture

    height, width = turned.shape[:2]
    seen = analyzer.analyze_picture(Picture(turned, PhotoMetadata("png", width, height)))
    reference = analyzer.analyze_picture(upright)
    assert seen.score is not None
    assert reference.score is not None
    assert abs(seen.score.mean - reference.score.mean) < 1.5
    assert len(seen.faces) <= 1
    for face in seen.faces:
        x, y = face.box.center
        assert (0 < x < 1, 0 < y < 1) == (True, True)


# --- models that can't be used --------------------------------------------------------------------


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model of the user's own: a copy of a bundled one."""
    with resources.as_file(resources.files("resources") / "models" / "nima") as folder:
        return Path(shutil.copytree(folder, tmp_path / "my-model"))


def _cut(graph: Path) -> None:
    content = graph.read_bytes()
    graph.write_bytes(content[: len(content) // 2])


def _point(graph: Path) -> None:
    graph.write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:0f" + "0" * 62 + "\nsize 9000000\n"
    )


@pytest.mark.parametrize(
    ("breaking", "words"),
    [(os.unlink, "missing"), (_cut, "cut short"), (_point, "pointer")],
)
def test_a_broken_model_is_named_browsing_works_and_a_restored_one_goes_on(
    library: Library, model: Path, tmp_path: Path, breaking: object, words: str
) -> None:
    """B64: removed, cut to half, replaced by a Git LFS pointer."""
    album = tmp_path / "album"
    save_album(album, 2)
    graph = model / "model.onnx"
    whole = graph.read_bytes()
    breaking(graph)  # type: ignore[operator]
    name, model_id, problem = usable_model(model)
    assert (name, problem) == (model, None)
    library.writer.add_album(album).result()
    indexer = Indexer(library, lambda: open_analyzer(model), model_id=model_id)
    indexer.start()
    indexer.scan(album)
    assert indexer.wait_until_idle(PATIENCE)
    note = indexer.progress().notes["model"]
    assert graph.name in note
    assert words in note
    found = photos(library, model_id)
    assert [photo.status for photo in found.values()] == [Status.PENDING] * 2
    library.writer.set_rating([photo.id for photo in found.values()], 3).result()
    graph.write_bytes(whole)
    indexer.resume()
    assert indexer.wait_until_idle(PATIENCE)
    indexer.stop()
    assert {p.status for p in photos(library, model_id).values()} == {Status.SCORED}


def test_a_model_that_is_away_is_replaced_by_the_default_one_with_a_note(tmp_path: Path) -> None:
    """B64: the folder of the user's model is on a drive that is away."""
    model, model_id, problem = usable_model(tmp_path / "away")
    assert model == "fused"
    assert model_id.startswith("fused")
    assert problem is not None
    assert "away" in problem
    assert "fused" in problem


def test_no_network_is_needed_to_analyze(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B64: a whole scan with sockets forbidden."""
    import socket

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", forbidden)
    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    save_album(tmp_path / "album", 2)
    fused = open_analyzer()
    scan(library, tmp_path / "album", fused)
    assert {p.status for p in photos(library, fused.model_id).values()} == {Status.SCORED}


# --- threads and memory ---------------------------------------------------------------------------


def test_four_workers_take_few_threads_and_give_the_same_bits_as_one(
    analyzer: Analyzer, tmp_path: Path
) -> None:
    """B65."""
    album = tmp_path / "album"
    save_album(album, 12)
    for number in range(3):
        Image.fromarray(drawn_face(300 + number)).save(album / f"face-{number}.png")
    before = psutil.Process().num_threads()
    most = [0]

    class Counting:
        model_id = analyzer.model_id

        def analyze(self, path: Path) -> Analysis:
            result = analyzer.analyze(path)
            most[0] = max(most[0], psutil.Process().num_threads())
            return result

    stored = []
    for workers in (1, 4):
        with open_library(tmp_path / f"library-{workers}") as library:
            scan(library, album, Counting(), workers=workers)
            with library.queries.reading() as connection:
                stored.append(
                    connection.exec_driver_sql(
                        "SELECT p.name, a.mean, a.distribution, a.scene_maps, p.likeness, "
                        "(SELECT group_concat(hex(descriptor) || x || y) FROM faces f "
                        " WHERE f.photo_id = p.id) "
                        "FROM photos p JOIN analyses a ON a.photo_id = p.id ORDER BY p.name"
                    ).fetchall()
                )
    assert len(stored[0]) == 15
    assert [tuple(row) for row in stored[0]] == [tuple(row) for row in stored[1]]
    # Four workers, the scan, the save and the writer; nothing that multiplies with the cores.
    assert most[0] - before <= 4 + 3 + 1


@pytest.mark.skipif(sys.platform == "win32", reason="resident memory is counted otherwise there")
def test_five_hundred_heat_maps_in_a_row_leave_no_memory_behind(analyzer: Analyzer) -> None:
    """B66: predicting, and drawing the map of every target."""
    from core.domain import PhotoMetadata, Picture

    seen = Picture(picture(5, 480, 320), PhotoMetadata("png", 480, 320))
    process = psutil.Process()

    def draw(times: int) -> None:
        for _ in range(times):
            score = analyzer.analyze_picture(seen).score
            assert score is not None
            for target in (Target.MEAN, Target.AVERAGE):
                canvas(explain(score, target), 256, 170)

    draw(100)
    before = process.memory_info().rss
    draw(400)
    assert process.memory_info().rss - before < 32e6
