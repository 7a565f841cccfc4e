"""Cells of the CSV files we hand out: text that no spreadsheet takes for a formula."""

import re

# A cell that begins like this is a formula to a spreadsheet, and customers choose their own words.
# Where ; separates the cells of a file, one of ours falls apart at its ; and line breaks: what
# stands behind them begins a cell too, with its quotation marks left out.
_FORMULA = re.compile(r"""(^|[;\t\r\n])(?=[\s"]*[=+\-@\uff1d\uff0b\uff0d\uff20])""")
_ALWAYS = ("\t", "\r", "\n")


def defused(cell: str | int) -> str | int:
    """The cell, with an apostrophe before whatever would be calculated."""
    if not isinstance(cell, str):
        return cell
    safe = _FORMULA.sub(r"\1'", cell)
    return f"'{safe}" if safe.startswith(_ALWAYS) else safe
