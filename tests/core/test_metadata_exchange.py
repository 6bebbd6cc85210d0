"""While the window is open: what the user says goes out, what other programs say comes in."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from core.analysis import open_analyzer
from core.curation.apply import Rejects, apply
from core.curation.plan import preview
from core.curation.undo import Undone, undo
from core.domain import ColorLabel, Flag, LibraryChange, Status
from core.files import xmp
from core.files.identity import fingerprint
from core.files.watch import FolderWatcher
from core.files.xmp import XmpJudgement
from core.grouping.groups import Grouping
from core.indexer import Indexer
from core.library.library import Library, open_library
from core.metadata_exchange import MetadataExchange
from core.metadata_xmp import Exchange, read_in
from core.settings import Settings
from core.watching import AlbumWatcher
from tests.core.curation.made_album import MODEL, Shot, build
from tests.making import save_album

PATIENCE = 60.0
BOTH = Settings(metadata="sidecar", metadata_read=True)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        yield opened


class Desk:
    """A library with its exchange running; remembers what it was told."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.told: list[Exchange] = []
        self.exchange = MetadataExchange(library, BOTH, self.told.append)
        self.exchange.start()

    def settle(self) -> None:
        assert self.exchange.wait_until_idle(PATIENCE)

    def undo(self, entry: int | None = None) -> Undone:
        with self.exchange.held():
            done = undo(self.library, entry)
            self.exchange.take_back(done.photo_ids)
        self.settle()
        return done

    def judgement(self, photo_id: int) -> tuple[int, Flag | None, ColorLabel | None]:
        row = self.library.queries.photo_rows([photo_id], MODEL)[photo_id]
        return row.rating, row.flag, row.color


@pytest.fixture
def desk(library: Library) -> Iterator[Desk]:
    opened = Desk(library)
    yield opened
    opened.exchange.stop()


def newer(path: Path) -> Path:
    """As if another program had saved it a minute later."""
    os.utime(path, (time.time() + 60, time.time() + 60))
    return path


def test_nothing_is_written_while_it_is_switched_off(desk: Desk, tmp_path: Path) -> None:
    (photo,) = build(desk.library, tmp_path / "album", [Shot("a.jpg")])
    desk.exchange.use(Settings())
    desk.library.writer.set_rating([photo], 4).result()
    desk.settle()
    desk.exchange.use(BOTH)
    desk.settle()
    assert not list((tmp_path / "album").glob("*.xmp"))  # nor what was said before


def test_stars_given_and_done_again_stand_in_the_sidecar(desk: Desk, tmp_path: Path) -> None:
    (photo,) = build(desk.library, tmp_path / "album", [Shot("a.jpg")])
    sidecar = tmp_path / "album" / "a.jpg.xmp"
    desk.library.writer.set_rating([photo], 4).result()
    desk.settle()
    assert xmp.read(sidecar).rating == 4
    desk.undo()
    assert not xmp.read(sidecar).rating
    desk.library.writer.redo().result()
    desk.settle()
    assert xmp.read(sidecar).rating == 4


def test_a_colour_that_was_taken_off_does_not_come_back(desk: Desk, tmp_path: Path) -> None:
    (photo,) = build(desk.library, tmp_path / "album", [Shot("a.jpg")])
    sidecar = tmp_path / "album" / "a.jpg.xmp"
    desk.library.writer.set_color([photo], ColorLabel.RED).result()
    desk.settle()
    assert xmp.read(sidecar).color is ColorLabel.RED
    desk.library.writer.set_color([photo], None).result()
    desk.settle()
    assert xmp.read(sidecar).color is None
    xmp.write(sidecar, XmpJudgement(rating=2))
    desk.exchange.look_at(newer(sidecar))
    desk.settle()
    assert desk.judgement(photo) == (2, None, None)


@pytest.mark.parametrize("rating", [0, 3])
def test_an_undone_curation_is_not_read_back_as_a_reject(
    desk: Desk, tmp_path: Path, rating: int
) -> None:
    album = tmp_path / "album"
    shots = [Shot("a.jpg", 6.0), Shot("b.jpg", 4.0)]
    _, worse = build(desk.library, album, shots)
    if rating:  # a judgement that comes back is as old as it was: older than the sidecar
        desk.library.writer.set_flag([worse], Flag.REJECT).result()
        desk.library.writer.set_rating([worse], rating).result()
        desk.library.writer.set_flag([worse], None).result()
        desk.library.writer.set_rating([worse], 0).result()
    desk.settle()  # a sidecar that is written after the preview would be one that changed
    plan = preview(desk.library, MODEL, 1, Grouping.ALBUM, folder=album)
    done = apply(desk.library, plan, Rejects.FLAG)
    desk.settle()
    assert xmp.read(album / "b.jpg.xmp").flag is Flag.REJECT
    desk.undo(done.journal_id)
    assert xmp.read(album / "b.jpg.xmp").flag is None
    assert desk.judgement(worse) == (0, None, None)
    desk.exchange.look_at(newer(album / "b.jpg.xmp"))
    desk.exchange.look_at(album)
    desk.settle()
    assert desk.judgement(worse) == (0, None, None)
    assert not (album / "a.jpg.xmp").exists()  # it was never judged


def test_moved_rejects_take_their_sidecar_along_and_come_back_unrejected(
    desk: Desk, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    _, worse = build(desk.library, album, [Shot("a.jpg", 6.0), Shot("b.jpg", 4.0)])
    xmp.write(album / "b.jpg.xmp", XmpJudgement(rating=0, color=ColorLabel.BLUE))
    desk.exchange.look_at(album / "b.jpg.xmp")
    desk.settle()
    assert desk.judgement(worse)[2] is ColorLabel.BLUE
    before = (album / "b.jpg.xmp").read_bytes()
    plan = preview(desk.library, MODEL, 1, Grouping.ALBUM, folder=album)
    with desk.exchange.held():  # a sidecar that says "reject" would not be the one of the preview
        done = apply(desk.library, plan, Rejects.MOVE)
    desk.settle()
    assert done.rejected == 1
    assert not (album / "b.jpg.xmp").exists()
    desk.undo(done.journal_id)
    desk.exchange.look_at(newer(album / "b.jpg.xmp"))
    desk.settle()
    assert desk.judgement(worse) == (0, None, ColorLabel.BLUE)
    assert (album / "b.jpg.xmp").read_bytes() == before


def test_who_gave_stars_to_a_reject_elsewhere_wants_it_back(desk: Desk, tmp_path: Path) -> None:
    (photo,) = build(desk.library, tmp_path / "album", [Shot("a.jpg")])
    sidecar = tmp_path / "album" / "a.jpg.xmp"
    desk.library.writer.set_flag([photo], Flag.REJECT).result()
    desk.settle()
    content = sidecar.read_text("utf-8")
    assert content.count('xmp:Rating="-1"') == 1
    sidecar.write_text(content.replace('xmp:Rating="-1"', 'xmp:Rating="3"'), "utf-8")
    desk.exchange.look_at(newer(sidecar))
    desk.settle()
    assert desk.judgement(photo) == (3, None, None)


def test_a_sidecar_that_says_the_same_is_left_to_its_program(desk: Desk, tmp_path: Path) -> None:
    (photo,) = build(desk.library, tmp_path / "album", [Shot("a.jpg")])
    sidecar = tmp_path / "album" / "a.jpg.xmp"
    xmp.write(sidecar, XmpJudgement(rating=5))
    sidecar.write_text(sidecar.read_text("utf-8").replace('"5"', '"-1"'), "utf-8")
    before = sidecar.read_bytes()
    desk.exchange.look_at(sidecar)
    desk.settle()
    assert desk.judgement(photo) == (0, Flag.REJECT, None)
    assert sidecar.read_bytes() == before
    assert [done.changed for done in desk.told] == [1]
    desk.undo()  # all that was taken over is one entry
    assert desk.judgement(photo) == (0, None, None)


def test_what_came_while_the_program_was_closed_is_read_at_the_first_look(
    desk: Desk, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    first, second = build(desk.library, album, [Shot("a.jpg"), Shot("sub/B.JPG")])
    xmp.write(album / "a.xmp", XmpJudgement(rating=2))
    xmp.write(album / "sub" / "b.jpg.xmp", XmpJudgement(rating=4))
    desk.exchange.look_at(album)
    desk.settle()
    assert desk.judgement(first)[0] == 2
    assert desk.judgement(second)[0] == 4


def test_what_was_there_before_is_read_once_reading_is_switched_on(
    desk: Desk, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    (photo,) = build(desk.library, album, [Shot("a.jpg")])
    desk.exchange.use(Settings())
    xmp.write(album / "a.xmp", XmpJudgement(rating=4))
    desk.exchange.look_at(album / "a.xmp")
    desk.settle()
    assert desk.judgement(photo)[0] == 0
    desk.exchange.use(BOTH)
    desk.settle()
    assert desk.judgement(photo)[0] == 4


def test_a_colour_written_into_the_photo_costs_it_neither_score_nor_identity(
    desk: Desk, tmp_path: Path
) -> None:
    album = tmp_path / "album"
    Image.effect_noise((96, 64), 70).convert("RGB").save(tmp_path / "made.jpg")
    content = (tmp_path / "made.jpg").read_bytes()
    (photo,) = build(desk.library, album, [Shot("c.jpg", content=content)])
    desk.exchange.use(Settings(metadata="embedded", metadata_read=True))
    desk.library.writer.set_color([photo], ColorLabel.GREEN).result()
    desk.exchange.stop()  # what was said is written before it ends
    file = album / "c.jpg"
    assert xmp.read(file).color is ColorLabel.GREEN
    assert file.read_bytes() != content
    assert desk.library.queries.photo_rows([photo], MODEL)[photo].status is Status.SCORED
    known = desk.library.queries.files_by_id([photo])[photo]
    assert (known.size, known.mtime_ns) == (file.stat().st_size, file.stat().st_mtime_ns)
    assert known.fingerprint == fingerprint(file)
    assert read_in(desk.library, [photo]).changed == 0


def test_a_failure_is_told_and_the_next_photo_is_written(desk: Desk, tmp_path: Path) -> None:
    album = tmp_path / "album"
    first, second = build(desk.library, album, [Shot("a.jpg"), Shot("b.jpg")])
    (album / "a.xmp").write_bytes(b"junk")
    desk.library.writer.set_rating([first, second], 4).result()
    desk.settle()
    assert [list(done.failed) for done in desk.told] == [[album / "a.jpg"]]
    assert xmp.read(album / "b.jpg.xmp").rating == 4


def test_the_watcher_sees_sidecars_of_other_programs(tmp_path: Path) -> None:
    """Real events: a sidecar appears and is saved again, and its photo is never scored anew."""
    analyzer = open_analyzer("nima")
    folder = tmp_path / "album"
    (path,) = save_album(folder, 1)
    changed = threading.Condition()

    def note(_: LibraryChange) -> None:
        with changed:
            changed.notify_all()

    with open_library(tmp_path / "library") as library:
        indexer = Indexer(library, lambda: analyzer, model_id=analyzer.model_id)
        exchange = MetadataExchange(library, Settings(metadata_read=True))
        watcher = AlbumWatcher(
            library,
            indexer,
            lambda change, rescan, told: FolderWatcher(
                change, on_rescan=rescan, on_note=told, settle_s=0.1, check_s=0.2
            ),
        )
        watcher.on_look = exchange.look_at
        unsubscribe = library.writer.subscribe(note)
        exchange.start()
        indexer.start()
        watcher.start()
        library.writer.add_album(folder).result()

        def until(status: Status, rating: int) -> None:
            def is_so() -> bool:
                found = library.queries.photo_by_path(path, analyzer.model_id)
                return found is not None and (found.status, found.rating) == (status, rating)

            with changed:
                assert changed.wait_for(is_so, PATIENCE)

        try:
            until(Status.SCORED, 0)
            xmp.write(path.with_suffix(".xmp"), XmpJudgement(rating=3))
            until(Status.SCORED, 3)
            xmp.write(path.with_suffix(".xmp"), XmpJudgement(rating=5))
            newer(path.with_suffix(".xmp"))
            until(Status.SCORED, 5)
        finally:
            unsubscribe()
            watcher.stop()
            indexer.stop()
            exchange.stop()
