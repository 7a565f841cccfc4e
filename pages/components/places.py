"""The pages of the product that the frame leads to: name, label, icon, address."""

PLACES = (
    ("inbox", "Inbox", "inbox", "/inbox/open/"),
    ("assistants", "Assistants", "bot", "/assistants/"),
    ("contacts", "Contacts", "users", "/contacts/"),
    ("analytics", "Analytics", "chart-column", "/analytics/"),
    ("settings", "Settings", "settings", "/settings/"),
)
