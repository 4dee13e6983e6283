"""The generated part of the docs: a page per feed from its declaration, and the tables. ``make docs`` writes them."""

from pathlib import Path

from etl.describe import describe
from etl.feeds import FEEDS, raw_tables
from warehouse import dictionary
from warehouse.home import REPOSITORY

FOLDER = REPOSITORY / "docs" / "feeds"


def page(feed_name: str) -> str:
    """The docs page of one feed, in Markdown."""
    told = describe(feed_name)
    lines = [
        f"# {told['feed']} · {told['zh']} · {told['en']}",
        "",
        "<!-- written by `make docs` from the declaration; do not edit -->",
        "",
        told["doc"],
        "",
        "| | |",
        "|---|---|",
        f"| one row · 粒度 | {told['grain']} |",
        f"| kind · 类型 | {told['kind']} |",
        f"| format · 格式 | {', '.join(filter(None, (told['format'], told['encoding'])))} |",
        f"| file names · 文件名 | `{_cell(told['files'])}` |",
        f"| identity · 主键 | {told['key']} |",
        f"| newer version by · 版本 | {told['version'] or 'issue date, then file time'} |",
        f"| taken at · 调度 | {told['schedule'] or 'when delivered'} |",
        f"| expected every · 到达周期 | {_days(told['expected_every_days'])} |",
        f"| columns that may be there and are not read · 忽略列 | {', '.join(told['ignore']) or '–'} |",
        "",
        "## Columns · 列",
        "",
        "| heading · 表头 | column | 中文 | type | unit | required | how it is read |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {_cell(c['heading'])} | `{c['column']}` | {c['zh']} | {c['type']} | {c['unit']} | {c['required']} | "
        f"{_cell(c['read'])} |"
        for c in told["columns"]
    ]
    if told["rules"]:
        lines += ["", "## Rules of this feed · 本类规则", "", "| code | outcome | when |", "|---|---|---|"]
        lines += [f"| {rule['code']} | {rule['outcome']} | {_cell(rule['meaning'])} |" for rule in told["rules"]]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _days(days: int | None) -> str:
    return "no expectation" if days is None else f"{days} day{'s' if days > 1 else ''}"


def pages() -> dict[Path, str]:
    """Every generated page by its path."""
    index = ["# Feeds · 数据来源", "", "<!-- written by `make docs` -->", ""]
    index += [f"- [{name}]({name}.md) {feed.title_zh} · {feed.title_en}" for name, feed in FEEDS.items()]
    feeds = {FOLDER / "README.md": "\n".join(index) + "\n"} | {FOLDER / f"{name}.md": page(name) for name in FEEDS}
    return feeds | dictionary.pages(raw_tables())


def write() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
