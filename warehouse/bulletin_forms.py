"""The forms of an issue: a file for reading, one for print, one to edit, and its figures."""

from __future__ import annotations

from warehouse import bulletin, bulletin_docx, bulletin_file
from warehouse.bulletin_store import Issue
from warehouse.pdf import printed

FORMS = ("html", "pdf", "docx", "json")


def made(issue: Issue, form: str, lang: str, pages: bulletin_file.Pages | None = None) -> bytes:
    """The file of an issue in one of ``FORMS``; ``pages``: those that have the figures, of HTML read there. Raises
    ``WarehouseError`` where a PDF cannot be made here."""
    if form == "json":
        return (bulletin.canonical(issue.told) + "\n").encode()
    if form == "docx":
        return bulletin_docx.docx(issue.told, lang, issue.signed)
    html = bulletin_file.html(issue.told, lang, issue.signed, pages if form == "html" else None)
    if form == "html":
        return html
    return printed(html, bytes.fromhex(bulletin.digest(issue.told)[:32]), f"bulletin_{issue.name}.html")


def file_name(issue: Issue, form: str, lang: str) -> str:
    """bulletin_2026-06_1_zh.pdf"""
    language = "" if form == "json" else f"_{lang}"
    return f"bulletin_{issue.name}_{issue.revision}{language}.{form}"
