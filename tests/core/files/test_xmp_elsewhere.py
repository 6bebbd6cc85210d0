"""What exiv2's and ExifTool's own programs read of the metadata that is written here."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from core.domain import ColorLabel, Flag
from core.files import xmp
from core.files.xmp import XmpJudgement

EVERYTHING = XmpJudgement(4, Flag.PICK, True, ColorLabel.BLUE, ("Zoë", "Bob"))
REJECTED = XmpJudgement(2, Flag.REJECT, True)
TAKEN_BACK = XmpJudgement(0, None, True, color_stated=True)
PLACES = ["a.xmp", "a.jpg.xmp", "b.jpg", "b.png", "b.webp"]

exiftool = pytest.mark.skipif(
    shutil.which("exiftool") is None, reason="ExifTool is not installed (libimage-exiftool-perl)"
)
exiv2 = pytest.mark.skipif(shutil.which("exiv2") is None, reason="exiv2 is not installed")


def made(path: Path) -> Path:
    """A picture, or the place of a sidecar."""
    if path.suffix != ".xmp":
        Image.effect_noise((96, 64), 80).convert("RGB").save(path)
    return path


def by_exiftool(path: Path) -> dict[str, object]:
    printed = subprocess.run(
        ["exiftool", "-j", "-n", "-struct", "-XMP:all", str(path)], capture_output=True, check=True
    ).stdout
    found = json.loads(printed)[0]
    del found["SourceFile"]
    return found  # type: ignore[no-any-return]


def by_exiv2(path: Path) -> dict[str, list[str]]:
    """Values by key; an array's items one by one, in the order of the file."""
    printed = subprocess.run(
        ["exiv2", "-q", "-u", "-PXkv", str(path)], capture_output=True, check=False, text=True
    )
    assert printed.returncode in (0, 253), printed.stderr  # 253: nothing found
    found: dict[str, list[str]] = {}
    for line in printed.stdout.splitlines():
        key, _, value = line.partition(" ")
        found.setdefault(key, []).append(value.strip())
    return found


@exiftool
@pytest.mark.parametrize("name", PLACES)
def test_exiftool_reads_the_same_values(tmp_path: Path, name: str) -> None:
    path = made(tmp_path / name)
    xmp.write(path, EVERYTHING)
    found = by_exiftool(path)
    assert (found["Rating"], found["Label"]) == (4, "Blue")
    assert found["PersonInImage"] == ["Zoë", "Bob"]
    assert (found["PickLabel"], found["Pick"]) == (3, 1)
    xmp.write(path, REJECTED)
    found = by_exiftool(path)
    assert (found["Rating"], found["PickLabel"], found["Pick"]) == (-1, 1, -1)
    xmp.write(path, TAKEN_BACK)
    found = by_exiftool(path)
    assert (found["Rating"], found["PickLabel"], found["Pick"]) == (0, 0, 0)
    assert "Label" not in found


@exiv2
@pytest.mark.parametrize("name", PLACES)
def test_exiv2_reads_the_same_values(tmp_path: Path, name: str) -> None:
    path = made(tmp_path / name)
    xmp.write(path, EVERYTHING)
    found = by_exiv2(path)
    assert found == {
        xmp.RATING: ["4"],
        xmp.LABEL: ["Blue"],
        xmp.DM_PICK: ["1"],
        xmp.PICK_LABEL: ["3"],
        xmp.PEOPLE: ["Zoë, Bob"],
    }
    xmp.write(path, REJECTED)
    assert by_exiv2(path) == found | {
        xmp.RATING: ["-1"],
        xmp.DM_PICK: ["-1"],
        xmp.PICK_LABEL: ["1"],
    }
    xmp.write(path, TAKEN_BACK)
    assert by_exiv2(path) == {
        xmp.RATING: ["0"],
        xmp.DM_PICK: ["0"],
        xmp.PICK_LABEL: ["0"],
        xmp.PEOPLE: ["Zoë, Bob"],
    }


def history(count: int) -> str:
    """A sidecar as darktable 4 writes it, with a history of so many edits and a drawn mask."""
    steps = "".join(
        f"""
     <rdf:li
      darktable:num="{number}"
      darktable:operation="{("exposure", "filmicrgb", "crop", "retouch")[number % 4]}"
      darktable:enabled="{number % 2}"
      darktable:modversion="{1 + number % 7}"
      darktable:params="{number:08x}000080bf0000003f00004842000080c00100000001000000"
      darktable:multi_name="edit {number} &lt;&amp;&gt;"
      darktable:multi_name_hand_edited="{number % 2}"
      darktable:multi_priority="{number // 4}"
      darktable:blendop_version="13"
      darktable:blendop_params="gz{number:02d}eJxjYGBgkGAAgRNODGiAEV0AJ2iwh+CRyscOAAdeGQQ="/>"""
        for number in range(count)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:exif="http://ns.adobe.com/exif/1.0/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"
    xmlns:darktable="http://darktable.sf.net/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:lr="http://ns.adobe.com/lightroom/1.0/"
   exif:DateTimeOriginal="2024:06:01 14:00:01"
   xmp:Rating="1"
   xmpMM:DerivedFrom="IMG_1.CR2"
   darktable:import_timestamp="63853540802"
   darktable:change_timestamp="63853540999"
   darktable:xmp_version="5"
   darktable:raw_params="0"
   darktable:auto_presets_applied="1"
   darktable:history_end="{count}"
   darktable:iop_order_version="2"
   darktable:history_basic_hash="54e3d5b0a1b5a6b0b1d3c9a2b7a2d1f0"
   darktable:history_current_hash="b2d1a5e3c4f60798a1b2c3d4e5f60718">
   <darktable:masks_history>
    <rdf:Seq>
     <rdf:li
      darktable:mask_num="{count - 1}"
      darktable:mask_id="1717243201"
      darktable:mask_type="1"
      darktable:mask_name="circle #1"
      darktable:mask_version="6"
      darktable:mask="0ad7233f8fc2f53e0ad7a33c0ad7233c"
      darktable:mask_nb="1"
      darktable:mask_src="0000000000000000"/>
    </rdf:Seq>
   </darktable:masks_history>
   <darktable:history>
    <rdf:Seq>{steps}
    </rdf:Seq>
   </darktable:history>
   <dc:creator>
    <rdf:Seq>
     <rdf:li>Zoë Müller</rdf:li>
    </rdf:Seq>
   </dc:creator>
   <lr:hierarchicalSubject>
    <rdf:Bag>
     <rdf:li>places|lake &amp; hills</rdf:li>
    </rdf:Bag>
   </lr:hierarchicalSubject>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"""


def lines(sidecar: Path) -> list[str]:
    """Lines without their indent and without the brackets that close an element."""
    return sorted(line.strip().rstrip("/>") for line in sidecar.read_text("utf-8").splitlines())


@pytest.mark.parametrize("said", [EVERYTHING, REJECTED], ids=["all", "reject"])
def test_every_line_of_a_long_darktable_history_survives(
    tmp_path: Path, said: XmpJudgement
) -> None:
    sidecar = tmp_path / "IMG_1.CR2.xmp"
    sidecar.write_text(history(40), "utf-8")
    before = lines(sidecar)
    xmp.write(sidecar, said)
    xmp.write(sidecar, TAKEN_BACK)
    now = lines(sidecar)
    lost = [line for line in before if line not in now]
    assert lost == ['<?xml version="1.0" encoding="UTF-8"?', 'xmp:Rating="1"']
    steps = [line for line in now if line.startswith("darktable:params=")]
    assert len(steps) == 40
    assert now.count("<rdf:li") == before.count("<rdf:li") == 41


@exiv2
def test_exiv2_finds_all_that_darktable_wrote_as_it_was(tmp_path: Path) -> None:
    sidecar = tmp_path / "IMG_1.CR2.xmp"
    sidecar.write_text(history(40), "utf-8")
    before = by_exiv2(sidecar)
    xmp.write(sidecar, EVERYTHING)
    now = by_exiv2(sidecar)
    assert len([key for key in before if key.endswith("darktable:params")]) == 40
    assert {key: now[key] for key in before if key != xmp.RATING} == {
        key: value for key, value in before.items() if key != xmp.RATING
    }


@exiftool
def test_exiftool_finds_all_that_darktable_wrote_as_it_was(tmp_path: Path) -> None:
    sidecar = tmp_path / "IMG_1.CR2.xmp"
    sidecar.write_text(history(40), "utf-8")
    before = by_exiftool(sidecar)
    xmp.write(sidecar, EVERYTHING)
    now = by_exiftool(sidecar)
    assert len(before["History"]) == 40  # type: ignore[arg-type]
    changed = {"Rating", "XMPToolkit"}
    assert {key: now[key] for key in before.keys() - changed} == {
        key: value for key, value in before.items() if key not in changed
    }
