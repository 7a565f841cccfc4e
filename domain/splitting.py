"""Cutting a long answer into messages."""

from semantic_text_splitter import TextSplitter


def split(text: str, limit: int) -> list[str]:
    """The text in pieces of at most `limit` characters, in order, none empty.

    Cut at a paragraph, else a sentence, else a word, else between characters as a person sees them
    (an emoji of several code points stays whole while it fits). Only white space at a cut is lost.
    """
    return TextSplitter(limit).chunks(text)
