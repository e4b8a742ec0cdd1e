import json
import os
import re
import subprocess
from datetime import datetime

import pytest
from botocore import xform_name

from table import OPERATIONS, URL, agree, errors, successes, violations

AWS = ("rds", "backup")
BAD_ARGUMENTS, SERVICE_ERROR = 2, 255


# Lets everything out, prints times in one form, takes a URL for itself, and loads the plugin for the Prefer header.
CONFIG = """
[default]
parameter_validation = false
cli_timestamp_format = iso8601
cli_follow_urlparam = false
[plugins]
prefer = prefer
"""


@pytest.fixture
def aws(tmp_path):
    config = tmp_path / "config"
    config.write_text(CONFIG)
    settings = os.environ | {"AWS_CONFIG_FILE": str(config), "PYTHONPATH": os.path.dirname(__file__)}

    def run(operation, *arguments, service=None, **environment):
        command = [service or OPERATIONS[operation]["service"], xform_name(operation, "-")]
        return subprocess.run(
            ["aws", *command, "--endpoint-url", URL, "--output", "json", *arguments],
            capture_output=True, text=True, timeout=60, env=settings | environment)

    return run


def as_options(sent):
    """The input as a person types it: --start-window-minutes 60 --copy-tags --tags '[...]'."""
    for name, value in sent.items():
        option = xform_name(name, "-")
        if isinstance(value, bool):
            yield f"--{option}" if value else f"--no-{option}"
        else:
            yield from (f"--{option}", value if isinstance(value, str) else json.dumps(value))


def parsed(value):
    """The printed answer with its times as moments."""
    if isinstance(value, dict):
        return {name: parsed(member) for name, member in value.items()}
    if isinstance(value, list):
        return [parsed(item) for item in value]
    is_time = isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT\d\d:", value)
    return datetime.fromisoformat(value) if is_time else value


def refused(done, operation, code):
    assert done.returncode == SERVICE_ERROR, done.stderr
    assert f"An error occurred ({code}) when calling the {operation} operation: " in done.stderr


@pytest.mark.parametrize("operation, sent, expected", successes(*AWS))
def test_success(aws, operation, sent, expected):
    done = aws(operation, *as_options(sent))
    assert done.returncode == 0, done.stderr
    agree(expected, parsed(json.loads(done.stdout)), sent)


@pytest.mark.parametrize("operation, sent, violation", violations("awscli", *AWS))
def test_violation(aws, operation, sent, violation):
    refused(aws(operation, "--cli-input-json", json.dumps(sent)), operation, violation["code"])


@pytest.mark.parametrize("operation, sent, name, code, status", errors(*AWS, first_only=True))
def test_error(aws, operation, sent, name, code, status):
    refused(aws(operation, *as_options(sent), PREFER=f"code={code}"), operation, code)


def test_operation_unknown_to_the_mock(aws):
    done = aws("DescribeBackupJob", "--backup-job-id", "12345678-1234-1234-1234-123456789012", service="backup")
    refused(done, "DescribeBackupJob", "UnknownOperationException")


def test_required_is_checked_before_sending(aws):
    assert aws("StartBackupJob", AWS_CONFIG_FILE="/dev/null").returncode == BAD_ARGUMENTS
