"""keep, undo, history, rate and export as scripts rely on them."""

from __future__ import annotations

import csv
import io
import json
import os
import time
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from core.domain import Flag
from core.files import xmp
from core.settings import Settings, save_settings
from tests.core.cli.conftest import Run
from tests.making import save_album, save_photo


@pytest.fixture
def album(tmp_path: Path) -> Path:
    folder = tmp_path / "album"
    save_album(folder, 5)
    (folder / "broken.jpg").write_bytes(b"")
    return folder


def names(paths: list[str]) -> list[str]:
    return sorted(Path(path).name for path in paths)


def test_a_dry_run_says_all_and_does_nothing(run: Run, album: Path) -> None:
    said = run("keep", 2, album, "--by", "album", "--dry-run")
    assert set(said) == {"groups", "kept", "rejected", "bytes", "journal_id"}
    (group,) = said["groups"]
    assert set(group) == {"id", "kind", "keep", "reject", "too_close"}
    assert group["kind"] == "album"
    assert len(group["keep"]) == 3  # two, and the one that can't be read
    assert str(album / "broken.jpg") in group["keep"]
    assert all(set(one) == {"path", "reason"} and one["reason"] for one in group["reject"])
    assert (said["kept"], said["rejected"], said["journal_id"]) == (3, 3, None)
    assert said["bytes"] == sum(Path(one["path"]).stat().st_size for one in group["reject"])
    assert run("history") == []


def test_keep_then_history_then_undo(run: Run, album: Path) -> None:
    done = run("keep", 2, album, "--by", "album", "--rejects", "move")
    assert len(list((album / "_rejected").iterdir())) == 3
    (entry,) = run("history")
    assert entry["id"] == done["journal_id"]
    assert (entry["files"], entry["undone"]) == (3, False)
    undone = run("undo", done["journal_id"])
    assert (undone["restored"], undone["unrestored"]) == (3, [])
    assert len(list(album.glob("*.jpg"))) == 6
    assert run("history")[0]["undone"]
    assert all(photo["flag"] is None for photo in run("list", album))


def test_flagging_is_the_default(run: Run, album: Path) -> None:
    run("keep", 1, album, "--by", "album")
    flags = [photo["flag"] for photo in run("list", album)]
    assert flags.count("reject") == 4
    assert len(list(album.iterdir())) == 6


def test_undo_that_is_blocked_says_so_and_exits_with_one(run: Run, album: Path) -> None:
    done = run("keep", 1, album, "--by", "album", "--rejects", "move")
    gone = next(iter((album / "_rejected").iterdir())).name
    (album / gone).write_bytes(b"new")
    undone = run("undo", code=1)
    assert undone["id"] == done["journal_id"]
    assert names([one["path"] for one in undone["unrestored"]]) == [gone]


@pytest.mark.parametrize(
    "words",
    [
        ("keep", "0", "album"),
        ("keep", "2", "nowhere"),
        ("keep", "2", "album", "--by", "colour"),
        ("undo",),
        ("undo", "99"),
        ("rate", "album/photo-0001.jpg"),
        ("rate", "album/photo-0001.jpg", "--stars", "6"),
        ("rate", "album/photo-0001.jpg", "--pick", "--reject"),
        ("export", "album", "-o", "album/best"),
    ],
)
def test_wrong_usage_is_refused_with_two(
    run: Run, album: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(album.parent)
    assert isinstance(run(*words, code=2), str)


def test_rate_gives_stars_and_flags_that_show_and_can_be_undone(run: Run, album: Path) -> None:
    photo = album / "photo-0001.jpg"
    (rated,) = run("rate", photo, "--stars", "4", "--pick")
    assert (rated["rating"], rated["flag"]) == (4, "pick")
    assert run("show", photo)["rating"] == 4
    assert run("rate", photo, "--clear")[0] == {
        "path": str(photo), "rating": 0, "flag": None, "color": None,
    }  # fmt: skip
    run("undo")
    assert run("show", photo)["flag"] == "pick"


def test_a_pick_is_kept_whatever_its_score(run: Run, album: Path) -> None:
    worst = run("rank", album, "--bottom", 1)[0]["path"]
    run("rate", worst, "--pick")
    said = run("keep", 1, album, "--by", "album", "--dry-run")
    assert worst in said["groups"][0]["keep"]


def test_raw_and_sidecar_count_with_their_photo(run: Run, tmp_path: Path) -> None:
    album = tmp_path / "album"
    for photo in save_album(album, 3):
        photo.with_suffix(".xmp").write_text("sidecar")
    run("keep", 1, album, "--by", "album", "--rejects", "move")
    assert len(list((album / "_rejected").glob("*.xmp"))) == 2


def test_stars_go_to_sidecars_only_when_asked_and_come_back_in(run: Run, album: Path) -> None:
    photo = album / "photo-0001.jpg"
    run("scan", album)
    run("rate", photo, "--stars", 3)
    assert list(album.glob("*.xmp")) == []
    assert run("metadata", album, "--write", "sidecar")["changed"] == 1
    sidecar = album / "photo-0001.jpg.xmp"
    sidecar.write_text(sidecar.read_text("utf-8").replace('Rating="3"', 'Rating="5"'), "utf-8")
    later = time.time() + 60
    os.utime(sidecar, (later, later))
    assert run("metadata", album, "--read")["changed"] == 1
    assert run("show", photo)["rating"] == 5
    run("metadata", album, code=2)


# --- export ---------------------------------------------------------------------------------------


def test_copies_come_in_rank_order_and_rejects_stay_out(
    run: Run, album: Path, tmp_path: Path
) -> None:
    (album / "broken.jpg").unlink()
    best = [Path(photo["path"]) for photo in run("rank", album)]
    run("rate", best[1], "--reject")
    out = tmp_path / "out"
    done = run("export", album, "-o", out)
    assert done["photos"] == 4
    kept = [best[0], *best[2:]]
    assert sorted(path.name for path in out.iterdir()) == [
        f"{rank:03}_{path.name}" for rank, path in enumerate(kept, start=1)
    ]
    assert (out / f"001_{best[0].name}").read_bytes() == best[0].read_bytes()
    again = run("export", album, "-o", out, "--top", 1, code=1)
    assert "in the folder already" in again["failed"][0]["reason"]


def test_links_share_the_file(run: Run, album: Path, tmp_path: Path) -> None:
    run("export", album, "-o", tmp_path / "out", "--as", "link", "--top", 2)
    for link in (tmp_path / "out").iterdir():
        assert link.stat().st_ino == (album / link.name[4:]).stat().st_ino


def test_resized_copies_are_jpegs_of_that_size(run: Run, tmp_path: Path) -> None:
    album = tmp_path / "album"
    save_photo(album / "wide.png", width=400, height=200)
    run("export", album, "-o", tmp_path / "out", "--resize", 100)
    with Image.open(tmp_path / "out" / "001_wide.jpg") as picture:
        assert picture.size == (100, 50)
        assert picture.format == "JPEG"


def test_an_archive_holds_the_files(run: Run, album: Path, tmp_path: Path) -> None:
    (album / "broken.jpg").unlink()
    run("export", album, "-o", tmp_path / "best.zip", "--top", 3)
    with zipfile.ZipFile(tmp_path / "best.zip") as archive:
        found = {name[4:]: archive.read(name) for name in archive.namelist()}
    assert len(found) == 3
    assert all((album / name).read_bytes() == content for name, content in found.items())
    run("export", album, "-o", tmp_path / "best.zip", code=2)


def test_tables_hold_every_photo(run: Run, album: Path, tmp_path: Path) -> None:
    run("export", album, "-o", tmp_path / "t.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "t.csv").read_text("utf-8"))))
    assert [row["rank"] for row in rows] == list("123456")
    assert rows[-1]["status"] == "unreadable"
    assert float(rows[0]["score"]) >= float(rows[1]["score"])
    run("export", album, "-o", tmp_path / "t.json")
    photos = json.loads((tmp_path / "t.json").read_text("utf-8"))
    assert [photo["rank"] for photo in photos] == [1, 2, 3, 4, 5, 6]
    assert {"mean", "reasons", "path"} <= set(photos[0])


def test_a_contact_sheet_is_a_pdf_with_its_pages(run: Run, tmp_path: Path) -> None:
    album = tmp_path / "album"
    save_album(album, 21)
    run("export", album, "-o", tmp_path / "sheet.pdf")
    content = (tmp_path / "sheet.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    assert content.count(b"/Type /Page\n") == 2 or b"/Count 2" in content


def test_a_web_page_shows_the_best_and_names_are_harmless(run: Run, tmp_path: Path) -> None:
    album = tmp_path / "album"
    save_photo(album / "a <b>&'x'.jpg")
    run("export", album, "-o", tmp_path / "web", "--as", "web", "--title", "Anna & Bob <3")
    html = (tmp_path / "web" / "index.html").read_text("utf-8")
    assert "<title>Anna &amp; Bob &lt;3</title>" in html
    assert "a <b>" not in html
    assert len(list((tmp_path / "web" / "photos").iterdir())) == 1
    assert "http" not in html.replace("http-equiv", "")


@pytest.fixture
def corpus() -> Path:
    folder = Path(__file__).parents[3].parent / "shared" / "corpus" / "portraits"
    if not folder.is_dir():
        pytest.skip("the photo corpus is not beside the checkout")
    return folder


def test_one_sitting_is_one_group_of_eight_and_three_stay(run: Run, corpus: Path) -> None:
    said = run("keep", 3, corpus / "P01", "--by", "burst", "--dry-run")
    (group,) = said["groups"]
    assert (len(group["keep"]), len(group["reject"])) == (3, 5)
    assert (said["kept"], said["rejected"]) == (3, 5)


@pytest.mark.parametrize("series", ["P03", "P05"])
def test_portraits_of_several_people_are_not_lumped_together(
    run: Run, corpus: Path, series: str
) -> None:
    said = run("keep", 1, corpus / series, "--by", "burst", "--dry-run")
    assert said["groups"] == []
    assert said["rejected"] == 0


def test_where_metadata_is_written_keep_and_undo_write_it(
    run: Run, album: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALBUMEN_CONFIG", str(tmp_path / "config"))
    save_settings(Settings(metadata="sidecar"))
    done = run("keep", 2, album, "--by", "album")
    rejected = [Path(one["path"] + ".xmp") for one in done["groups"][0]["reject"]]
    assert {xmp.read(path).flag for path in rejected} == {Flag.REJECT}
    run("undo")
    assert {xmp.read(path).flag for path in rejected} == {None}
    run("metadata", album, "--read")
    assert all(photo["flag"] is None for photo in run("list", album))


def test_groups_are_told_by_hand_and_taken_back(run: Run, tmp_path: Path) -> None:
    album = tmp_path / "burst"
    for number in range(3):
        save_photo(album / f"IMG_{number}.jpg", seed=1, width=400, height=300)
        Image.open(album / "IMG_0.jpg").save(album / f"IMG_{number}.jpg", quality=60 + number)

    def grouped() -> list[list[str]]:
        said = run("keep", 1, album, "--dry-run")["groups"]
        return [names([*group["keep"], *(r["path"] for r in group["reject"])]) for group in said]

    every = ["IMG_0.jpg", "IMG_1.jpg", "IMG_2.jpg"]
    assert grouped() == [every]
    told = run("group", album / "IMG_0.jpg", "--split")
    assert grouped() == [every[1:]]
    run("group", *(album / name for name in every), "--apart")
    assert grouped() == []
    run("group", *(album / name for name in every), "--together")
    assert grouped() == [every]
    assert [entry["kind"] for entry in run("history")] == ["groups"] * 3
    for _ in range(3):
        run("undo")
    assert grouped() == [every]
    assert told["journal_id"] == 1
    run("group", album / "IMG_0.jpg", "--split", "--apart", code=2)
