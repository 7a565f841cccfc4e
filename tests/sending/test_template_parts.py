"""Templates without a database: variables, prefill, preview, checks, what is sent."""

from typing import Any

import pytest

from domain import template_parts
from domain.template_parts import Choice, Person, components, preview
from models import Template

LUCIA = Person("Lucía Marín", "+34612555014", "lucia@demo.test", "@lucia")


def template(*components: dict[str, Any], **facts: Any) -> Template:
    given: dict[str, Any] = {
        "id": 1,
        "workspace_id": 1,
        "waba_id": "1",
        "name": "order_update",
        "language": "es",
        "category": "UTILITY",
        "status": "APPROVED",
    }
    return Template(**given | facts, components=list(components))


def body(text: str, **example: Any) -> dict[str, Any]:
    return {"type": "BODY", "text": text} | ({"example": example} if example else {})


def buttons(*given: dict[str, Any]) -> dict[str, Any]:
    return {"type": "BUTTONS", "buttons": list(given)}


def read(*components: dict[str, Any], **facts: Any) -> Choice:
    return template_parts.choice(template(*components, **facts), LUCIA)


TRACK = {
    "type": "URL",
    "text": "Track",
    "url": "https://shop.test/o/{{1}}",
    "example": ["https://shop.test/o/A1"],
}
CODE = {"type": "OTP", "otp_type": "COPY_CODE", "text": "Copy code"}


def keys(choice: Choice) -> list[tuple[str, str, str]]:
    return [(each.key, each.label, each.example) for each in choice.variables]


class TestVariables:
    def test_numbers_come_in_order_whatever_the_text_does(self) -> None:
        found = read(body("{{2}} for {{1}}, {{2}}!", body_text=[["Rui", "4471"]]))
        assert keys(found) == [("body.1", "{{1}}", "Rui"), ("body.2", "{{2}}", "4471")]

    def test_names_come_as_they_stand(self) -> None:
        example = [{"param_name": "order_number", "example": "4471"}]
        found = read(
            body("{{order_number}} for {{first_name}}.", body_text_named_params=example),
            parameter_format="NAMED",
        )
        assert keys(found) == [
            ("body.order_number", "Order number", "4471"),
            ("body.first_name", "First name", ""),
        ]

    def test_a_header_and_a_link_have_their_own(self) -> None:
        header = {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}"}
        header["example"] = {"header_text": ["4471"]}
        found = read(header, body("Ready."), buttons(TRACK))
        assert keys(found) == [
            ("header.1", "Header {{1}}", "4471"),
            ("button.0", "End of the link “Track”", "A1"),
        ]

    def test_a_coupon_has_a_code(self) -> None:
        coupon = {"type": "COPY_CODE", "text": "Copy offer code", "example": "SPRING10"}
        found = read(body("Sale."), buttons(coupon))
        assert keys(found) == [("button.0", "Code to copy", "SPRING10")]

    def test_a_verification_code_is_asked_for_once(self) -> None:
        found = read(body("*{{1}}* is your code."), buttons(CODE), category="AUTHENTICATION")
        assert keys(found) == [("body.1", "Code", "")]
        assert found.variables[0].value == ""

    @pytest.mark.parametrize("form", ["IMAGE", "VIDEO", "DOCUMENT"])
    def test_a_media_header_needs_a_file(self, form: str) -> None:
        found = read({"type": "HEADER", "format": form}, body("Look."))
        assert (found.needs_file, found.header_kind) == (True, form.lower())

    @pytest.mark.parametrize(
        "odd",
        [
            {"type": "CAROUSEL", "cards": []},
            {"type": "HEADER", "format": "LOCATION"},
            buttons({"type": "FLOW", "text": "Book"}),
        ],
    )
    def test_what_cannot_be_filled_in_here_says_so(self, odd: dict[str, Any]) -> None:
        assert "cannot be filled in here" in read(body("Look."), odd).problem

    def test_a_plain_one_has_no_problem(self) -> None:
        assert read(body("Hello."), {"type": "FOOTER", "text": "Bye"}).problem == ""

    def test_nonsense_from_meta_breaks_nothing(self) -> None:
        found = read({"type": "BODY", "text": "{{1}}", "example": {"body_text": "x"}}, {"odd": 1})
        assert [each.example for each in found.variables] == [""]


class TestPrefill:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("first_name", "Lucía"),
            ("name", "Lucía"),
            ("customer_name", "Lucía"),
            ("nombre", "Lucía"),
            ("full_name", "Lucía Marín"),
            ("phone", "+34612555014"),
            ("email", "lucia@demo.test"),
            ("username", "@lucia"),
            ("order_number", ""),
            ("filename", ""),
        ],
    )
    def test_known_names(self, name: str, value: str) -> None:
        (variable,) = read(body(f"x {{{{{name}}}}}."), parameter_format="NAMED").variables
        assert variable.value == value

    def test_the_first_value_is_a_name(self) -> None:
        assert [v.value for v in read(body("Hi {{1}}, {{2}}.")).variables] == ["Lucía", ""]

    def test_unless_its_example_is_a_number(self) -> None:
        found = read(body("Order {{1}} left.", body_text=[["4471"]]))
        assert found.variables[0].value == ""

    def test_nobody_is_called_by_a_name_we_do_not_know(self) -> None:
        found = template_parts.choice(template(body("Hi {{1}}.")), Person())
        assert found.variables[0].value == ""


class TestPreview:
    def test_it_is_what_the_phone_shows(self) -> None:
        header = {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}"}
        found = read(header, body("Hi {{1}}."), {"type": "FOOTER", "text": "Bye"}, buttons(TRACK))
        shown = preview(found, {"header.1": "4471", "body.1": " Lucía ", "button.0": "A-1"})
        assert (shown.header, shown.body, shown.footer) == ("Order 4471", "Hi Lucía.", "Bye")
        assert shown.buttons[0].detail == "https://shop.test/o/A-1"
        assert shown.problems == {}

    def test_what_is_missing_stays_open_and_is_named(self) -> None:
        found = read(body("Hi {{1}}, {{2}}."))
        shown = preview(found, {"body.1": "Lucía"})
        assert shown.body == "Hi Lucía, {{2}}."
        assert template_parts.first_problem(found, shown) == "{{2}}: Fill this in."

    def test_a_value_is_not_filled_in_again(self) -> None:
        found = read(body("Hi {{1}}, {{2}}."))
        assert preview(found, {"body.1": "{{2}}", "body.2": "x"}).body == "Hi {{2}}, x."

    @pytest.mark.parametrize(
        "value", ["", "   ", "a\nb", "a\tb", "a     b", "a\rb", None, 7, {"x": 1}, "x" * 1025]
    )
    def test_values_meta_refuses(self, value: object) -> None:
        assert "body.1" in preview(read(body("Hi {{1}}.")), {"body.1": value}).problems

    @pytest.mark.parametrize("value", ["Ana", "a    b", "👨‍👩‍👧", "x" * 1020, "a b"])
    def test_values_meta_takes(self, value: str) -> None:
        assert preview(read(body("Hi {{1}}.")), {"body.1": value}).problems == {}

    def test_the_whole_text_may_have_1024_characters(self) -> None:
        found = read(body("Hi {{1}}."))
        assert preview(found, {"body.1": "x" * 1020}).problems == {}
        assert "body" in preview(found, {"body.1": "x" * 1021}).problems

    def test_the_header_may_have_60(self) -> None:
        header = {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}"}
        found = read(header, body("Ready."))
        assert preview(found, {"header.1": "x" * 54}).problems == {}
        assert "header" in preview(found, {"header.1": "x" * 55}).problems

    def test_a_link_has_no_spaces(self) -> None:
        found = read(body("Ready."), buttons(TRACK))
        assert "button.0" in preview(found, {"button.0": "A 1"}).problems

    def test_a_code_has_15_characters(self) -> None:
        found = read(body("*{{1}}* is it."), buttons(CODE), category="AUTHENTICATION")
        assert preview(found, {"body.1": "1" * 15}).problems == {}
        assert "body.1" in preview(found, {"body.1": "1" * 16}).problems


class TestWhatIsSent:
    def test_numbered_values_in_order(self) -> None:
        found = read(body("{{2}} for {{1}}"))
        assert components(found, {"body.2": "b", "body.1": "a"}) == [
            {
                "type": "body",
                "parameters": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
            }
        ]

    def test_named_values_with_their_names(self) -> None:
        found = read(body("{{first_name}}!"), parameter_format="NAMED")
        (part,) = components(found, {"body.first_name": "Rui"})
        assert part["parameters"] == [
            {"type": "text", "parameter_name": "first_name", "text": "Rui"}
        ]

    def test_a_link(self) -> None:
        quick = {"type": "QUICK_REPLY", "text": "OK"}
        found = read(body("Ready."), buttons(quick, TRACK))
        assert components(found, {"button.1": "A1"}) == [
            {
                "type": "button",
                "sub_type": "url",
                "index": "1",
                "parameters": [{"type": "text", "text": "A1"}],
            }
        ]

    def test_a_coupon(self) -> None:
        found = read(body("Sale."), buttons({"type": "COPY_CODE", "text": "Copy"}))
        (part,) = components(found, {"button.0": "SPRING"})
        assert part["sub_type"] == "copy_code"
        assert part["parameters"] == [{"type": "coupon_code", "coupon_code": "SPRING"}]

    def test_a_verification_code_goes_into_its_button_too(self) -> None:
        found = read(body("*{{1}}* is it."), buttons(CODE), category="AUTHENTICATION")
        text = [{"type": "text", "text": "123456"}]
        assert components(found, {"body.1": "123456"}) == [
            {"type": "body", "parameters": text},
            {"type": "button", "sub_type": "url", "index": "0", "parameters": text},
        ]

    def test_nothing_for_a_template_without_variables(self) -> None:
        assert components(read(body("Hello.")), {"body.9": "x"}) == []
