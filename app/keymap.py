"""Which key does what: one table of commands, and the presets that change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.translation import tr


@dataclass(frozen=True)
class Command:
    """Something that a key, a menu entry or a button does. ``name`` is stable: settings keep it."""

    name: str
    text: str
    group: str
    keys: tuple[str, ...]
    icon: str = ""


def commands() -> list[Command]:
    """All commands with their keys in the default preset (Lightroom's), in the order of the
    sheet of keys."""
    views, judge, move, other = tr("Views"), tr("Judging"), tr("Moving"), tr("Everything else")
    stars = [
        Command(f"rate_{n}", tr("No stars") if n == 0 else tr("Rate {n}", n=n), judge, (str(n),))
        for n in range(6)
    ]
    colors = [
        Command(f"color_{name}", text, judge, (key,))
        for name, text, key in (
            ("red", tr("Red label"), "6"),
            ("yellow", tr("Yellow label"), "7"),
            ("green", tr("Green label"), "8"),
            ("blue", tr("Blue label"), "9"),
        )
    ]
    return [
        Command("grid", tr("Grid"), views, ("G",), "grid"),
        Command("loupe", tr("Loupe"), views, ("E",), "loupe"),
        Command("compare", tr("Compare"), views, ("C",), "compare"),
        Command("survey", tr("Survey"), views, ("N",), "survey"),
        Command("overview", tr("Overview"), views, ("O",), "overview"),
        Command("keep", tr("Keep the best"), views, ("K",), "trophy"),
        Command("people", tr("People"), views, ("Shift+O",), "person"),
        Command("history", tr("History"), views, ("Ctrl+H",), "clock"),
        Command("fullscreen", tr("Full screen"), views, ("F", "F11"), "fullscreen"),
        Command("zoom", tr("1:1 at the best face"), views, ("Z",), "zoom-in"),
        Command("heatmap", tr("What the score looks at"), views, ("H",), "heatmap"),
        Command("faces", tr("Faces"), views, ("V",), "face"),
        Command("info", tr("Details at the right"), views, ("I",), "panel"),
        Command("sidebar", tr("Albums at the left"), views, ("Ctrl+B",), "sidebar"),
        Command("burst", tr("The shots of its burst"), views, ("B",), "stack"),
        *stars,
        Command("pick", tr("Pick"), judge, ("P",), "pick"),
        Command("reject", tr("Reject"), judge, ("X",), "reject"),
        Command("unflag", tr("Clear flag"), judge, ("U",), "unflag"),
        *colors,
        Command("keep_only", tr("Keep only this one of its group"), judge, ("Shift+P",)),
        Command("auto_advance", tr("Go on after judging"), judge, ("Ctrl+Shift+A",)),
        Command("undo", tr("Undo"), judge, ("Ctrl+Z",), "undo"),
        Command("redo", tr("Redo"), judge, ("Ctrl+Shift+Z", "Ctrl+Y"), "redo"),
        Command("next", tr("Next photo"), move, ("Ctrl+Right",), "chevron-right"),
        Command("previous", tr("Previous photo"), move, ("Ctrl+Left",), "chevron-left"),
        Command("best_first", tr("Best first"), move, ("Ctrl+1",), "sort"),
        Command("worst_first", tr("Worst first"), move, ("Ctrl+2",), "sort"),
        Command("group_none", tr("No groups"), move, ("Ctrl+Shift+0",)),
        Command("group_album", tr("Groups by album"), move, ("Ctrl+Shift+1",)),
        Command("group_day", tr("Groups by day"), move, ("Ctrl+Shift+2",)),
        Command("group_burst", tr("Groups by burst"), move, ("Ctrl+Shift+3",)),
        Command("group_person", tr("Groups by person"), move, ("Ctrl+Shift+4",)),
        Command("find", tr("Find"), move, ("Ctrl+F",), "search"),
        Command("lowest", tr("Choose the lowest scored…"), move, (), "sort"),
        Command("jump", tr("Go to a name"), move, ("Ctrl+G", "/")),
        Command("show_all", tr("Show all photos"), move, ("Ctrl+Shift+F",), "filter"),
        Command("larger", tr("Larger thumbnails"), move, ("Ctrl++", "Ctrl+="), "zoom-in"),
        Command("smaller", tr("Smaller thumbnails"), move, ("Ctrl+-",)),
        Command("add", tr("Add a folder of photos…"), other, ("Ctrl+O",), "add"),
        Command("rescan", tr("Scan all folders again"), other, ("Ctrl+R",), "rescan"),
        Command("badges", tr("Badges on thumbnails"), other, ("J",)),
        Command("settings", tr("Settings"), other, ("Ctrl+,",), "settings"),
        Command("keys", tr("Keys"), other, ("?", "F1"), "keyboard"),
        Command("model", tr("About the model"), other, (), "info"),
        Command("demo", tr("Make the demo album"), other, (), "photos"),
        Command("report", tr("Report a fault"), other, (), "warning"),
        Command("quit", tr("Quit"), other, ("Ctrl+Q",)),
    ]


# Where a preset differs from Lightroom's keys. digiKam rates with Ctrl+digit and picks with
# Alt+digit; darktable rejects with R and labels with F1-F4 (their own documentation).
PRESETS: dict[str, dict[str, tuple[str, ...]]] = {
    "lightroom": {},
    "digikam": {
        **{f"rate_{n}": (f"Ctrl+{n}",) for n in range(6)},
        "reject": ("Alt+1",),
        "pick": ("Alt+3",),
        "unflag": ("Alt+0",),
        "color_red": ("Ctrl+Alt+1",),
        "color_yellow": ("Ctrl+Alt+3",),
        "color_green": ("Ctrl+Alt+4",),
        "color_blue": ("Ctrl+Alt+5",),
        "best_first": ("Ctrl+Up",),
        "worst_first": ("Ctrl+Down",),
    },
    "darktable": {
        "reject": ("R",),
        "compare": ("X",),
        "loupe": ("D", "E"),
        "color_red": ("F1",),
        "color_yellow": ("F2",),
        "color_green": ("F3",),
        "color_blue": ("F4",),
        "keys": ("?", "H"),
        "heatmap": ("M",),
    },
}


def keys_in_force(preset: str, own: Mapping[str, str] | None) -> dict[str, tuple[str, ...]]:
    """Keys by command: the preset's, each replaced by the user's own where there is one. What the
    user gave to one command is no other's, whichever preset is chosen later."""
    result = {command.name: command.keys for command in commands()}
    result |= PRESETS.get(preset, {})
    mine = {name: key for name, key in (own or {}).items() if name in result}
    given = set(mine.values())
    for name, keys in result.items():
        if name in mine:
            result[name] = (mine[name],) if mine[name] else ()
        else:
            result[name] = tuple(key for key in keys if key not in given)
    return result


def without_key(keys: tuple[str, ...], key: str) -> str:
    """The key that is left of a command's when another command takes one of them; empty for
    none."""
    return next((left for left in keys if left != key), "")


def conflicts(keys: Mapping[str, tuple[str, ...]]) -> list[tuple[str, str, str]]:
    """Keys that two commands claim, as (key, first command, second command)."""
    seen: dict[str, str] = {}
    found = []
    for name, sequences in keys.items():
        for key in sequences:
            if key in seen:
                found.append((key, seen[key], name))
            seen.setdefault(key, name)
    return found
