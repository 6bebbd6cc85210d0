"""What the README says is what happens: its commands, recipes, tables and links.

Commands run in a home of their own that holds the photos which the README speaks of. Two kinds are
not run here: those that build or install (their scripts are read by bash and must be executable),
and training, which other tests do; of these, the options must exist.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from app.__main__ import _window_call, main
from app.keymap import commands, keys_in_force
from tests.making import save_photo

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
INSTALLING = ("packaging/test.sh", "packaging/build.sh", "packaging/lock.sh", "packaging/update.sh")
TRAINING = ("train", "evaluate", "ablate", "report", "quantize", "archive")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its lines, and the heading it stands under."""

    language: str
    text: str
    heading: str


def blocks() -> Iterator[Block]:
    heading = ""
    pattern = re.compile(r"^(#+ [^\n]*)$|^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    for match in pattern.finditer(README):
        if match[1]:
            heading = match[1].lstrip("# ")
        else:
            yield Block(match[2], match[3], heading)


BLOCKS = list(blocks())


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the album that the README speaks of."""
    home = tmp_path_factory.mktemp("home")
    party = home / "Pictures" / "Party"
    for number, seed in ((412, 1), (413, 1), (414, 2)):  # the first two are a burst
        save_photo(party / f"IMG_0{number}.jpg", seed=seed, width=400, height=300)
    Image.open(party / "IMG_0412.jpg").save(party / "IMG_0413.jpg", quality=60)
    return home


@pytest.fixture(scope="module")
def environment(home: Path) -> dict[str, str]:
    """What a command of the README sees."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("XDG_", "ALBUMEN_"))
    }
    return kept | {"HOME": str(home), "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}


def run(command: list[str], environment: dict[str, str], cwd: Path = ROOT) -> str:
    done = subprocess.run(
        command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, (
        f"{shlex.join(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    )
    return done.stdout


def test_every_block_is_of_a_kind_that_is_tried() -> None:
    assert {block.language for block in BLOCKS} <= {"sh", "diff", "python"}
    assert 2 * len(BLOCKS) == len(re.findall(r"^ *(?:```|~~~)", README, re.MULTILINE))


COMMANDS = [block for block in BLOCKS if block.language == "sh"]


@pytest.mark.parametrize("block", COMMANDS, ids=lambda block: block.heading)
def test_commands_do_what_stands_there(
    block: Block,
    home: Path,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In the README's order: a block may need what an earlier one made."""
    for name in set(os.environ) - set(environment):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    for line in block.text.splitlines():
        words = [os.path.expanduser(word) for word in shlex.split(line, comments=True)]
        if words[0].startswith("packaging/"):
            assert os.access(ROOT / words[0], os.X_OK), f"{words[0]} can't be run"
        if words[0] in INSTALLING:
            run(["bash", "-n", words[0]], environment)
        elif words[0] == "packaging/licences.py":
            run([sys.executable, *words], environment)
        elif words[0] not in ("albumen", "packaging/run.sh"):
            run(["bash", "-ec", line], environment)
        elif words[1] in TRAINING:
            assert main([*words[1:], "--help"]) == 0, line
        elif (call := _window_call(words[1:])) is not None:
            assert all(folder.is_dir() for folder in call[1]), line
        else:
            code = main(words[1:])
            assert code == 0, f"{line}\n{capsys.readouterr().err}"


def test_the_commands_left_what_they_promised(home: Path) -> None:
    assert (home / "why.png").is_file()
    assert (home / "best").is_dir()
    assert (home / "my-model" / "card.toml").is_file()
    assert len(list((home / "Pictures" / "Party").glob("*.jpg"))) == 3, "undone"


def stale_places(change: str, tree: Path) -> list[str]:
    """Where a recipe's context is no longer what stands in the code, in words."""
    wrong = []
    for part in re.split(r"^--- ", change, flags=re.MULTILINE)[1:]:
        name = re.search(r"^\+\+\+ b/(\S+)", part, re.MULTILINE)
        assert name, f"no file is named in:\n{part}"
        file = tree / name[1]
        if not file.is_file():
            wrong.append(f"there is no {name[1]} any more")
            continue
        lines = file.read_text("utf-8").splitlines()
        for hunk in re.split(r"^@@[^\n]*\n", part, flags=re.MULTILINE)[1:]:
            old = [line[1:] for line in hunk.splitlines() if not line.startswith("+")]
            gone = [line for line in old if line not in lines]
            places = range(len(lines) - len(old) + 1)
            found = [at for at in places if lines[at : at + len(old)] == old]
            if gone:
                wrong.append(f"{name[1]} has no line {gone[0].strip()!r} any more")
            elif not found:
                wrong.append(f"in {name[1]} these are no neighbours any more: {old}")
    return wrong


def test_a_stale_recipe_says_which_line_is_stale(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("one\nthree\ntwo\n")
    change = "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,3 @@\n {}\n+new\n {}\n"
    assert stale_places(change.format("one", "three"), tmp_path) == []
    assert "no line 'four'" in stale_places(change.format("one", "four"), tmp_path)[0]
    assert "no neighbours" in stale_places(change.format("one", "two"), tmp_path)[0]
    assert "no b.py" in stale_places(change.replace("a.py", "b.py"), tmp_path)[0]


@pytest.mark.parametrize(
    "block", [b for b in BLOCKS if b.language == "diff"], ids=lambda b: b.heading
)
def test_recipes_fit_the_code_as_it_is(block: Block) -> None:
    assert stale_places(block.text, ROOT) == [], "the README's recipe must follow the code"


@pytest.mark.parametrize(
    "heading", [b.heading for b in BLOCKS if b.language == "python"], ids=lambda text: text
)
def test_recipes_work_as_written(
    heading: str, home: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """Applies the diff of a section, where it has one, to a copy of the code; runs its Python."""
    code = "\n".join(b.text for b in BLOCKS if b.heading == heading and b.language == "python")
    changes = [b.text for b in BLOCKS if b.heading == heading and b.language == "diff"]
    for part in ("app", "core", "resources"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / part, tmp_path / part, ignore=ignored)
    for number, change in enumerate(changes):
        file = tmp_path / f"{number}.diff"
        file.write_text(change, "utf-8")
        run(
            ["git", "apply", "--whitespace=error-all", file.name],
            environment,
            tmp_path,
        )
    script = tmp_path / "recipe.py"
    script.write_text(code, "utf-8")
    own = environment | {"PYTHONPATH": str(tmp_path)}
    assert run([sys.executable, script.name], own, tmp_path).strip()
    if changes:  # a new text must not be missing in a language
        check = ROOT / "tests" / "app" / "test_translation.py"
        shutil.copy(check, tmp_path)
        run([sys.executable, "-m", "pytest", "-q", "-c", os.devnull, check.name], own, tmp_path)


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading."""
    section = README.split(f"# {heading}\n", 1)[1].split("\n# ")[0].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines[1:]]


def test_the_table_of_keys_is_the_one_in_force() -> None:
    told = {text: set(re.findall(r"`(.+?)`", keys)) for keys, text in rows("Keys")}
    keys = keys_in_force("lightroom", None)
    assert told == {c.text: set(keys[c.name]) for c in commands() if keys[c.name]}


def test_the_table_of_commands_is_complete(capsys: pytest.CaptureFixture[str]) -> None:
    told = {
        name
        for cells in rows("On the command line")
        for name in re.findall(r"`albumen ([\w-]+)", cells[0])
    }
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    known = set(re.findall(r"^│ ([a-z][a-z-]*) ", text, re.MULTILINE))
    assert told - {"open"} == known


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the first column is Linux's")
def test_things_are_stored_where_it_says(home: Path, environment: dict[str, str]) -> None:
    told = [re.search(r"`(.+?)`", cells[1]) for cells in rows("Where things are stored")]
    code = (
        "from core.paths import *; print(default_library_dir(), config_dir(), log_dir(), sep='\\n')"
    )
    real = run([sys.executable, "-c", code], environment).split()
    assert [match[1].replace("~", str(home)) for match in told if match] == real


def test_files_and_links_that_are_named_exist() -> None:
    map_of_house = README.split("## The map of the house")[1].split("\n## ")[0]
    named = set(re.findall(r"`((?:app|core|resources|tests|packaging)/[\w./-]*)", README))
    named |= set(re.findall(r"\]\((?!http)([^)#]+)\)", README))
    named |= set(re.findall(r"^ *- `([\w/.]+)`", map_of_house, re.MULTILINE))
    missing = {name for name in named if not (ROOT / name).exists() and "CODE" not in name}
    assert not missing
    rooms = {f"core/{file.parent.name}/" for file in (ROOT / "core").glob("*/__init__.py")}
    assert rooms - named == set(), "a room is not on the map"


def test_pictures_show_the_window_and_say_what_they_show() -> None:
    pictures = re.findall(r"^!\[([^\]]*)\]\((\S+)\)$", README, re.MULTILINE)
    assert {Path(place).stem for _, place in pictures} == {"grid", "why", "keep"}
    for description, place in pictures:
        assert len(description) > 30
        with Image.open(ROOT / place) as picture:
            assert picture.size == (1280, 800)
        assert (ROOT / place).stat().st_size < 100_000
