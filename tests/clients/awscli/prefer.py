"""AWS CLI plugin: adds the header that asks the mock for an error."""

import os


def awscli_initialize(cli):
    if prefer := os.environ.get("PREFER"):
        cli.register("before-send", lambda request, **_: request.headers.update(Prefer=prefer))
