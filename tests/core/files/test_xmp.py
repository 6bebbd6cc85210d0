"""What other programs read from our metadata, and what survives of theirs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from core.domain import ColorLabel, Flag
from core.files import xmp
from core.files.xmp import XmpError, XmpJudgement

DARKTABLE = """<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"
    xmlns:darktable="http://darktable.sf.net/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:made="http://example.org/made-up/"
   xmp:Rating="1"
   xmpMM:DerivedFrom="IMG_1.CR2"
   darktable:xmp_version="5"
   darktable:auto_presets_applied="1"
   darktable:history_end="2"
   made:up="untouched">
   <darktable:history>
    <rdf:Seq>
     <rdf:li
      darktable:num="0"
      darktable:operation="exposure"
      darktable:enabled="1"
      darktable:modversion="6"
      darktable:params="00000000000080bf0000003f00004842000080c00100000001000000"
      darktable:blendop_params="gz12eJxjYGBgkGAAgRNODGiAEV0AJ2iwh+CRyscOAAdeGQQ="/>
     <rdf:li
      darktable:num="1"
      darktable:operation="flip"
      darktable:enabled="0"
      darktable:params="06000000"/>
    </rdf:Seq>
   </darktable:history>
   <dc:subject>
    <rdf:Bag>
     <rdf:li>wedding &amp; party</rdf:li>
     <rdf:li>Zoë</rdf:li>
    </rdf:Bag>
   </dc:subject>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"""


def picture(path: Path) -> Path:
    Image.effect_noise((96, 64), 80).convert("RGB").save(path)
    return path


@pytest.mark.parametrize(
    "said",
    [
        XmpJudgement(rating=4, flag=Flag.PICK, flag_stated=True, color=ColorLabel.GREEN),
        XmpJudgement(flag=Flag.REJECT, flag_stated=True),
        XmpJudgement(rating=5, people=("Zoë", "Bob")),
    ],
)
def test_a_new_sidecar_reads_back(tmp_path: Path, said: XmpJudgement) -> None:
    sidecar = tmp_path / "IMG_1.jpg.xmp"
    assert xmp.write(sidecar, said)
    assert xmp.read(sidecar) == said
    assert not xmp.write(sidecar, said)  # nothing to change: not written again
    assert [path.name for path in tmp_path.iterdir()] == ["IMG_1.jpg.xmp"]


def test_every_line_of_a_darktable_history_survives(tmp_path: Path) -> None:
    sidecar = tmp_path / "IMG_1.CR2.xmp"
    sidecar.write_text(DARKTABLE, "utf-8")
    xmp.write(sidecar, XmpJudgement(rating=5, flag=Flag.PICK, flag_stated=True))
    now = {line.strip().rstrip("/>") for line in sidecar.read_text("utf-8").splitlines()}
    for line in DARKTABLE.splitlines()[1:]:
        if "xmp:Rating" not in line:
            assert line.strip().rstrip("/>") in now
    assert xmp.read(sidecar).rating == 5


def test_taking_a_reject_back_leaves_no_minus_one(tmp_path: Path) -> None:
    sidecar = tmp_path / "a.xmp"
    xmp.write(sidecar, XmpJudgement(rating=2, flag=Flag.REJECT, flag_stated=True))
    assert xmp.read(sidecar).flag is Flag.REJECT
    xmp.write(sidecar, XmpJudgement(rating=2, flag=None, flag_stated=True))
    assert xmp.read(sidecar) == XmpJudgement(rating=2, flag=None, flag_stated=True)


@pytest.mark.parametrize("ending", ["jpg", "png", "webp"])
def test_embedding_leaves_the_picture_as_it_was(tmp_path: Path, ending: str) -> None:
    photo = picture(tmp_path / f"IMG_1.{ending}")
    before = Image.open(photo).convert("RGB").tobytes()
    os.chmod(photo, 0o640)
    assert xmp.write(photo, XmpJudgement(rating=3, color=ColorLabel.RED))
    assert Image.open(photo).convert("RGB").tobytes() == before
    assert photo.stat().st_mode & 0o777 == 0o640
    assert xmp.read(photo) == XmpJudgement(rating=3, color=ColorLabel.RED)


def test_a_name_that_is_no_text_is_no_obstacle(tmp_path: Path) -> None:
    sidecar = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.xmp"))
    xmp.write(sidecar, XmpJudgement(rating=1))
    assert xmp.read(sidecar).rating == 1


def test_junk_is_refused_and_left_alone(tmp_path: Path) -> None:
    sidecar = tmp_path / "a.xmp"
    sidecar.write_bytes(b"not XMP at all")
    with pytest.raises(XmpError, match=r"a\.xmp"):
        xmp.write(sidecar, XmpJudgement(rating=1))
    assert sidecar.read_bytes() == b"not XMP at all"


def test_a_full_disk_leaves_the_old_sidecar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sidecar = tmp_path / "a.xmp"
    xmp.write(sidecar, XmpJudgement(rating=1))
    before = sidecar.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(XmpError, match="No space left"):
        xmp.write(sidecar, XmpJudgement(rating=2))
    assert sidecar.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.xmp"]


def test_a_sidecar_that_another_program_writes_meanwhile_keeps_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sidecar = tmp_path / "a.xmp"
    xmp.write(sidecar, XmpJudgement(rating=1))
    real = xmp._merged
    once: list[bool] = []

    def meanwhile(old: bytes, said: XmpJudgement) -> object:
        merged = real(old, said)
        if not once:
            once.append(True)
            xmp.write(sidecar, XmpJudgement(people=("Ana",)))
        return merged

    monkeypatch.setattr(xmp, "_merged", meanwhile)
    xmp.write(sidecar, XmpJudgement(rating=3))
    assert xmp.read(sidecar) == XmpJudgement(rating=3, people=("Ana",))


def test_both_styles_of_sidecar_names_are_found(tmp_path: Path) -> None:
    photo = tmp_path / "IMG_1.jpg"
    (tmp_path / "IMG_1.XMP").write_text("x")
    assert [path.name for path in xmp.existing_sidecars(photo)] == ["IMG_1.XMP"]
    (tmp_path / "IMG_1.jpg.xmp").write_text("x")
    found = [path.name for path in xmp.existing_sidecars(photo)]
    assert found == ["IMG_1.jpg.xmp", "IMG_1.XMP"]


def test_a_file_of_many_gigabytes_is_not_read_into_memory(tmp_path: Path) -> None:
    path = tmp_path / "huge.jpg"
    with path.open("wb") as file:
        file.truncate(40 << 30)
    with pytest.raises(XmpError, match="too large"):
        xmp.read(path)
