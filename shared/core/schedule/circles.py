"""Tasks that depend on each other in a circle."""

from __future__ import annotations

from collections.abc import Mapping

from shared.core.schedule.day_tasks import Task


def find_circles(tasks: Mapping[str, Task]) -> tuple[tuple[Task, ...], ...]:
    """Return tasks that depend on each other in a circle, each before the one it depends on; none stands in two."""
    left = _Left(tasks)
    circles = []
    for task in sorted(tasks.values(), key=lambda task: (task.title, task.id)):
        path: dict[str, None] = {}
        while task.id in left.needs:  # what is left depends on something that is left: following it leads round
            name = left.find_next(next(reversed(path))) if path else task.id
            if name in path:
                names = list(path)
                circle = names[names.index(name) :]
                circles.append(tuple(tasks[each] for each in circle))
                left.take(circle)
                path = {each: None for each in names if each in left.needs}
            else:
                path[name] = None
    return tuple(circles)


class _Left:
    """Tasks that may be part of a circle: what waits for none of the others is taken out."""

    def __init__(self, tasks: Mapping[str, Task]) -> None:
        self.needs = {name: {n: None for n in task.depends_on if n in tasks} for name, task in tasks.items()}
        self._after: dict[str, list[str]] = {}
        for name, needs in self.needs.items():
            for needed in needs:
                self._after.setdefault(needed, []).append(name)
        self.take([name for name, needs in self.needs.items() if not needs])

    def find_next(self, name: str) -> str:
        """Return the first that it depends on."""
        return next(iter(self.needs[name]))

    def take(self, names: list[str]) -> None:
        """Take these out, and whatever then waits for none."""
        todo = list(names)
        while todo:
            name = todo.pop()
            if self.needs.pop(name, None) is None:
                continue
            for after in self._after.get(name, ()):
                if after in self.needs:
                    self.needs[after].pop(name, None)
                    if not self.needs[after]:
                        todo.append(after)
