"""The generated part of the docs: a page per feed from its declaration, tables, vectors of the rules, tours.

``make docs`` writes them.
"""

import csv
from pathlib import Path

from etl.describe import describe
from etl.feeds import FEEDS, raw_tables
from etl.tours import pages as tour_pages
from warehouse import dictionary
from warehouse.home import REPOSITORY

FOLDER = REPOSITORY / "docs" / "feeds"
VECTORS = REPOSITORY / "tests" / "rules" / "vectors"
_RULES = """# Rules at their edges · 规则的边界

<!-- written by `make docs` from tests/rules/vectors/; do not edit -->

Each line is a test (`tests/rules/`): what the law says of a case, and what the code makes of it.
The rules themselves are rows of `warehouse/seeds/`; `heng rules list --on DAY` shows those in force on a day, `/rules`
is the page. Whoever finds a line wrong mends the rule, not the line.

每一行都是一条测试：法规对该情形怎么规定，程序就应得出什么结果。规则本身是 `warehouse/seeds/` 中的行；
`heng rules list --on 日期` 列出某日有效的规则，页面为 `/rules`。
"""


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


def rules_page() -> str:
    """The vectors of the rules, by table, in Markdown."""
    lines = [_RULES]
    for told in _vectors("index"):
        rows = _vectors(told["file"])
        heads = [name for name in rows[0] if name not in ("why_zh", "why_en")]
        lines += [
            f"## {told['title_zh']} · {told['title_en']}", "", f"{told['source_zh']} · {told['source_en']}", "",
            f"| {' | '.join(heads)} | 说明 · why |", f"|{'---|' * (len(heads) + 1)}",
        ]  # fmt: skip
        for row in rows:
            cells = [_cell(row[name].strip()) for name in heads]
            lines.append(f"| {' | '.join(cells)} | {_cell(row['why_zh'])} · {_cell(row['why_en'])} |")
        lines.append("")
    return "\n".join(lines)


def _vectors(name: str) -> list[dict[str, str]]:
    with (VECTORS / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def pages() -> dict[Path, str]:
    """Every generated page by its path."""
    index = ["# Feeds · 数据来源", "", "<!-- written by `make docs` -->", ""]
    index += [f"- [{name}]({name}.md) {feed.title_zh} · {feed.title_en}" for name, feed in FEEDS.items()]
    feeds = {FOLDER / "README.md": "\n".join(index) + "\n"} | {FOLDER / f"{name}.md": page(name) for name in FEEDS}
    return feeds | {REPOSITORY / "docs" / "rules.md": rules_page()} | dictionary.pages(raw_tables()) | tour_pages()


def write() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
