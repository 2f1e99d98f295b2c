"""schema.py SCHEMA FILE...: is every line of these files as `tcpdwell schema` says, and does a reader that has only
doubles read every number as it is written? Exit: 0 yes, 1 no, 77 there is no validator here.

A line is validated by python3-jsonschema once for each shape: lines are alike if nothing that a schema can ask differs.
Fields that the schema does not know are refused, which the published schema leaves open.
"""
import json
import sys

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed")
    sys.exit(77)


def is_exact(number):
    return int(float(number)) == number


def shape(value):
    """All of a value that a schema may ask for; a text may be one of a few words, or digits."""
    if isinstance(value, dict):
        return tuple((key, shape(part)) for key, part in value.items())
    if isinstance(value, list):
        parts = [shape(part) for part in value]
        return tuple(parts) if len(parts) < 4 else frozenset(parts)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return ("number", value < 0, is_exact(value))
    return value if len(value) < 24 and not value.isdigit() else ("text", value.isdigit())


def numbers(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from numbers(part)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield value


class Lines:
    """What was validated, with a validator for each event."""

    def __init__(self, schema):
        jsonschema.Draft202012Validator.check_schema(schema)
        self.validators = {}
        for name, event in schema["$defs"].items():
            event = dict(event, additionalProperties=False)
            self.validators[name] = jsonschema.Draft202012Validator(event)
        self.shapes = set()
        self.events = {}

    def problem(self, line):
        """What is wrong with a line, or nothing."""
        try:
            value = json.loads(line)
        except ValueError as error:
            return str(error)
        event = value.get("event") if isinstance(value, dict) else None
        if event not in self.validators or next(iter(value)) != "event":
            return "no event that the schema knows"
        self.events[event] = self.events.get(event, 0) + 1
        alike = shape(value)
        if alike in self.shapes:
            return ""
        for error in self.validators[event].iter_errors(value):
            return f"{event}: {'/'.join(map(str, error.path))}: {error.message[:200]}"
        for number in numbers(value):
            if not is_exact(number):
                return f"{event}: no double holds {number}"
        self.shapes.add(alike)
        return ""


def main(schema, *files):
    with open(schema, encoding="utf-8") as file:
        lines = Lines(json.load(file))
    for path in files:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                # Who was killed has not finished its last line.
                problem = lines.problem(line) if line.endswith("\n") else ""
                if problem:
                    print(f"{path.rsplit('/', 1)[-1]}, line {number}: {problem}")
                    return 1
    told = ", ".join(f"{n} {event}" for event, n in sorted(lines.events.items()))
    print(f"{told}: {len(lines.shapes)} shapes of lines in {len(files)} files")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
