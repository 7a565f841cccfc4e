"""The inbox: list, thread and details, live."""

from pages.inbox.page import inbox_page

__all__ = ["inbox_page"]
