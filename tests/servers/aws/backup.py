"""AWS Backup: StartBackupJob, spoken in AWS's REST protocol with JSON."""

import json
import re
import threading
import time
import urllib.parse
import uuid

from defects import declare, has
from messages import Answer

declare(
    """
    job-path-unknown-html            an unknown path is answered with a page of HTML
    job-path-unknown-500             an unknown path is answered with 500
    job-path-slash-500               a slash at the end of the path is answered with 500
    job-method-200                   any method starts a job
    job-method-500                   another method is answered with 500
    job-body-array-500               a list in place of the object is answered with 500
    job-body-malformed-500           a body that is no JSON is answered with 500
    job-body-malformed-taken         a body that is no JSON counts as an empty object
    job-body-empty-500               a request without a body is answered with 500
    job-body-deep-500                a deeply nested body is answered with 500
    job-body-utf8-500                bytes that are not UTF-8 are answered with 500
    job-body-duplicate-500           a member given twice is answered with 500
    job-type-charset-refused         a content type with a charset is refused
    job-type-any                     any content type is taken
    job-unknown-member-500           an unknown member is answered with 500
    job-null-500                     null for an optional member is answered with 500
    job-vault-optional               an absent vault is not refused
    job-vault-missing-code           an absent vault is answered with InvalidParameterValueException
    job-vault-missing-500            an absent vault is answered with 500
    job-vault-null-500               null for the vault is answered with 500
    job-vault-empty                  an empty vault counts as a name
    job-vault-1                      a vault of one character is taken
    job-vault-51                     a vault of 51 characters is taken
    job-vault-49                     a vault of 50 characters is refused
    job-vault-any                    any vault is taken
    job-vault-dot                    a vault may have dots
    job-vault-blank                  a vault may have blanks
    job-vault-letters                a vault may have letters of any script
    job-vault-newline                a vault may end with a line break
    job-vault-search                 a vault need only contain a valid name
    job-vault-lower                  a vault with capitals is refused
    job-vault-underscore             a vault with underscores is refused
    job-vault-number                 a number is taken for a vault
    job-vault-list-500               a list for a vault is answered with 500
    job-vault-code                   a malformed vault is answered with InvalidRequestException
    job-vault-404                    a malformed vault is answered with 404
    job-resource-optional            an absent resource is not refused
    job-resource-any                 any text is taken for a resource
    job-resource-number              a number is taken for a resource
    job-resource-bucket              the ARN of a bucket is refused
    job-role-optional                an absent role is not refused
    job-role-missing-code            an absent role is answered with ValidationException
    job-role-any                     any text is taken for a role
    job-window-59                    a start window of 59 minutes is taken
    job-window-60                    a start window of 60 minutes is refused
    job-window-over                  a start window over 100 years is taken
    job-window-most                  a start window of 100 years is refused
    job-window-text                  a start window in digits of text is taken
    job-window-float                 a start window of 60.5 minutes is taken
    job-window-boolean               true is taken for a start window
    job-window-code                  a start window too short is answered with LimitExceededException
    job-window-500                   a start window too short is answered with 500
    job-complete-over                a complete window over 100 years is taken
    job-complete-text                any type is taken for a complete window
    job-lifecycle-text               text is taken for a lifecycle
    job-lifecycle-empty-500          an empty lifecycle is answered with 500
    job-lifecycle-89                 89 days between the move and the deletion are taken
    job-lifecycle-90                 90 days between the move and the deletion are refused
    job-lifecycle-order              any order of the move and the deletion is taken
    job-lifecycle-delete-over        36,501 days until the deletion are taken
    job-lifecycle-delete-text        any type is taken for the days until the deletion
    job-lifecycle-opt-in-any         any type is taken for OptInToArchiveForSupportedResources
    job-lifecycle-event-any          any event is taken
    job-tags-list                    a list is taken for the tags
    job-tags-value-number            a number is taken for a tag's value
    job-tags-two-500                 two tags are answered with 500
    job-tags-answered                the answer has the tags, which are secret
    job-options-vss-any              any value of WindowsVSS is taken
    job-options-vss-case             WindowsVSS is taken in any case
    job-options-key-51               an option's name of 51 characters is taken
    job-options-key-any              any name of an option is taken
    job-options-value-any            any value of an option is taken
    job-options-value-51             an option's value of 51 characters is taken
    job-options-first                only the first option is looked at
    job-options-text                 text is taken for the options
    job-index-any                    any index is taken
    job-index-case                   the index is taken in any case
    job-index-disabled               DISABLED is refused
    job-index-boolean                a boolean is taken for the index
    job-token-number                 a number is taken for a token
    job-token-ignored                a repeated token starts a second job
    job-token-refused                a repeated token is refused
    job-token-500                    a repeated token is answered with 500
    job-error-header                 errors do not name the exception in a header
    job-error-numbered               errors name the exception nowhere
    job-error-html                   errors are pages of HTML
    job-error-200                    errors have the status 200
    job-error-500                    errors have the status 500
    job-error-422                    errors have the status 422
    job-error-stack                  the message of an error is a stack trace
    job-error-media-type             errors are text/plain
    job-error-no-message             errors have no message
    job-answer-wrapped               the output stands in a member of its own
    job-answer-small-letters         members of the output begin with a small letter
    job-answer-empty                 the output is an empty object
    job-answer-list                  the output is a list
    job-answer-envelope              the output has the form that the document's page shows
    job-answer-201                   the status of a success is 201
    job-answer-202                   the status of a success is 202
    job-answer-204                   the status of a success is 204
    job-answer-no-id                 the output has no job
    job-answer-id-number             the job is a number
    job-answer-id-constant           every job has the same id
    job-answer-no-date               the output has no date
    job-answer-date-text             the date is text
    job-answer-date-millis           the date counts milliseconds
    job-answer-parent-text           IsParent is text
    job-answer-media-type            the answer is text/html
    job-answer-no-request-id         no request id stands in a header
    job-answer-nulls                 the output has nulls for required members
    job-answer-role                  the output has an unknown member
    """
)

ARN = r"arn:[^:]+:[^:]+:[^:]*:[^:]*:.+"
MISSING = "MissingParameterValueException"
INVALID = "InvalidParameterValueException"
REQUEST = "InvalidRequestException"
YEARS = 52_560_000

_jobs = {}
_lock = threading.Lock()


class Refused(Exception):
    """An error of the service."""

    def __init__(self, status, code, text):
        super().__init__(text)
        self.status, self.code, self.text = status, code, text


def invalid(name, code=INVALID, status=400):
    return Refused(status, code, f"{name} has an invalid value.")


def of_type(body, name, kinds, anything=None):
    """The member, which is absent, null, or of one of the types."""
    value = body.get(name)
    if value is None or anything and has(anything):
        return value
    # Python's bool is an int; JSON's is none.
    fits = isinstance(value, kinds) and (not isinstance(value, bool) or kinds is bool)
    if not fits:
        raise Refused(400, REQUEST, f"{name} is of another type.")
    return value


def needed(body, name, optional=None, code=None):
    if body.get(name) is None:
        if optional and has(optional):
            return False
        if code and has(code[0]):
            raise Refused(400, code[1], f"{name} is missing.")
        raise Refused(400, MISSING, f"{name} is missing.")
    return True


def vault(body):
    if body.get("BackupVaultName", 0) is None and has("job-vault-null-500"):
        raise TypeError("null")
    if body.get("BackupVaultName") is None and has("job-vault-missing-500"):
        raise KeyError("BackupVaultName")
    if not needed(body, "BackupVaultName", "job-vault-optional", ("job-vault-missing-code", INVALID)):
        return
    name = body["BackupVaultName"]
    if isinstance(name, list) and has("job-vault-list-500"):
        raise TypeError("list")
    if isinstance(name, (int, float)) and has("job-vault-number"):
        return
    name = of_type(body, "BackupVaultName", str)
    least, most = (1 if has("job-vault-1") else 2), (51 if has("job-vault-51") else 49 if has("job-vault-49") else 50)
    characters = "a-zA-Z0-9_-"
    for defect, more in (("job-vault-dot", "."), ("job-vault-blank", " "), ("job-vault-letters", r"\w")):
        characters = more + characters if has(defect) else characters
    if has("job-vault-lower"):
        characters = "a-z0-9_-"
    if has("job-vault-underscore"):
        characters = "a-zA-Z0-9-"
    pattern = f"[{characters}]{{{least},{most}}}"
    if has("job-vault-search"):
        fits = re.search(pattern, name)
    elif has("job-vault-newline"):
        fits = re.match(f"^{pattern}$", name)
    else:
        fits = re.fullmatch(pattern, name)
    if not (fits or has("job-vault-any") or name == "" and has("job-vault-empty")):
        raise invalid("BackupVaultName", REQUEST if has("job-vault-code") else INVALID, 404 if has("job-vault-404") else 400)


def arns(body):
    if needed(body, "ResourceArn", "job-resource-optional") and not (
        isinstance(body["ResourceArn"], (int, float)) and has("job-resource-number")
    ):
        arn = of_type(body, "ResourceArn", str)
        if not re.fullmatch(ARN, arn, re.DOTALL) and not has("job-resource-any") or ":::" in arn and has("job-resource-bucket"):
            raise invalid("ResourceArn")
    if needed(body, "IamRoleArn", "job-role-optional", ("job-role-missing-code", "ValidationException")):
        role = of_type(body, "IamRoleArn", str)
        if not re.fullmatch(r"arn:[^:]+:iam::[0-9]{12}:role/.+", role, re.DOTALL) and not has("job-role-any"):
            raise invalid("IamRoleArn")
    second = of_type(body, "LogicallyAirGappedBackupVaultArn", str)
    if second is not None and not re.fullmatch(ARN, second, re.DOTALL):
        raise invalid("LogicallyAirGappedBackupVaultArn")


def whole(body, name, anything=None):
    """A whole number; 7.0 is one."""
    value = body.get(name)
    if value is None or anything and has(anything):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
        raise Refused(400, REQUEST, f"{name} is not a whole number.")
    return int(value)


def windows(body):
    start = body.get("StartWindowMinutes")
    if isinstance(start, str) and start.isdigit() and has("job-window-text"):
        start = int(start)
    elif isinstance(start, float) and has("job-window-float") or isinstance(start, bool) and has("job-window-boolean"):
        start = 60
    else:
        start = whole(body, "StartWindowMinutes")
    if start is not None:
        least = 59 if has("job-window-59") else 61 if has("job-window-60") else 60
        if start < least:
            if has("job-window-500"):
                raise ArithmeticError("too short")
            raise invalid("StartWindowMinutes", "LimitExceededException" if has("job-window-code") else INVALID)
        most = YEARS - 1 if has("job-window-most") else YEARS
        if start > most and not has("job-window-over"):
            raise invalid("StartWindowMinutes")
    complete = whole(body, "CompleteWindowMinutes", "job-complete-text")
    if isinstance(complete, int) and complete > YEARS and not has("job-complete-over"):
        raise invalid("CompleteWindowMinutes")


def lifecycle(body):
    cycle = of_type(body, "Lifecycle", dict, "job-lifecycle-text")
    if not isinstance(cycle, dict):
        return
    if not cycle and has("job-lifecycle-empty-500"):
        raise KeyError("DeleteAfterDays")
    cold = whole(cycle, "MoveToColdStorageAfterDays")
    deleted = whole(cycle, "DeleteAfterDays", "job-lifecycle-delete-text")
    if cold is not None and not -1 <= cold <= 36500:
        raise invalid("Lifecycle")
    if isinstance(deleted, int):
        most = 36501 if has("job-lifecycle-delete-over") else 36500
        if not -1 <= deleted <= most or deleted == 0:
            raise invalid("Lifecycle")
        least = 89 if has("job-lifecycle-89") else 91 if has("job-lifecycle-90") else 90
        if cold is not None and cold >= 0 <= deleted and deleted - cold < least and not has("job-lifecycle-order"):
            raise invalid("Lifecycle")
    of_type(cycle, "OptInToArchiveForSupportedResources", bool, "job-lifecycle-opt-in-any")
    event = of_type(cycle, "DeleteAfterEvent", str)
    if event not in (None, "DELETE_AFTER_COPY") and not has("job-lifecycle-event-any"):
        raise invalid("Lifecycle")


def maps(body):
    tags = body.get("RecoveryPointTags")
    if not (isinstance(tags, list) and has("job-tags-list")):
        tags = of_type(body, "RecoveryPointTags", dict) or {}
        if len(tags) == 2 and has("job-tags-two-500"):
            raise RuntimeError("two tags")
        if any(value is not None and not isinstance(value, str) for value in tags.values()) and not has("job-tags-value-number"):
            raise Refused(400, REQUEST, "RecoveryPointTags has a value that is no text.")
    options = of_type(body, "BackupOptions", dict, "job-options-text")
    if not isinstance(options, dict):
        return
    for place, (key, value) in enumerate(options.items()):
        if place > 0 and has("job-options-first"):
            break
        if value is None:
            continue
        if not isinstance(value, str):
            raise Refused(400, REQUEST, "BackupOptions has a value that is no text.")
        most = 51 if has("job-options-key-51") else 50
        if not re.fullmatch(f"[a-zA-Z0-9_.-]{{1,{most}}}", key) and not has("job-options-key-any"):
            raise invalid("BackupOptions")
        if key == "WindowsVSS":
            known = value.lower() if has("job-options-vss-case") else value
            if known not in ("enabled", "disabled") and not has("job-options-vss-any"):
                raise invalid("BackupOptions")
            continue
        most = 51 if has("job-options-value-51") else 50
        if not re.fullmatch(f"[a-zA-Z0-9_.-]{{1,{most}}}", value) and not has("job-options-value-any"):
            raise invalid("BackupOptions")


def index(body):
    if isinstance(body.get("Index"), bool) and has("job-index-boolean"):
        return
    value = of_type(body, "Index", str)
    known = value.upper() if value and has("job-index-case") else value
    allowed = ["ENABLED"] if has("job-index-disabled") else ["ENABLED", "DISABLED"]
    if known is not None and known not in allowed and not has("job-index-any"):
        raise invalid("Index")


def job(body):
    """The id and the time of a job: those of the first, where the token is known."""
    made = ("00000000-0000-4000-8000-000000000000" if has("job-answer-id-constant") else str(uuid.uuid4()), round(time.time(), 3))
    token = of_type(body, "IdempotencyToken", str, "job-token-number")
    if not token or has("job-token-ignored"):
        return made
    with _lock:
        if token in _jobs and has("job-token-refused"):
            raise invalid("IdempotencyToken")
        if token in _jobs and has("job-token-500"):
            raise RuntimeError("known token")
        return _jobs.setdefault(token, made)


MEMBERS = set(
    """BackupVaultName LogicallyAirGappedBackupVaultArn ResourceArn IamRoleArn IdempotencyToken StartWindowMinutes CompleteWindowMinutes
    Lifecycle RecoveryPointTags BackupOptions Index""".split()
)


def no_constants(text):
    raise ValueError(f"{text} is not JSON")


def members_once(pairs):
    if len({name for name, _ in pairs}) < len(pairs):
        if has("job-body-duplicate-500"):
            raise RuntimeError("twice")
        raise Refused(400, REQUEST, "A member is given twice.")
    return dict(pairs)


def read(message):
    media_type = message.header("content-type").lower()
    kind, _, parameters = media_type.partition(";")
    if message.body and not has("job-type-any"):
        if kind.strip() != "application/json" or parameters and has("job-type-charset-refused"):
            raise Refused(415, "UnsupportedMediaTypeException", "The body is not declared to be JSON.")
    if not message.body:
        if has("job-body-empty-500"):
            raise EOFError("no body")
        return {}
    if has("job-body-utf8-500"):
        message.body.decode()
    try:
        body = json.loads(message.body, parse_constant=no_constants, object_pairs_hook=members_once)
    except RecursionError:
        if has("job-body-deep-500"):
            raise
        raise Refused(400, "SerializationException", "The body is nested too deeply.") from None
    except ValueError:
        if has("job-body-malformed-500"):
            raise RuntimeError("no JSON") from None
        if has("job-body-malformed-taken"):
            return {}
        raise Refused(400, "SerializationException", "The body is not JSON.") from None
    if not isinstance(body, dict):
        if has("job-body-array-500"):
            body.get("BackupVaultName")
        raise Refused(400, "SerializationException", "The body is not an object.")
    return body


def start_job(message):
    body = read(message)
    if has("job-unknown-member-500") and set(body) - MEMBERS:
        raise KeyError(sorted(set(body) - MEMBERS)[0])
    if has("job-null-500") and any(value is None for name, value in body.items() if name not in ("BackupVaultName", "ResourceArn", "IamRoleArn")):
        raise TypeError("null")
    vault(body)
    arns(body)
    windows(body)
    lifecycle(body)
    maps(body)
    index(body)
    return output(body, *job(body))


def output(body, identity, created):
    made = {"BackupJobId": identity, "CreationDate": created, "IsParent": False}
    if has("job-answer-id-number"):
        made["BackupJobId"] = 12345
    if has("job-answer-date-text"):
        made["CreationDate"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(created))
    if has("job-answer-date-millis"):
        made["CreationDate"] = int(created * 1000)
    if has("job-answer-parent-text"):
        made["IsParent"] = "no"
    if has("job-answer-no-id"):
        del made["BackupJobId"]
    if has("job-answer-no-date"):
        del made["CreationDate"]
    if has("job-answer-nulls"):
        made["BackupJobId"] = None
    if has("job-answer-role"):
        made["IamRole"] = body.get("IamRoleArn")
    if has("job-tags-answered"):
        made["RecoveryPointArn"] = "arn:aws:backup:::" + "".join((body.get("RecoveryPointTags") or {}).values())
    return made


def success(made):
    status = 201 if has("job-answer-201") else 202 if has("job-answer-202") else 204 if has("job-answer-204") else 200
    if has("job-answer-wrapped"):
        made = {"StartBackupJobResponse": made}
    if has("job-answer-small-letters"):
        made = {name[0].lower() + name[1:]: value for name, value in made.items()}
    if has("job-answer-empty"):
        made = {}
    if has("job-answer-list"):
        made = [made]
    if has("job-answer-envelope"):
        made = {"success": True, "data": {"id": made["BackupJobId"], "created_at": made["CreationDate"]}}
    body = b"" if status == 204 else json.dumps(made).encode()
    headers = {} if has("job-answer-no-request-id") else {"x-amzn-RequestId": str(uuid.uuid4())}
    return Answer(status, "text/html" if has("job-answer-media-type") else "application/json", body, headers)


def failure(status, code, text):
    for defect, other in (("job-error-200", 200), ("job-error-500", 500), ("job-error-422", 422)):
        status = other if has(defect) else status
    if has("job-error-html"):
        return Answer(status, "text/html", f"<html><body><h1>{code}</h1></body></html>".encode())
    if has("job-error-stack"):
        text = f'Traceback (most recent call last):\n  File "/srv/app/backup/jobs.py", line 88, in start\n{code}: {text}'
    headers = {"x-amzn-RequestId": str(uuid.uuid4())}
    body = {"Message": text}
    if has("job-error-numbered"):
        body["Code"] = "ERROR_3015"
    elif has("job-error-header"):
        body = {"error": code}
    else:
        headers["x-amzn-ErrorType"] = code
    if has("job-error-no-message"):
        del body["Message"]
    return Answer(status, "text/plain" if has("job-error-media-type") else "application/json", json.dumps(body).encode(), headers)


def crash(trace):
    body = json.dumps({"message": "Internal Server Error", "trace": trace[-400:]}).encode()
    return Answer(500, "application/json", body, {"x-amzn-RequestId": str(uuid.uuid4())})


def answer(message, credentials, denied):
    path = urllib.parse.unquote(message.path)
    try:
        if path == "/backup-jobs/" and has("job-path-slash-500"):
            raise IndexError("segment")
        if path != "/backup-jobs":
            if has("job-path-unknown-500"):
                raise KeyError(path)
            if has("job-path-unknown-html"):
                return Answer(404, "text/html", b"<html><body><h1>Not Found</h1></body></html>")
            raise Refused(404, "UnknownOperationException", "There is no such operation.")
        if message.method != "PUT" and not has("job-method-200"):
            if has("job-method-500"):
                raise KeyError(message.method)
            raise Refused(404, "UnknownOperationException", "There is no such operation.")
        if credentials == "absent":
            code = "AccessDeniedException" if denied else "MissingAuthenticationTokenException"
            raise Refused(403, code, "Missing authentication token.")
        if credentials == "broken":
            raise Refused(400, "IncompleteSignatureException", "The signature is not complete.")
        return success(start_job(message))
    except Refused as refused:
        return failure(refused.status, refused.code, refused.text)
