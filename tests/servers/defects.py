"""Which of its defects the server has: `--defect ID` switches one on, `--list` prints them all."""

KNOWN = {}
_switched = set()


def defect(identity, says):
    """Declares a defect, so that `--list` and the score know it."""
    assert identity not in KNOWN, identity
    KNOWN[identity] = says
    return identity


def declare(text):
    """Declares the defects of a table: a line each, `ID  what goes wrong`."""
    for line in text.strip().splitlines():
        identity, says = line.strip().split(None, 1)
        defect(identity, says)


def switch_on(identity):
    if identity not in KNOWN:
        raise SystemExit(f"no defect is named {identity}; --list prints them")
    _switched.add(identity)


def has(identity):
    """Whether the server has the defect."""
    assert identity in KNOWN, identity
    return identity in _switched
