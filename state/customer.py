"""The customer of the open conversation: their contact, and what was before."""

from typing import Any

import reflex as rx
from reflex.event import EventSpec

from domain import contact_list, customer_contact, earlier
from domain.contact_edit import PhoneTaken
from domain.contact_fields import InvalidContact, Problems
from domain.contact_list import ContactRow
from domain.customer_contact import Draft
from domain.earlier import Past
from state.guard import allow, look, perform
from state.thread import opened, reread

__all__ = ["ContactRow", "Customer", "Earlier", "Past"]

MOST_FOUND = 8


class Earlier(rx.State):
    """Read when a conversation opens, closes or gets another contact: rarely."""

    past: list[Past] = []  # noqa: RUF012  a var's default; Reflex copies it

    @rx.event
    @allow("agent")
    async def load(self) -> None:
        """The list of the open conversation was drawn anew."""
        number = await opened(self)
        self.past = await look(self, earlier.of, number) if number else []


class Customer(rx.State):
    """The two dialogs of the customer's card; each is about the conversation it was opened in."""

    editing: bool = False
    draft: Draft = Draft()
    name_problem: str = ""
    phone_problem: str = ""
    email_problem: str = ""
    taken: int = 0  # who has the number already
    finding: bool = False
    search: str = ""
    found: list[ContactRow] = []  # noqa: RUF012
    _of: int = 0

    @rx.event
    @allow("agent")
    async def edit(self) -> None:
        """Open the fields of the contact, or of a new one with what WhatsApp tells."""
        number = await opened(self)
        draft = await look(self, customer_contact.draft, number)
        self.reset()
        self._of, self.draft, self.editing = number, draft, True

    @rx.event
    @allow("agent")
    async def save(self, form_data: dict[str, Any]) -> EventSpec | None:
        """Store the fields; what is wrong stands below each, and the words stay."""
        self._complain(Problems())
        words = {each: _text(form_data, each) for each in ("name", "phone", "email")}
        try:
            await perform(self, customer_contact.save, self._of, **words)
        except InvalidContact as refusal:
            self._complain(refusal.problems)
            return None
        except PhoneTaken as refusal:
            self._complain(Problems(phone=refusal.message), refusal.contact_id)
            return None
        return await self._done("The contact is saved.")

    @rx.event
    @allow("agent")
    async def link_taken(self) -> EventSpec | None:
        """The contact that has the number is this customer."""
        return await self._link(self.taken) if self.taken and not self.draft.contact else None

    @rx.event
    @allow("agent")
    async def find(self) -> None:
        """Open the search for the contact that this customer is."""
        number = await opened(self)
        await look(self, customer_contact.draft, number)
        self.reset()
        self._of, self.finding = number, True
        await self._find()

    @rx.event
    @allow("agent")
    async def search_for(self, words: str) -> None:
        """Contacts with these words, digits or letters of an e-mail."""
        self.search = words[: contact_list.LONGEST_SEARCH]
        await self._find()

    @rx.event
    @allow("agent")
    async def link(self, contact: int) -> EventSpec:
        """The customer is this contact."""
        return await self._link(contact)

    @rx.event
    @allow("agent")
    async def unlink(self) -> EventSpec:
        """The customer is no contact any more."""
        await perform(self, customer_contact.unlink, await opened(self))
        return await self._done("The customer is not linked to a contact any more.")

    @rx.event
    @allow("agent")
    def close(self, shown: bool) -> None:
        """A dialog closed; they open by their own events."""
        if not shown:
            self.reset()

    async def _link(self, contact: int) -> EventSpec:
        await perform(self, customer_contact.link, self._of, contact)
        return await self._done("The customer is linked to the contact.")

    async def _find(self) -> None:
        page = await look(self, contact_list.page, self.search, None, MOST_FOUND)
        self.found = page.rows

    async def _done(self, words: str) -> EventSpec:
        self.reset()
        await reread(self)
        return rx.toast.success(words)

    def _complain(self, problems: Problems, taken: int = 0) -> None:
        self.name_problem, self.phone_problem = problems.name, problems.phone
        self.email_problem, self.taken = problems.email, taken


def _text(form: dict[str, Any], name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
