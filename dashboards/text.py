"""Page texts by language. Keys in the code, sentences in ``locales/<lang>.json``; both files have the same keys."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

LANGUAGES = ("zh", "en")
HTML_LANG = {"zh": "zh-CN", "en": "en"}
_FOLDER = Path(__file__).parent / "locales"


@cache
def catalogue(lang: str) -> Mapping[str, str]:
    """All texts of one language."""
    return json.loads((_FOLDER / f"{lang}.json").read_text(encoding="utf-8"))


class Text:
    """The texts of one language: ``t("overload.title")``. A key that is not there is an error, never a blank."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self._texts = catalogue(lang)

    def __call__(self, key: str, **values: Any) -> str:
        text = self._texts[key]
        return text.format(**values) if values else text

    def plural(self, key: str, count: int, **values: Any) -> str:
        """A text with ``{count}``; one of a thing has a text of its own."""
        return self(f"{key}.one" if count == 1 else key, count=f"{count:,}", **values)

    def has(self, key: str) -> bool:
        return key in self._texts

    def parts(self, key: str, **values: Any) -> list[Any]:
        """The text cut at its ``{names}``, with a component in place of each: for bold figures in a sentence."""
        pieces: list[Any] = []
        for literal, name, _, _ in Formatter().parse(self._texts[key]):
            if literal:
                pieces.append(literal)
            if name is not None:
                value = values[name]
                pieces.extend(value if isinstance(value, list) else [value])
        return pieces

    def pick(self, zh: str | None, en: str | None) -> str:
        """The form of a name or definition that data carry in both languages."""
        return (zh if self.lang == "zh" else en or zh) or ""
