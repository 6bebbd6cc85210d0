"""The user's settings: one small JSON file, replaced as a whole, forgiving on reading."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from core.errors import AlbumenError
from core.files.private import private_folder
from core.paths import config_dir

log = logging.getLogger(__name__)

FILE_NAME = "settings.json"
PRECISIONS = ("quick", "exact")
PROCESSORS = ("cpu", "cuda", "directml", "coreml", "openvino")
THEMES = ("system", "dark", "light")
KEY_PRESETS = ("lightroom", "digikam", "darktable")
METADATA_PLACES = ("off", "sidecar", "embedded")
SIDECAR_NAMES = ("full", "stem")
REJECT_PLACES = ("flag", "move", "trash")


class SettingsError(AlbumenError):
    """The settings can't be written; the text names the file and the reason."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user chose. Unknown keys of a newer program's file are kept in ``unknown``.

    ``workers`` is how many photos are analyzed at once; 0 lets the program choose.
    ``keys`` maps names of actions to key sequences ("Ctrl+Z") that replace the preset's.
    ``thumbnail_memory_mb`` bounds the pictures the grid keeps in memory. ``metadata`` says where
    stars and flags are written for other programs, ``sidecar_names`` how new sidecars are called
    (``IMG.jpg.xmp`` or ``IMG.xmp``), ``metadata_people`` whether names of people go along, and
    ``metadata_read`` whether the window takes over what other programs write.
    ``taste`` lets the program learn from the user's choices, and use it once it has earned to.
    ``rejects`` is where rejects of "keep the best" go. ``precision`` chooses 8-bit models where
    they agree with the exact ones, ``processor`` what runs models (one that isn't there or gives
    other results is replaced by the CPU), ``pause_on_battery`` halts background work without mains.
    """

    theme: str = "system"
    language: str = "system"
    model: str = ""
    workers: int = 0
    key_preset: str = "lightroom"
    keys: dict[str, str] | None = None
    auto_advance: bool = False
    show_badges: bool = True
    thumbnail_memory_mb: int = 96
    metadata: str = "off"
    sidecar_names: str = "full"
    metadata_people: bool = False
    metadata_read: bool = False
    rejects: str = "flag"
    taste: bool = True
    precision: str = "quick"
    processor: str = "cpu"
    pause_on_battery: bool = True
    unknown: dict[str, Any] | None = None


def settings_path() -> Path:
    """Where the settings are kept."""
    return config_dir() / FILE_NAME


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings; a missing file gives the defaults, a damaged value its own default."""
    source = path or settings_path()
    try:
        content = json.loads(source.read_text("utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError) as error:
        log.warning("settings in %s can't be read (%s); using the defaults", source, error)
        return Settings()
    if not isinstance(content, dict):
        log.warning("settings in %s are not a JSON object; using the defaults", source)
        return Settings()
    return _from_json(content)


def save_settings(settings: Settings, path: Path | None = None) -> None:
    """Write the settings so that a crash leaves either the old file or the new one.

    Raises:
        SettingsError: the folder or the file can't be written.
    """
    target = path or settings_path()
    content = asdict(settings)
    content |= content.pop("unknown") or {}
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    temporary: str | None = None
    try:
        private_folder(target.parent)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, target)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise SettingsError(
            f"The settings can't be saved in {target}: {error.strerror or error}."
        ) from error


def _from_json(content: dict[str, Any]) -> Settings:
    defaults = Settings()
    known: dict[str, Any] = {}
    for field in fields(Settings):
        if field.name == "unknown" or field.name not in content:
            continue
        value = content[field.name]
        if _valid(field.name, value, getattr(defaults, field.name)):
            known[field.name] = value
        else:
            log.warning("setting %s has the unusable value %r; using the default",
                        field.name, value)  # fmt: skip
    names = {field.name for field in fields(Settings)}
    unknown = {key: value for key, value in content.items() if key not in names}
    return replace(defaults, **known, unknown=unknown or None)


def _valid(name: str, value: Any, default: Any) -> bool:
    if name == "theme":
        return value in THEMES
    if name == "key_preset":
        return value in KEY_PRESETS
    if name == "metadata":
        return value in METADATA_PLACES
    if name == "sidecar_names":
        return value in SIDECAR_NAMES
    if name == "precision":
        return value in PRECISIONS
    if name == "processor":
        return value in PROCESSORS
    if name == "rejects":
        return value in REJECT_PLACES
    if name == "keys":
        return value is None or (
            isinstance(value, dict) and all(isinstance(v, str) for v in value.values())
        )
    if name == "workers":
        return type(value) is int and 0 <= value <= 64
    if name == "thumbnail_memory_mb":
        return type(value) is int and 16 <= value <= 8192
    return type(value) is type(default)
