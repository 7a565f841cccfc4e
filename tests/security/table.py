"""Who may do what: every event handler and every route has a row here, and no other exists.

A new handler or route fails `test_matrix` until somebody has thought about its row.
"""

# State -> who may call which of its events. An agent's are an admin's too.
HANDLERS: dict[str, dict[str, str]] = {
    "state.analytics.Analytics": {
        "agent": "leave load",
        "admin": ("choose_channel choose_day choose_days close_day more_of_day refresh show_table"),
    },
    "state.assistants.Assistants": {
        "agent": "load",
        "admin": "ask_name create",
    },
    "state.assistants.Editor": {
        "agent": "leave load",
        "admin": "add_guidance change discard save show",
    },
    "state.assistants.Knowledge": {
        "admin": "delete edit load more save search_for write",
    },
    "state.assistants.Playground": {
        "admin": "ask load",
    },
    "state.attention.Attention": {
        "agent": "refresh",
    },
    "state.audit.AuditTrail": {
        "agent": "leave resume",
        "admin": "choose_kind choose_person load more refresh",
    },
    "state.bulk.Bulk": {
        "agent": "choose choose_shown claim clear close load mark_read",
    },
    "state.channel.Channel": {
        "agent": "leave load",
        "admin": "copy_verify_token refresh",
    },
    "state.command.Command": {
        "agent": "look_for",
    },
    "state.connection.Connection": {
        "agent": "leave load",
        "admin": "close connect_manually disconnect register retry sign_up test",
    },
    "state.contact_import.ContactImport": {
        "admin": (
            "again ask change_columns check download_refused run set_overwrite stop take_for upload"
        ),
    },
    "state.contacts.ContactCard": {
        "agent": "close open open_linked open_taken save write_new",
        "admin": "delete erase",
    },
    "state.contacts.ContactMerge": {
        "admin": "choose choose_other close merge search_for start start_with",
    },
    "state.contacts.Contacts": {
        "agent": "load more search_for to_top",
        "admin": "pick pick_none",
    },
    "state.customer.Customer": {
        "agent": "close edit find link link_taken save search_for unlink",
    },
    "state.customer.Earlier": {
        "agent": "load",
    },
    "state.data_keeping.DataKeeping": {
        "agent": "load",
        "admin": "ask cancel choose confirm",
    },
    "state.filtering.Filtering": {
        "agent": "choose clear only_unread open",
    },
    "state.handling.Handling": {
        "agent": (
            "claim close pause pause_longer pause_other release reopen resume_ai stop_timer "
            "switch_ai take_over"
        ),
    },
    "state.how_we_work.HowWeWork": {
        "agent": "load",
        "admin": "choose save",
    },
    "state.inbox.Inbox": {
        "agent": "earlier leave load more refresh top",
    },
    "state.message.OneMessage": {
        "agent": "close delete_note details edit_note explain fetch_again react retry",
    },
    "state.messaging.Messaging": {
        "agent": "leave load",
        "admin": "discard limit save switch tell_read",
    },
    "state.note.Note": {
        "agent": "load save",
    },
    "state.presence.Presence": {
        "agent": "arrive depart refresh",
    },
    "state.reply.Reply": {
        "agent": "answer catch_up send typing undo",
    },
    "state.row_menu.RowMenu": {
        "agent": "claim close mark_read mark_unread",
    },
    "state.saved_replies.SavedReplies": {
        "agent": "close delete edit load save search_for write_new",
    },
    "state.saved_reply.SavedReplies": {
        "agent": "choose save search",
    },
    "state.search.Search": {
        "agent": "clear look_for refresh show_more_messages show_more_people",
    },
    "state.session.Session": {
        "agent": "load",
    },
    "state.settings.Settings": {
        "agent": "change_password load revoke revoke_others save_name show",
        "admin": ("cancel_invitation change_role choose_time_zone invite remove save_workspace"),
    },
    "state.sign_in.Invite": {
        "public": "load",
    },
    "state.sign_in.SetUp": {
        "public": "choose_time_zone load",
    },
    "state.sign_in.SignIn": {
        "public": "load",
    },
    "state.suggestion.Suggestion": {
        "agent": "ask",
    },
    "state.system.System": {
        "agent": "leave load",
        "admin": "refresh",
    },
    "state.template.Templates": {
        "agent": "search send",
    },
    "state.template_deletion.TemplateDeletion": {
        "admin": "ask choose close delete",
    },
    "state.template_draft.TemplateDraft": {
        "agent": "leave load",
        "admin": (
            "add_button advise begin cancel choose drop_button fix restore start submit "
            "write write_button write_example"
        ),
    },
    "state.templates.TemplateSync": {
        "agent": "leave load",
        "admin": "run",
    },
    "state.templates.Templates": {
        "agent": "leave load",
        "admin": "more refresh search_for show_all show_category show_status to_top",
    },
    "state.thread.Thread": {
        "agent": "jump latest newer older open refresh seen",
    },
    "state.webhook_dry_run.DryRun": {
        "admin": "ask run",
    },
    "state.webhook_log.Delivery": {
        "agent": "leave load",
        "admin": "download refresh replay show_pretty",
    },
    "state.webhook_log.WebhookLog": {
        "agent": "leave load",
        "admin": "newest older refresh",
    },
    "state.webhook_replay.WebhookReplay": {
        "admin": "ask cancel choose_again measure start",
    },
}

# Who asks, in the order of the columns below: nobody, a tab signed out, a member who was removed,
# an agent, an admin, an admin of another workspace.
PEOPLE = ("nobody", "signed out", "removed", "agent", "admin", "stranger")

# Method and path -> the answer to each of them: a status, and for a form where it leads.
ROUTES: dict[tuple[str, str], tuple[str, ...]] = {
    ("GET", "/"): ("307 /inbox/open/",) * 6,
    ("GET", "/health"): ("200",) * 6,
    # Off without a token, and with one it is the token that counts (tests/operation).
    ("GET", "/metrics"): ("404",) * 6,
    ("GET", "/ping"): ("200",) * 6,
    ("GET", "/_health"): ("200",) * 6,
    # A guess by whoever it is: the form says so, and the session stays what it was.
    ("POST", "/api/auth/login"): ("303 /sign-in?problem=wrong",) * 6,
    ("POST", "/api/auth/logout"): ("303 /sign-in",) * 6,
    ("POST", "/api/auth/accept-invitation"): ("303 /invite?problem=ended&token=guess",) * 6,
    ("POST", "/api/auth/setup"): ("303 /setup?problem=ended&token=guess",) * 6,
    # Into the workspace of the agent and the admin.
    ("POST", "/api/auth/switch-workspace"): (
        *("303 /sign-in?problem=again",) * 3,
        *("303 /", "303 /", "303 /sign-in?problem=ended"),
    ),
    # Their file, a file for their conversation, the figures of their assistant.
    ("GET", "/api/media/{id:int}"): ("401", "401", "401", "200", "200", "404"),
    ("POST", "/api/media"): ("401", "401", "401", "200", "200", "404"),
    ("GET", "/api/analytics.csv"): ("401", "401", "401", "403", "200", "404"),
    # A guessed verify token, a delivery nobody signed.
    ("GET", "/api/channels/webhook/whatsapp"): ("403",) * 6,
    ("POST", "/api/channels/webhook/whatsapp"): ("401",) * 6,
    # Without naming a tab and an event; test_uploads names them.
    ("POST", "/_upload"): ("401", "401", "401", "400", "400", "400"),
}
# Reflex's own besides: the websocket (test_websocket_origin) and, behind the same gate as uploads,
# a folder in which nothing ever lies.
MOUNTS = {"/_event", "/_upload"}
