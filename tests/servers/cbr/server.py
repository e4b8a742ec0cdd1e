"""OTC's Cloud Backup and Recovery, one operation (replicating a backup), written from its page with FastAPI.

    python server.py [--port N] [--defect ID]... | --list

Prints the address it listens on. Without a defect it keeps to the page.
"""

import argparse
import itertools
import json
import re
import socket
import sys
import traceback
import uuid
from pathlib import Path
from typing import Annotated, Optional

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from pydantic import AfterValidator, ConfigDict, create_model
from starlette.exceptions import HTTPException

sys.path.insert(0, str(Path(__file__).parent.parent))
from defects import KNOWN, declare, has, switch_on  # noqa: E402

declare(
    """
    path-unknown-html        an unknown path is answered with a page of HTML
    path-unknown-detail      an unknown path is answered as the framework does
    path-unknown-500         an unknown path is answered with 500
    method-200               any method replicates
    method-500               another method is answered with 500
    auth-unsigned-accepted   a request without credentials is carried out
    auth-no-signature        only tokens are taken, signatures are not
    auth-token-empty         an empty token is taken
    auth-403                 a request without credentials is answered with 403
    auth-500                 a request without credentials is answered with 500
    auth-detail              a request without credentials is answered as the framework does
    body-array-500           a list in place of the object is answered with 500
    body-malformed-500       a body that is no JSON is answered with 500
    body-malformed-422       a body that is no JSON is answered with 422
    body-empty-500           a request without a body is answered with 500
    body-type-charset        a content type with a charset is refused
    body-type-any            any content type is taken
    body-replicate-optional  the body may lack replicate
    body-replicate-null-500  null for replicate is answered with 500
    body-unknown-500         an unknown member is answered with 500
    body-flat                the members may stand without replicate around them
    project-optional         the destination project may be absent
    project-null             the destination project may be null
    project-number           the destination project may be a number
    region-optional          the destination region may be absent
    region-256               a region of 256 characters is taken
    region-254               a region of 255 characters is refused
    region-bytes             a region's length is counted in bytes
    region-number            the destination region may be a number
    region-500               a region too long is answered with 500
    vault-optional           the destination vault may be absent
    vault-missing-code       an absent vault is answered with BackupService.6120
    vault-missing-404        an absent vault is answered with 404
    vault-number             the destination vault may be a number
    vault-list               the destination vault may be a list
    name-empty               an empty name is taken
    name-65                  a name of 65 characters is taken
    name-63                  a name of 64 characters is refused
    name-2                   a name of one character is refused
    name-bytes               a name's length is counted in bytes
    name-unbounded           a name may have any length
    name-trimmed             blanks around a name are dropped before it is looked at
    name-null-500            null for the name is answered with 500
    name-number              the name may be a number
    name-any                 the name may have any character
    name-ascii               a name with Chinese characters is refused
    name-hyphen              a name with a hyphen is refused
    name-underscore          a name with a low line is refused
    name-code                a malformed name is answered with BackupService.6112
    name-unlooked            the name is looked at only beside a description
    description-256          a description of 256 characters is taken
    description-254          a description of 255 characters is refused
    description-empty        an empty description is refused
    description-required     an absent description is refused
    description-number       the description may be a number
    description-bytes        a description's length is counted in bytes
    description-angle        a description may have angle brackets
    description-quote-500    a description with a quote is answered with 500
    error-detail             errors have the form of the framework, with 422
    error-html               errors are pages of HTML
    error-text               errors are plain text
    error-200                errors have the status 200
    error-500                errors have the status 500
    error-422                errors have the status 422
    error-code-other         errors have another code
    error-code-number        the code of an error is a number
    error-no-code            errors have no code
    error-no-message         errors have no message
    error-nested             errors stand in a member error, with no code
    error-stack              the message of an error is a stack trace
    error-token              the message of an error repeats the token
    error-media-type         errors are text/html, whatever they are
    answer-204               successes have the status 204
    answer-206               successes have the status 206
    answer-302               successes lead to another place
    answer-empty             the output is an empty object
    answer-bare              the output stands without replication around it
    answer-list              replication is a list
    answer-wrapped           the output stands in a member data
    answer-camel             members of the output have capitals in the middle
    answer-string            the output is text within JSON
    answer-media-type        the output is text/plain
    answer-twice             a member of the output is given twice
    answer-no-record         the output has no record
    answer-record-number     the record is a number
    answer-record-constant   every call has the same record
    answer-region-source     the output has the source region for the destination
    answer-region-lower      the output has the destination region in lower case
    answer-vault-other       the output has another vault
    answer-vault-missing     the output has no vault
    answer-vault-null        the output has null for the vault
    answer-project-other     the output has the source project for the destination
    answer-backup-stale      the output has the backup of the first request
    answer-provider-missing  the output has no provider
    answer-provider-number   the provider is a number
    answer-token             the output has the token
    answer-unknown           the output has a member that nobody knows
    """
)

app = FastAPI(openapi_url=None)
first_backup = []
records = itertools.count(1)


def length(least, most, in_bytes):
    def check(text):
        measured = len(text.encode()) if in_bytes else len(text)
        if not least <= measured <= most:
            if has("region-500") and most >= 254 and least == 0 and measured > most:
                raise OverflowError("the column is too short")
            raise ValueError("has another length")
        return text

    return AfterValidator(check)


def matching(pattern):
    def check(text):
        if not re.fullmatch(pattern, text):
            raise ValueError("has other characters")
        return text

    return AfterValidator(check)


def text_or(defect, more):
    return str | more if has(defect) else str


def models():
    """The model of the request's body, as the defects have it."""
    of_region = Annotated[
        text_or("region-number", int),
        AfterValidator(str),
        length(0, 256 if has("region-256") else 254 if has("region-254") else 255, has("region-bytes")),
        matching("[a-zA-Z0-9._-]*"),
    ]
    least = 0 if has("name-empty") else 2 if has("name-2") else 1
    most = 65 if has("name-65") else 63 if has("name-63") else 100_000 if has("name-unbounded") else 64
    letters = "a-zA-Z0-9" + ("" if has("name-ascii") else "\u4e00-\u9fa5\uf900-\ufa2d")
    letters += ("" if has("name-underscore") else "_") + ("" if has("name-hyphen") else "-")
    of_name = Annotated[
        text_or("name-number", int),
        AfterValidator(str),
        AfterValidator(str.strip if has("name-trimmed") else str),
        length(least, most, has("name-bytes")),
        matching("(?s:.*)" if has("name-any") else f"[{letters}]*"),
    ]
    least = 1 if has("description-empty") else 0
    most = 256 if has("description-256") else 254 if has("description-254") else 255
    of_description = Annotated[
        text_or("description-number", int),
        AfterValidator(str),
        length(least, most, has("description-bytes")),
        matching("(?s:.*)" if has("description-angle") else "[^<>]*"),
    ]
    of_project = str | None if has("project-null") else text_or("project-number", int)
    of_vault = text_or("vault-list", list) if has("vault-list") else text_or("vault-number", int)
    inner = create_model(
        "Replicate",
        __config__=ConfigDict(strict=True),
        destination_project_id=(of_project, "" if has("project-optional") else ...),
        destination_region=(of_region, "" if has("region-optional") else ...),
        destination_vault_id=(of_vault, "" if has("vault-optional") else ...),
        name=(Optional[str if has("name-unlooked") else of_name], None),
        description=(Optional[of_description], ... if has("description-required") else None),
        enable_acceleration=(Optional[bool], None),
    )
    optional = has("body-replicate-optional")
    replicate = (Optional[inner], None) if optional else (inner, ...)
    return create_model("Body", __config__=ConfigDict(strict=True), replicate=replicate)


class Refused(Exception):
    """An error of the service or of the gateway in front of it."""

    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def unverified(code="BackupService.9900", status=400):
    return Refused(status, code, "Parameter verification failed.")


def check_credentials(request):
    token = request.headers.get("x-auth-token")
    signed = request.headers.get("authorization", "").startswith("SDK-HMAC-SHA256 ")
    if token or token == "" and has("auth-token-empty") or signed and not has("auth-no-signature"):
        return
    if has("auth-unsigned-accepted"):
        return
    if has("auth-500"):
        raise KeyError("x-auth-token")
    if has("auth-detail"):
        raise HTTPException(401, "Not authenticated")
    raise Refused(403 if has("auth-403") else 401, "APIGW.0301", "Incorrect IAM authentication information")


async def read(request):
    raw = await request.body()
    kind, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    if raw and not has("body-type-any") and (kind.strip() != "application/json" or parameters and has("body-type-charset")):
        raise unverified()
    if not raw and has("body-empty-500"):
        raise EOFError("no body")
    try:
        value = json.loads(raw, parse_constant=lambda text: json.loads("!"))
    except (ValueError, RecursionError):
        if has("body-malformed-500"):
            raise RuntimeError("no JSON") from None
        raise unverified(status=422 if has("body-malformed-422") else 400) from None
    if has("body-array-500"):
        value.get("replicate")
    return value


async def replicate(project_id: str, backup_id: str, request: Request):
    check_credentials(request)
    value = await read(request)
    inner = value.get("replicate") if isinstance(value, dict) else None
    if has("body-flat") and isinstance(value, dict) and "replicate" not in value:
        value = {"replicate": value}
    if has("body-replicate-null-500") and isinstance(value, dict) and value.get("replicate", 0) is None:
        raise TypeError("null")
    if isinstance(inner, dict):
        look_closer(inner)
    try:
        body = app.state.body.model_validate(value)
    except ValueError as error:
        places = {str(problem["loc"][-1]) for problem in error.errors() if problem["loc"]}
        if has("vault-missing-code") and "destination_vault_id" in places:
            raise unverified("BackupService.6120") from None
        if has("vault-missing-404") and "destination_vault_id" in places:
            raise unverified(status=404) from None
        raise unverified("BackupService.6112" if has("name-code") and "name" in places else "BackupService.9900") from None
    return success(project_id, backup_id, body.replicate, request)


KNOWN_MEMBERS = {"destination_project_id", "destination_region", "destination_vault_id", "name", "description", "enable_acceleration"}


def look_closer(inner):
    """What goes wrong beside the models."""
    if has("body-unknown-500") and set(inner) - KNOWN_MEMBERS:
        raise KeyError("unknown")
    if has("name-null-500") and inner.get("name", 0) is None:
        raise TypeError("null")
    if has("description-quote-500") and any(mark in str(inner.get("description")) for mark in "'\""):
        raise SyntaxError("unbalanced quote")
    if has("name-unlooked") and "description" in inner and isinstance(inner.get("name"), str):
        if not 1 <= len(inner["name"]) <= 64 or not re.fullmatch("[a-zA-Z0-9_\u4e00-\u9fa5\uf900-\ufa2d-]*", inner["name"]):
            raise unverified()


def success(project_id, backup_id, asked, request):
    first_backup.append(backup_id)
    made = {
        "backup_id": first_backup[0] if has("answer-backup-stale") else backup_id,
        "destination_project_id": getattr(asked, "destination_project_id", ""),
        "destination_region": getattr(asked, "destination_region", ""),
        "destination_vault_id": getattr(asked, "destination_vault_id", ""),
        "project_id": project_id,
        "provider_id": "0daac4c5-6707-4851-97ba-169e36266b66",
        "replication_record_id": str(uuid.uuid4()),
        "source_region": "eu-de",
    }
    changes = {
        "answer-record-number": ("replication_record_id", next(records)),
        "answer-record-constant": ("replication_record_id", "1579a71e-8d8d-41e6-85dc-d77f5ce8d91a"),
        "answer-region-source": ("destination_region", "eu-de"),
        "answer-region-lower": ("destination_region", str(made["destination_region"]).lower()),
        "answer-vault-other": ("destination_vault_id", str(uuid.uuid4())),
        "answer-vault-null": ("destination_vault_id", None),
        "answer-project-other": ("destination_project_id", project_id),
        "answer-provider-number": ("provider_id", 7),
        "answer-token": ("source_region", request.headers.get("x-auth-token")),
        "answer-unknown": ("replication_kind", "full"),
    }
    for defect, (name, value) in changes.items():
        if has(defect):
            made[name] = value
    lacking = (
        ("answer-no-record", "replication_record_id"),
        ("answer-vault-missing", "destination_vault_id"),
        ("answer-provider-missing", "provider_id"),
    )
    for defect, name in lacking:
        if has(defect):
            del made[name]
    if has("answer-camel"):
        made = {re.sub("_(.)", lambda found: found.group(1).upper(), name): value for name, value in made.items()}
    return written(made)


def written(made):
    shown = {"replication": [made] if has("answer-list") else made}
    if has("answer-empty"):
        shown = {}
    if has("answer-bare"):
        shown = made
    if has("answer-wrapped"):
        shown = {"data": shown}
    if has("answer-204"):
        return Response(status_code=204)
    if has("answer-302"):
        return Response(status_code=302, headers={"location": "/v3/done"})
    answer = JSONResponse(shown, 206 if has("answer-206") else 200)
    if has("answer-string"):
        answer = JSONResponse(answer.body.decode())
    if has("answer-twice"):
        twice = answer.body.replace(b'"backup_id"', b'"backup_id":"other","backup_id"', 1)
        answer = Response(twice, media_type="application/json")
    if has("answer-media-type"):
        answer = PlainTextResponse(answer.body)
    answer.headers["x-request-id"] = uuid.uuid4().hex
    return answer


def failure(refused, request):
    status, code, message = refused.status, refused.code, refused.message
    for defect, other in (("error-200", 200), ("error-500", 500), ("error-422", 422)):
        status = other if has(defect) else status
    if has("error-detail"):
        return JSONResponse({"detail": [{"loc": ["body"], "msg": message, "type": "value_error"}]}, 422)
    if has("error-html"):
        return HTMLResponse(f"<html><body><h1>{code}</h1></body></html>", status)
    if has("error-text"):
        return PlainTextResponse(f"{code}: {message}", status)
    if has("error-stack"):
        message = f'Traceback (most recent call last):\n  File "/srv/cbr/api/v3/backups.py", line 61, in replicate\n{message}'
    if has("error-token"):
        message += " Token: " + request.headers.get("x-auth-token", request.headers.get("authorization", ""))
    body = {"error_code": code, "error_msg": message}
    if has("error-code-other"):
        body["error_code"] = "BackupService.9999"
    if has("error-code-number"):
        body["error_code"] = 9900
    if has("error-no-code"):
        del body["error_code"]
    if has("error-no-message"):
        del body["error_msg"]
    if has("error-nested"):
        body = {"error": {"reason": message}}
    answer = JSONResponse(body, status)
    if has("error-media-type"):
        answer = HTMLResponse(answer.body, status)
    answer.headers["x-request-id"] = uuid.uuid4().hex
    return answer


@app.exception_handler(Refused)
async def refused(request, error):
    return failure(error, request)


@app.exception_handler(RequestValidationError)
async def not_valid(request, _):
    return failure(unverified(), request)


@app.exception_handler(HTTPException)
async def lost(request, error):
    """Paths and methods that nobody serves."""
    if error.status_code == 401:
        return JSONResponse({"detail": error.detail}, 401)
    if has("path-unknown-html"):
        return HTMLResponse("<html><body><h1>Not Found</h1></body></html>", error.status_code)
    if has("path-unknown-detail"):
        return JSONResponse({"detail": error.detail}, error.status_code)
    if has("path-unknown-500") and error.status_code == 404 or has("method-500") and error.status_code == 405:
        return JSONResponse({"error_code": "BackupService.9910", "error_msg": "Unknown error."}, 500)
    gateway = Refused(404, "APIGW.0101", "The API does not exist or has not been published in the environment")
    return failure(gateway, request)


@app.middleware("http")
async def crashed(request, proceed):
    try:
        return await proceed(request)
    except Exception:
        return PlainTextResponse("Internal Server Error\n" + traceback.format_exc()[-300:], 500)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--defect", action="append", default=[])
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    if options.list:
        for identity, says in sorted(KNOWN.items()):
            print(f"{identity}\t{says}")
        return
    for identity in options.defect:
        switch_on(identity)
    app.state.body = models()
    methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "PROPFIND"] if has("method-200") else ["POST"]
    app.add_api_route("/v3/{project_id}/backups/{backup_id}/replicate", replicate, methods=methods)
    listener = socket.create_server(("127.0.0.1", options.port))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False)).run(sockets=[listener])


if __name__ == "__main__":
    main()
