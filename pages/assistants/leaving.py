"""Asks before a page with unsaved changes is left: by a link, the back button or the browser."""

import reflex as rx


class LeaveGuard(rx.Component):
    """Shows nothing; while `changed`, leaving needs a yes."""

    tag = "LeaveGuard"

    changed: rx.Var[bool]
    question: rx.Var[str]

    def add_imports(self) -> dict[str, list[str]]:
        return {"react": ["useEffect"], "react-router": ["useBlocker"]}

    def add_custom_code(self) -> list[str]:
        return [_CODE]


leave_guard = LeaveGuard.create

_CODE = """
function LeaveGuard({ changed, question }) {
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      changed && currentLocation.pathname !== nextLocation.pathname,
  );
  useEffect(() => {
    if (blocker.state !== "blocked") return;
    if (window.confirm(question)) blocker.proceed();
    else blocker.reset();
  }, [blocker, question]);
  useEffect(() => {
    if (!changed) return;
    const ask = (event) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [changed]);
  return null;
}
"""
