"""The contacts page: the list, the dialog of one contact, and two contacts becoming one."""

from typing import Any

import reflex as rx
from reflex.event import EventSpec

from domain import contact_edit, contact_fields, contact_list, contact_merge, erasure
from domain.contact_edit import PhoneTaken
from domain.contact_fields import InvalidContact, Problems
from domain.contact_list import ContactDetail, ContactRow, Cursor, Talk
from domain.contact_merge import Choice, Field, Preview, Side
from illumichat_app.errors import Invalid
from state.guard import allow, look, perform

__all__ = ["ContactCard", "ContactMerge", "ContactRow", "Contacts", "Side", "Talk"]

NAME_LENGTH = contact_fields.NAME_LENGTH
PHONE_LENGTH = contact_fields.PHONE_LENGTH
EMAIL_LENGTH = contact_fields.EMAIL_LENGTH
SEARCH_LENGTH = contact_list.LONGEST_SEARCH
EXAMPLE = contact_fields.EXAMPLE
MOST_ROWS = 500  # a change of one row sends the whole list
FOUND_TO_MERGE = 8


class Contacts(rx.State):
    """The list in the order of names."""

    rows: list[ContactRow] = []  # noqa: RUF012  a var's default; Reflex copies it
    total: int = 0
    search: str = ""
    has_more: bool = False
    at_top: bool = True
    loaded: bool = False
    picked: list[int] = []  # noqa: RUF012  two contacts to merge
    _next: Cursor | None = None

    @rx.event
    @allow("agent")
    async def load(self) -> None:
        """The page opened, or the browser came back."""
        self.picked = []
        await self._read()
        self.loaded = True

    @rx.event
    @allow("agent")
    async def search_for(self, words: str) -> None:
        """Narrow the list to contacts with these words, digits or letters of an e-mail."""
        self.search = words[:SEARCH_LENGTH]
        await self._read()

    @rx.event
    @allow("agent")
    async def more(self) -> None:
        """Read on below the last row; a list that is long enough begins anew there."""
        if self._next is None:
            return
        page = await look(self, contact_list.page, self.search, self._next)
        full = len(self.rows) >= MOST_ROWS
        self.at_top = self.at_top and not full
        self._show(page, page.rows if full else [*self.rows, *page.rows])

    @rx.event
    @allow("agent")
    async def to_top(self) -> None:
        """Back to the first names."""
        await self._read()

    @rx.event
    @allow("admin")
    def pick(self, contact: int, chosen: bool) -> None:
        """Choose a row for merging; the third one takes the place of the second."""
        others = [each for each in self.picked if each != contact]
        self.picked = [*others[:1], contact] if chosen else others

    @rx.event
    @allow("admin")
    def pick_none(self) -> None:
        """Let go of the chosen rows."""
        self.picked = []

    async def _read(self) -> None:
        page = await look(self, contact_list.page, self.search)
        self.total = await look(self, contact_list.total)
        self.at_top = True
        self._show(page, page.rows)

    def _show(self, page: contact_list.ContactPage, rows: list[ContactRow]) -> None:
        self.rows, self._next = rows, page.next
        self.has_more = page.next is not None


class ContactCard(rx.State):
    """The dialog that adds a contact, or shows and changes one."""

    shown: bool = False
    contact: ContactDetail = ContactDetail()  # its id is 0 for a new one
    name_problem: str = ""
    phone_problem: str = ""
    email_problem: str = ""
    taken: int = 0  # who has the number already

    @rx.event
    @allow("agent")
    def write_new(self) -> None:
        """Open the dialog empty."""
        self.reset()
        self.shown = True

    @rx.event
    @allow("agent")
    async def open(self, contact: int) -> None:
        """Open the dialog with a contact."""
        await self._open(contact)

    @rx.event
    @allow("agent")
    async def open_linked(self) -> None:
        """The address names a contact: the inbox links to them."""
        wanted = str(self.rx_router_page.params.get("contact") or "")
        if wanted.isascii() and wanted.isdecimal() and not self.shown:
            await self._open(int(wanted))

    @rx.event
    @allow("agent")
    async def open_taken(self) -> None:
        """Open the contact that has the number already; what was typed is let go."""
        if self.taken:
            await self._open(self.taken)

    @rx.event
    @allow("agent")
    def close(self, shown: bool) -> None:
        """The dialog closed; it opens by its own events."""
        if not shown:
            self.reset()

    @rx.event
    @allow("agent")
    async def save(self, form_data: dict[str, Any]) -> EventSpec | None:
        """Store the fields; what is wrong stands below each, and the words stay."""
        self._complain(Problems())
        words = {each: _text(form_data, each) for each in ("name", "phone", "email")}
        try:
            await perform(self, contact_edit.save, self.contact.id, **words)
        except InvalidContact as refusal:
            self._complain(refusal.problems)
            return None
        except PhoneTaken as refusal:
            self._complain(Problems(phone=refusal.message), refusal.contact_id)
            return None
        return await self._done("The contact is saved.")

    @rx.event
    @allow("admin")
    async def delete(self) -> EventSpec:
        """Delete the contact; its conversations stay."""
        await perform(self, contact_edit.delete, self.contact.id)
        return await self._done("The contact is deleted. Its conversations stay.")

    @rx.event
    @allow("admin")
    async def erase(self) -> EventSpec:
        """Delete the contact with all that was said and sent."""
        done = await perform(self, erasure.erase, self.contact.id)
        noun = "message" if done.messages == 1 else "messages"
        return await self._done(f"The customer is erased, with {done.messages} {noun}.")

    async def _open(self, contact: int) -> None:
        found = await look(self, contact_list.detail, contact)
        self.reset()
        self.contact, self.shown = found, True

    async def _done(self, words: str) -> EventSpec:
        self.reset()
        listed = await self.get_state(Contacts)
        listed.picked = []
        await listed._read()
        return rx.toast.success(words)

    def _complain(self, problems: Problems, taken: int = 0) -> None:
        self.name_problem, self.phone_problem = problems.name, problems.phone
        self.email_problem, self.taken = problems.email, taken


class ContactMerge(rx.State):
    """The dialog that makes one contact of two."""

    shown: bool = False
    kept: int = 0
    gone: int = 0  # 0: still to be chosen
    kept_title: str = ""
    gone_title: str = ""
    fields: list[Choice] = []  # noqa: RUF012
    conversations: int = 0
    search: str = ""
    found: list[ContactRow] = []  # noqa: RUF012
    problem: str = ""

    @rx.event
    @allow("admin")
    async def start(self) -> None:
        """Open the dialog with the two rows that were chosen."""
        picked = (await self.get_state(Contacts)).picked
        if len(picked) == 2:
            self.reset()
            self.kept, self.gone = picked
            await self._preview()

    @rx.event
    @allow("admin")
    async def start_with(self) -> None:
        """Go from a contact's dialog to the search for its double."""
        card = await self.get_state(ContactCard)
        contact = await look(self, contact_list.detail, card.contact.id)
        card.reset()
        self.reset()
        self.kept, self.kept_title, self.shown = contact.id, contact.title, True
        await self._find()

    @rx.event
    @allow("admin")
    async def search_for(self, words: str) -> None:
        """Look for the other contact."""
        self.search = words[:SEARCH_LENGTH]
        await self._find()

    @rx.event
    @allow("admin")
    async def choose_other(self, contact: int) -> None:
        """This is the other one; show what would survive."""
        self.gone = contact
        await self._preview()

    @rx.event
    @allow("admin")
    def choose(self, field: Field, side: Side) -> None:
        """Whose value of this field survives."""
        self.fields = [
            Choice(each.field, each.label, each.kept, each.gone, side, each.open)
            if each.field == field and each.open
            else each
            for each in self.fields
        ]

    @rx.event
    @allow("admin")
    def close(self, shown: bool) -> None:
        """The dialog closed; it opens by its own events."""
        if not shown:
            self.reset()

    @rx.event
    @allow("admin")
    async def merge(self) -> EventSpec | None:
        """Make one contact of both."""
        if not self.gone:
            return None
        sides: dict[Field, Side] = {each.field: each.side for each in self.fields}
        try:
            title = await perform(self, contact_merge.merge, self.kept, self.gone, sides)
        except Invalid as refusal:
            self.problem = refusal.message
            return None
        self.reset()
        listed = await self.get_state(Contacts)
        listed.picked = []
        await listed._read()
        return rx.toast.success(f"Both are one contact now: {title}.")

    async def _find(self) -> None:
        page = await look(self, contact_list.page, self.search, None, FOUND_TO_MERGE + 1)
        self.found = [row for row in page.rows if row.id != self.kept][:FOUND_TO_MERGE]

    async def _preview(self) -> None:
        try:
            found: Preview = await look(self, contact_merge.preview, self.kept, self.gone)
        except Invalid as refusal:
            self.gone, self.problem = 0, refusal.message
            return
        self.kept_title, self.gone_title = found.kept_title, found.gone_title
        self.fields, self.conversations = found.fields, found.conversations
        self.problem, self.shown = "", True


def _text(form: dict[str, Any], name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
