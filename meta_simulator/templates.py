"""Message templates: list, create, edit, delete, review."""

import contextlib
from typing import Any

import orjson

from meta_simulator import template_check, template_codes
from meta_simulator.call import Call
from meta_simulator.core import Core
from meta_simulator.errors import bad_param, template_error, unknown_object
from meta_simulator.fields import page, pick
from meta_simulator.shapes import as_list
from meta_simulator.world import Json, Template

DEFAULT_FIELDS = "name parameter_format components language status category id"
LOCK_DAYS = 30
LIMIT = 6000
EDITABLE = ("APPROVED", "REJECTED", "PAUSED")
REVIEW_AFTER = 3.0
KIND = "WhatsAppMessageTemplate"


async def list_templates(call: Call) -> Json:
    """GET /{waba_id}/message_templates with filters, fields and cursors."""
    kept = [t for t in _of(call.core, call.node) if _matches(call, t)]
    result = page(call, [pick(call, node(t), DEFAULT_FIELDS, KIND) for t in kept])
    if summary := call.text("summary"):
        count = len(_of(call.core, call.node))
        facts = {
            "total_count": len(kept),
            "message_template_count": count,
            "message_template_limit": LIMIT,
            "are_translations_complete": True,
        }
        result["summary"] = {k: v for k, v in facts.items() if k in summary}
    return result


async def read(call: Call) -> Json:
    """GET /{template_id}."""
    return pick(call, node(call.core.world.templates[call.node]), DEFAULT_FIELDS, KIND)


async def create(call: Call) -> Json:
    """POST /{waba_id}/message_templates."""
    template = template_check.new_template(call)
    _check_free(call, template)
    call.core.world.templates[template.id] = template
    plan_review(call.core, template)
    call.core.traffic.tell("world")
    return {"id": template.id, "status": template.status, "category": template.category}


async def edit(call: Call) -> Json:
    """POST /{template_id}: replaces the components; goes to review again."""
    template = call.core.world.templates[call.node]
    _check_editable(call, template)
    if components := decoded(call.params.get("components")):
        template_check.check_components(components, template.category, template.parameter_format)
        is_code = template.category == "AUTHENTICATION"
        template.components = template_codes.written(components) if is_code else components
    if call.text("message_send_ttl_seconds"):
        template.ttl = int(call.text("message_send_ttl_seconds"))
    template.edits.append(call.core.clock.now())
    template.status, template.rejected_reason = "PENDING", "NONE"
    plan_review(call.core, template)
    call.core.traffic.tell("world")
    return {"success": True}


async def delete(call: Call) -> Json:
    """DELETE by name (all languages), by hsm_id and name (one), or by hsm_ids."""
    doomed = _doomed(call)
    if not doomed:
        raise template_error(2593002, "Message template not found", "No such template.")
    for template in doomed:
        _remove(call.core, template)
    call.core.traffic.tell("world")
    return {"success": True}


def review(core: Core, template: Template, verdict: str, reason: str = "NONE") -> None:
    """Set a status and tell the apps: APPROVED, REJECTED, PAUSED, DISABLED…"""
    template.status = verdict
    template.rejected_reason = reason if verdict == "REJECTED" else "NONE"
    value = status_value(core, template, verdict, reason if verdict == "REJECTED" else "NONE")
    if verdict in ("PAUSED", "DISABLED"):
        title = "FIRST_PAUSE" if verdict == "PAUSED" else "DISABLED"
        value["other_info"] = {"title": title, "description": "Low quality feedback."}
    core.delivery.emit(template.waba_id, "message_template_status_update", value)
    core.traffic.tell("world")


def status_value(core: Core, template: Template, event: str, reason: str = "NONE") -> Json:
    """The `value` of message_template_status_update; the id is an integer here."""
    dashed = core.faults.take("dashed_language")
    return {
        "event": event,
        "message_template_id": int(template.id),
        "message_template_name": template.name,
        "message_template_language": template.language.replace("_", "-" if dashed else "_"),
        "message_template_category": template.category,
        "reason": reason,
    }


def plan_review(core: Core, template: Template) -> None:
    """Meta looks at the template a little later."""

    async def decide() -> None:
        if template.status != "PENDING" or template.id not in core.world.templates:
            return
        if core.faults.take("hold_templates"):
            return
        if core.faults.take("reject_templates"):
            review(core, template, "REJECTED", "INVALID_FORMAT")
        else:
            template.quality = "UNKNOWN"
            review(core, template, "APPROVED")

    core.schedule.add(core.clock.now() + REVIEW_AFTER, decide, "template review")


def node(template: Template) -> Json:
    """Every field of a template node."""
    return {
        "id": template.id,
        "name": template.name,
        "language": template.language,
        "status": template.status,
        "category": template.category,
        "sub_category": None,
        "previous_category": template.previous_category or None,
        "correct_category": None,
        "library_template_name": None,
        "degrees_of_freedom_spec": None,
        "parameter_format": template.parameter_format,
        "components": template.components,
        "rejected_reason": template.rejected_reason,
        "quality_score": {"score": template.quality, "date": int(template.created)},
        "message_send_ttl_seconds": template.ttl,
        "cta_url_link_tracking_opted_out": False,
        "health_status": {"can_send_message": "AVAILABLE", "entities": []},
    }


def decoded(value: Any) -> Any:
    """Form bodies carry lists as JSON text."""
    if isinstance(value, str):
        with contextlib.suppress(orjson.JSONDecodeError):
            return orjson.loads(value)
    return value


def _of(core: Core, waba_id: str) -> list[Template]:
    found = [t for t in core.world.templates.values() if t.waba_id == waba_id]
    return sorted(found, key=lambda t: t.id)


def _matches(call: Call, template: Template) -> bool:
    text = str([c.get("text", "") for c in template.components])
    exact = {
        "name": template.name,
        "language": template.language,
        "status": template.status,
        "category": template.category,
        "quality_score": template.quality,
    }
    for field, value in exact.items():
        wanted = call.text(field)
        if wanted and not _wanted(wanted, value, part=field == "name"):
            return False
    needle = call.text("name_or_content").lower()
    content = call.text("content").lower()
    return needle in f"{template.name} {text}".lower() and content in text.lower()


def _wanted(wanted: str, value: str, *, part: bool) -> bool:
    if part:
        return wanted.lower() in value.lower()
    choices = as_list(decoded(wanted)) or wanted.split(",")
    return value.lower() in [str(choice).strip().lower() for choice in choices]


def _check_free(call: Call, template: Template) -> None:
    waba = call.core.world.wabas[template.waba_id]
    until = waba.locked_templates.get(f"{template.name}:{template.language}", 0.0)
    if until > call.core.clock.now():
        raise template_error(
            2388023,
            "Message template language is being deleted",
            "New content can't be added while the existing content is being deleted. Try again in "
            "4 weeks or create a new message template.",
        )
    for other in _of(call.core, template.waba_id):
        if (other.name, other.language) == (template.name, template.language):
            raise template_error(
                2388024,
                "Content in this language already exists",
                f"There is already {template.language} content for this template.",
            )


def _check_editable(call: Call, template: Template) -> None:
    now = call.core.clock.now()
    month = [t for t in template.edits if now - t < 30 * 86400]
    day = [t for t in month if now - t < 86400]
    too_often = template.status == "APPROVED" and (len(day) >= 1 or len(month) >= 10)
    if template.status not in EDITABLE or too_often:
        raise template_error(
            2388039, "Template can't be edited", "The status of this template can't be changed now."
        )
    category = call.text("category").upper()
    if category and category != template.category:
        if template.status == "APPROVED":
            raise bad_param("The category of an approved template can't be edited.")
        template.previous_category, template.category = template.category, category


def _doomed(call: Call) -> list[Template]:
    everything = _of(call.core, call.node)
    if many := decoded(call.params.get("hsm_ids")):
        wanted = {str(item) for item in many}
        chosen = [t for t in everything if t.id in wanted]
        if len(chosen) != len(wanted) or len(wanted) > 100:
            raise unknown_object(str(sorted(wanted)[0]), call.method)
        return chosen
    name = call.required("name")
    one = call.text("hsm_id")
    return [t for t in everything if t.name == name and one in ("", t.id)]


def _remove(core: Core, template: Template) -> None:
    del core.world.templates[template.id]
    if template.status == "APPROVED":
        until = core.clock.now() + LOCK_DAYS * 86400
        locks = core.world.wabas[template.waba_id].locked_templates
        locks[f"{template.name}:{template.language}"] = until
    value = status_value(core, template, "PENDING_DELETION")
    core.delivery.emit(template.waba_id, "message_template_status_update", value)
