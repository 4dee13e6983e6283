"""The guided tours: docs/tours/tours.json says what is clicked, what is seen and what it does not say, once.

Their pages in Markdown are written from it by ``make docs``. ``make tours`` walks every step in a browser, over the
served product, and writes each tour with its pictures into one file; a step whose place or word is gone fails it.
Words in quotation marks are words of the page: those of ``click`` stand there before the step, those of ``seen`` after.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from warehouse.home import REPOSITORY

FOLDER = REPOSITORY / "docs" / "tours"
LANGUAGES = ("en", "zh")
ACTIONS = ("open", "go", "click", "fill", "choose", "press", "key", "filters", "scroll", "download")
WORDS = {
    "en": {"click": "Click", "seen": "Seen", "not": "What it does not say", "other": "中文", "tours": "Guided tours",
           "made": "Made by make tours over invented data of a fixed day; times of accounts and of the log are real."},
    "zh": {"click": "点什么", "seen": "看到什么", "not": "它不说明什么", "other": "English", "tours": "导览",
           "made": "由 make tours 在固定日期的虚构数据上生成；账号和日志中的时间为实际时间。"},
}  # fmt: skip
_INDEX = """# Guided tours · 导览

<!-- written by `make docs` from tours.json; do not edit -->

Five minutes for each role: what to click, what is seen, and what it does not say.
每个角色五分钟：点什么，看到什么，它不说明什么。

{rows}

`make tours` walks every step in a browser over the served product, on invented data of a fixed day, and writes each
tour with its pictures into one file under `build/tours`. The pictures are build output: none is kept here, so none is
out of date. A step whose place or word is gone from the page fails `make tours`, and `make test` with it.
`make tours` 在浏览器里逐步走一遍，把每条导览连同截图写成 `build/tours` 下的一个文件。截图不入库，因此不会过时；
页面上找不到某一步的位置或用词时，`make tours` 和 `make test` 都会失败。
"""
_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=jinja2.StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip
_QUOTED = re.compile("“([^”]+)”")


def tours() -> list[dict[str, Any]]:
    """The declared tours in order. ValueError: a step says or does something this module does not know."""
    found: list[dict[str, Any]] = json.loads((FOLDER / "tours.json").read_text(encoding="utf-8"))
    for tour in found:
        for number, step in enumerate(tour["steps"], start=1):
            where = f"tours.json: {tour['id']}, step {number}"
            if unknown := [name for action in step["do"] for name in action if name not in ACTIONS]:
                raise ValueError(f"{where}: unknown action {unknown}; there are {', '.join(ACTIONS)}")
            if lacking := [lang for lang in LANGUAGES if set(step.get(lang, ())) != {"click", "seen", "not"}]:
                raise ValueError(f"{where}: click, seen and not have to be told in {lacking}")
    return found


def quoted(text: str) -> list[str]:
    """The words of the page that a text quotes."""
    return _QUOTED.findall(text)


def page(tour: Mapping[str, Any], lang: str) -> str:
    """A tour in one language, in Markdown."""
    w, told = WORDS[lang], tour[lang]
    lines = [
        f"# {told['title']}", "", "<!-- written by `make docs` from tours.json; do not edit -->", "",
        told["lead"], "",
        f"[{w['other']}]({_name(tour, 'zh' if lang == 'en' else 'en')}) · [{w['tours']}](README.md)", "",
    ]  # fmt: skip
    for number, step in enumerate(tour["steps"], start=1):
        said = step[lang]
        lines += [
            f"{number}. **{said['click']}**  ",
            f"   {w['seen']}{_colon(lang)}{said['seen']}  ",
            f"   *{w['not']}{_colon(lang)}{said['not']}*",
        ]
    return "\n".join(lines) + "\n"


def _colon(lang: str) -> str:
    return "：" if lang == "zh" else ": "


def _name(tour: Mapping[str, Any], lang: str) -> str:
    return f"{tour['id']}{'.zh' if lang == 'zh' else ''}.md"


def pages() -> dict[Path, str]:
    """Every page of the tours by its path."""
    found = tours()
    rows = "\n".join(
        f"- [{t['en']['title']}]({_name(t, 'en')}) · [{t['zh']['title']}]({_name(t, 'zh')})" for t in found
    )
    written = {FOLDER / _name(tour, lang): page(tour, lang) for tour in found for lang in LANGUAGES}
    return written | {FOLDER / "README.md": _INDEX.format(rows=rows)}


def document(tour: Mapping[str, Any], lang: str, pictures: Sequence[bytes]) -> str:
    """A tour in one language as one HTML file that asks for nothing else; ``pictures``: a PNG for each step."""
    told = [
        {**step[lang], "picture": base64.b64encode(picture).decode("ascii")}
        for step, picture in zip(tour["steps"], pictures, strict=True)
    ]
    template = _ENVIRONMENT.get_template("tour.html.j2")
    return template.render(lang=lang, w=WORDS[lang], title=tour[lang]["title"], lead=tour[lang]["lead"], steps=told)
