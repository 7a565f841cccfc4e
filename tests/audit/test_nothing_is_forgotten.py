"""Whatever an admin may change leaves a line: found by reading the code of the domain."""

import ast
import textwrap
from collections.abc import Iterator
from pathlib import Path

import domain

# What an admin starts and no line tells of, each with the reason.
WITHOUT_A_LINE = {
    "connecting.retry": "does a step of a connection again whose line is written",
    "contact_import.note_end": "writes into the line of `note_start`",
    "contact_import.take_over": "one batch of an import; `note_start` writes the line of the whole",
    "webhook_dry_run.run": "what it tries out is undone",
    "webhook_replay.step": "one batch of a replay; `note_start` writes the line of the whole",
}
ASKS_FOR_AN_ADMIN, WRITES_A_LINE = "access.require_admin", "audit.note"
CHANGES_ROWS = {"delete", "insert", "update", "insert_into", "setattr"}


class Code:
    """The functions of some modules, and what each of them calls."""

    def __init__(self, sources: dict[str, str]) -> None:
        self.calls: dict[str, set[str]] = {}
        self.changing: set[str] = set()
        for module, source in sources.items():
            tree = ast.parse(source)
            known = {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}
            names = dict(_imported(tree)) | {name: f"{module}.{name}" for name in known}
            for function in tree.body:
                if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                    self._read(f"{module}.{function.name}", function, names)

    def _read(self, name: str, function: ast.AST, names: dict[str, str]) -> None:
        nodes = list(ast.walk(function))
        # Not only calls: `db.run(connections.save, …)` hands a function on.
        used = {ast.unparse(n) for n in nodes if isinstance(n, ast.Attribute | ast.Name)}
        # A parameter named like a function of the module is not that function.
        used -= {node.arg for node in nodes if isinstance(node, ast.arg)}
        self.calls[name] = {names.get(each, each) for each in used}
        if any(_changes_a_row(node) for node in nodes):
            self.changing.add(name)

    def reach(self, name: str) -> set[str]:
        """The function and all it calls, at any depth."""
        found, waiting = {name}, [name]
        while waiting:
            new = self.calls.get(waiting.pop(), set()) - found
            found |= new
            waiting += new
        return found

    def forgotten(self) -> set[str]:
        """Public functions for admins that change rows and write no line."""
        reached = {name: self.reach(name) for name in self.calls if "._" not in name}
        return {
            name
            for name, found in reached.items()
            if ASKS_FOR_AN_ADMIN in found and found & self.changing and WRITES_A_LINE not in found
        }


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """`from domain.access import require_admin` makes it known by its short name."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("domain."):
            module = (node.module or "").removeprefix("domain.")
            yield from ((each.asname or each.name, f"{module}.{each.name}") for each in node.names)


def _changes_a_row(node: ast.AST) -> bool:
    """A row's field is set, or the session or a statement is told to change rows."""
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        parts = [part for target in targets for part in ast.walk(target)]
        return any(isinstance(p, ast.Attribute) and isinstance(p.ctx, ast.Store) for p in parts)
    if not isinstance(node, ast.Call):
        return False
    called = ast.unparse(node.func)
    told = called.startswith("session.") and called[8:] in ("add", "add_all", "delete", "merge")
    return told or called.rpartition(".")[2] in CHANGES_ROWS


def ours() -> Code:
    files = Path(domain.__path__[0]).glob("*.py")
    return Code({file.stem: file.read_text(encoding="utf-8") for file in files})


def test_every_change_by_an_admin_leaves_a_line() -> None:
    assert ours().forgotten() == set(WITHOUT_A_LINE)


def test_the_search_sees_the_changes_that_there_are() -> None:
    """Else nothing would be forgotten because nothing is found."""
    code = ours()
    code.calls = {name: used - {WRITES_A_LINE} for name, used in code.calls.items()}
    assert code.forgotten() >= {
        "accounts.change_role",
        "accounts.remove_member",
        "accounts.save_workspace",
        "assistants.create",
        "assistants.save",
        "connecting.connect_manually",
        "connecting.end",
        "connecting.finish_signup",
        "connections.disconnect",
        "connections.save",
        "invitations.cancel",
        "invitations.invite",
        "messaging_settings.save",
        "passages.delete",
        "passages.save",
    }


def test_a_new_change_without_a_line_is_found() -> None:
    code = Code(
        {
            "access": "def require_admin(actor): ...",
            "audit": "def note(session, actor): session.add(actor)",
            "shelves": textwrap.dedent("""
                from domain.access import require_admin

                def look(session, actor):
                    require_admin(actor)

                def paint(session, actor):
                    row = _found(session, actor)
                    row.colour = "red"

                def build(session, actor):
                    session.add(_found(session, actor))
                    audit.note(session, actor)

                def _found(session, actor):
                    require_admin(actor)
            """),
            "moving": "async def move(actor): await db.run(shelves.paint, actor)",
        }
    )
    assert code.forgotten() == {"shelves.paint", "moving.move"}
