"""Amazon RDS: StartDBInstanceAutomatedBackupsReplication, RestoreDBClusterFromS3 and CopyDBClusterSnapshot, spoken in AWS's query protocol."""

import datetime
import json
import re
import threading
import unicodedata
import uuid
from xml.sax.saxutils import escape

from defects import declare, has
from messages import Answer

declare(
    """
    query-plus-kept                  a plus in a form stays a plus
    query-lower-hex-kept             %2f and its like in lower case are not decoded
    query-latin-1                    forms are read as ISO 8859-1
    query-bad-utf8-fails             bytes that are not UTF-8 are answered with 500
    query-bad-percent-fails          a broken escape is answered with 500
    query-charset-refused            a form with a charset is refused
    query-content-type-case          a content type in capitals is refused
    query-json-body-fails            a JSON body is answered with 500
    query-action-unknown-200         an unknown action is a success
    query-action-unknown-500         an unknown action is answered with 500
    query-action-unknown-code        an unknown action is answered with ValidationError
    query-action-missing-500         a request without an action is answered with 500
    query-action-missing-code        a request without an action is answered with InvalidAction
    query-action-any-case            actions are known in any case
    query-version-required-500       a request without a version is answered with 500
    query-duplicate-fails            a parameter given twice is answered with 500
    query-unknown-fails              an unknown parameter is answered with 500
    query-form-order                 the action must be the first parameter
    xml-no-result-wrapper            the result's wrapper is left out
    xml-other-root                   the root element has another name
    xml-other-namespace              the root has another namespace
    xml-no-namespace                 the root has no namespace
    xml-not-escaped                  text is written without escapes
    xml-capital-booleans             booleans are written as Python has them
    xml-epoch-times                  times are written as numbers
    xml-local-times                  times have no zone
    xml-list-item-member             items of lists are named member
    xml-media-type                   answers are text/html
    xml-json-answer                  answers are JSON
    xml-envelope-answer              successes have the form that the documents' pages show
    xml-empty-answer                 successes have no body
    xml-204                          successes have the status 204
    xml-201                          successes have the status 201
    xml-no-request-id-header         no request id stands in a header
    xml-no-metadata                  no ResponseMetadata stands in a success
    error-html                       errors are pages of HTML
    error-json                       errors are JSON
    error-no-type                    errors have no Type
    error-flat                       errors have no element Error
    error-200                        errors have the status 200
    error-500                        errors of the caller have the status 500
    error-stack-trace                the message of an error is a stack trace
    error-echoes-secret              the message of an error repeats the password
    copy-source-optional             an absent source is not refused
    copy-source-missing-code         an absent source is answered with InvalidParameterValue
    copy-source-missing-500          an absent source is answered with 500
    copy-source-any                  any source is taken
    copy-source-no-arn               an ARN as the source is refused
    copy-source-no-automated         the name of an automated snapshot is refused
    copy-target-optional             an absent target is not refused
    copy-target-missing-code         an absent target is answered with ValidationError
    copy-target-64                   a target of 64 characters is taken
    copy-target-62                   a target of 63 characters is refused
    copy-target-255                  a target of up to 255 characters is taken
    copy-target-digit-first          a target may begin with a digit
    copy-target-hyphen-last          a target may end with a hyphen
    copy-target-hyphens-double       a target may have two hyphens in a row
    copy-target-underscore           a target may have underscores
    copy-target-dot                  a target may have dots
    copy-target-letters              a target may have letters of any script
    copy-target-newline              a target may end with a line break
    copy-target-empty                an empty target is taken
    copy-target-trimmed              blanks around a target are dropped
    copy-target-lower-only           a target with capitals is refused
    copy-target-case-kept            the answer has the target with its capitals
    copy-target-error-code           a malformed target is answered with InvalidParameterCombination
    copy-target-error-404            a malformed target is answered with 404
    copy-tags-any-boolean            any text is taken for CopyTags
    copy-tags-default-500            CopyTags given as false is answered with 500
    copy-answer-other-target         the answer names another snapshot
    copy-answer-stale                the answer is that of the first request
    copy-answer-no-arn               the answer has no ARN
    copy-answer-no-status            the answer has no status
    copy-answer-progress-text        PercentProgress is no number
    copy-answer-progress-over        PercentProgress is 150
    copy-answer-size-text            AllocatedStorage is no number
    copy-answer-tags-lost            the answer has no tags
    copy-answer-first-tag            the answer has the first tag only
    copy-answer-presigned            the answer repeats the presigned URL
    tags-first-only                  only the first tag is looked at
    tags-key-empty                   a tag with an empty key is taken
    tags-key-absent                  a tag without a key is taken
    tags-key-129                     a key of 129 characters is taken
    tags-key-127                     a key of 128 characters is refused
    tags-key-bytes                   a key's length is counted in bytes
    tags-key-any                     a key may have any character
    tags-key-ascii                   a key with letters outside of ASCII is refused
    tags-key-aws                     a key may begin with aws:
    tags-key-rds                     a key may begin with rds:
    tags-value-absent-500            a tag without a value is answered with 500
    tags-value-257                   a value of 257 characters is taken
    tags-value-255                   a value of 256 characters is refused
    tags-value-any                   a value may have any character
    tags-value-aws                   a value may begin with aws:
    tags-two-500                     two tags are answered with 500
    start-source-optional            an absent source is not refused
    start-source-missing-code        an absent source is answered with InvalidParameterValue
    start-source-any                 any source is taken
    start-source-no-gov              a source of another partition is refused
    start-source-snapshot            the ARN of a snapshot is taken
    start-source-short-account       an account of any number of digits is taken
    start-retention-text             a retention that is no number is taken
    start-retention-500              a retention that is no number is answered with 500
    start-retention-zero-refused     a retention of seven days is refused
    start-retention-overflow         a retention over 32 bits is taken
    start-answer-arn-of-request      the answer has no source ARN
    start-answer-other-source        the answer has the ARN of another source
    start-answer-region-missing      the answer has no ARN of its own
    start-answer-retention-text      the retention in the answer is no number
    start-answer-no-status           the answer has no status
    restore-required-one             an absent bucket is not refused
    restore-required-role            an absent role is not refused
    restore-required-engine          an absent engine is not refused
    restore-required-source          an absent source engine is not refused
    restore-identifier-64            a cluster of 64 characters is taken
    restore-identifier-62            a cluster of 63 characters is refused
    restore-identifier-pattern       any cluster is taken
    restore-engine-any               any engine is taken
    restore-engine-case              the engine is known in any case
    restore-engine-prefix            any engine that begins with aurora is taken
    restore-source-engine-any        any source engine is taken
    restore-source-version-any       any source version is taken
    restore-source-version-prefix    8.00 and its like are taken for 8.0
    restore-username-17              a user name of 17 characters is taken
    restore-username-15              a user name of 16 characters is refused
    restore-username-digit           a user name may begin with a digit
    restore-username-underscore      a user name may have underscores
    restore-password-7               a password of 7 characters is taken
    restore-password-42              a password of 42 characters is taken
    restore-password-40              a password of 41 characters is refused
    restore-password-at              a password may have an at sign
    restore-password-slash           a password may have a slash
    restore-password-quote           a password may have a double quote
    restore-password-space           a password with a blank is refused
    restore-password-answered        the answer has the password
    restore-password-and-managed     a password may stand beside ManageMasterUserPassword
    restore-secret-key-alone         MasterUserSecretKmsKeyId may stand without ManageMasterUserPassword
    restore-retention-0              a retention of 0 days is taken
    restore-retention-36             a retention of 36 days is taken
    restore-retention-35             a retention of 35 days is refused
    restore-retention-float          a retention of 7.5 days is taken
    restore-port-text                a port that is no number is answered with 500
    restore-backtrack-over           a backtrack of 259,201 seconds is taken
    restore-backtrack-negative       a negative backtrack is taken
    restore-backtrack-max            a backtrack of 259,200 seconds is refused
    restore-logs-any                 any kind of log is taken
    restore-logs-first               only the first kind of log is looked at
    restore-logs-iam                 iam-db-auth-error is refused
    restore-storage-any              any storage type is taken
    restore-storage-iopt             aurora-iopt1 is refused
    restore-network-code             another network type is answered with InvalidParameterValue
    restore-network-any              any network type is taken
    restore-lifecycle-any            any EngineLifecycleSupport is taken
    restore-window-29                a backup window of 29 minutes is taken
    restore-window-30                a backup window of 30 minutes is refused
    restore-window-midnight          a backup window over midnight is refused
    restore-window-hour-24           24:00 is taken for a time
    restore-window-minute-60         12:60 is taken for a time
    restore-maintenance-29           a maintenance window of 29 minutes is taken
    restore-maintenance-day          any day of three letters is taken
    restore-maintenance-capital      a day in capitals is refused
    restore-windows-overlap          windows may overlap
    restore-capacity-steps           a capacity of 0.7 is taken
    restore-capacity-over            a capacity of 256.5 is taken
    restore-capacity-max             a capacity of 256 is refused
    restore-capacity-order           the least capacity may be above the most
    restore-pause-299                a pause of 299 seconds is taken
    restore-pause-86401              a pause of 86,401 seconds is taken
    restore-specification-type       any resource type is taken in a tag specification
    restore-specification-alone      tags of a specification may stand without a resource type
    restore-boolean-any              any text is taken for DeletionProtection
    restore-answer-case              the answer has the cluster with its capitals
    restore-answer-no-arn            the answer has no ARN
    restore-answer-other-engine      the answer has another engine than the request
    restore-answer-other-user        the answer has another user than the request
    restore-answer-port-default      the answer has the default port whatever was asked for
    restore-answer-encrypted-text    StorageEncrypted is neither true nor false
    restore-answer-time-text         the time of creation is words
    """
)

NAMESPACE = "http://rds.amazonaws.com/doc/2014-10-31/"
VERSION = "2014-10-31"
REQUIRED_MISSING = "MissingParameter"
INVALID = "InvalidParameterValue"
COMBINATION = "InvalidParameterCombination"

PARTITION = r"aws(-cn|-us-gov|-iso|-iso-b|-iso-e|-iso-f|-eusc)?"
REGION = r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}"
NAME = r"[A-Za-z](-?[A-Za-z0-9])*"
TAG_TEXT = "_.:/=+-@"

_first_answer = {}
_lock = threading.Lock()


class Refused(Exception):
    """An error of the service."""

    def __init__(self, status, code, text):
        super().__init__(text)
        self.status, self.code, self.text = status, code, text


def invalid(name, code=INVALID, status=400):
    return Refused(status, code, f"The parameter {name} has an invalid value.")


# --- reading ---------------------------------------------------------------------------------------------------------


def decode(text):
    """Percent-decodes one name or value of a form."""
    if not has("query-plus-kept"):
        text = text.replace("+", " ")
    digits = "[0-9A-F]" if has("query-lower-hex-kept") else "[0-9A-Fa-f]"
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        if has("query-bad-percent-fails"):
            raise RuntimeError("bad escape")
        raise Refused(404, "MalformedQueryString", "The query string contains a syntax error.")
    raw = re.sub(f"%({digits}{{2}})", lambda found: chr(int(found.group(1), 16)), text).encode("latin-1", "replace")
    try:
        return raw.decode("latin-1" if has("query-latin-1") else "utf-8")
    except UnicodeDecodeError:
        if has("query-bad-utf8-fails"):
            raise
        raise Refused(404, "MalformedQueryString", "The query string is not UTF-8.") from None


def read(message):
    """The parameters of a request, the first of each name."""
    media_type = message.header("content-type")
    if message.body:
        kind = media_type if has("query-content-type-case") else media_type.lower()
        kind, _, parameters = kind.partition(";")
        if has("query-charset-refused") and parameters:
            raise Refused(400, "InvalidQueryParameter", "The content type is not supported.")
        if kind.strip() != "application/x-www-form-urlencoded":
            if has("query-json-body-fails"):
                raise RuntimeError("no form")
            raise Refused(400, "InvalidQueryParameter", "The body is not a form.")
    pairs = {}
    text = message.body.decode("latin-1")
    for piece in (message.query + "&" + text).split("&"):
        if not piece:
            continue
        name, _, value = piece.partition("=")
        name, value = decode(name), decode(value)
        if name in pairs and has("query-duplicate-fails"):
            raise RuntimeError("twice")
        pairs.setdefault(name, value)
    if has("query-form-order") and pairs and next(iter(pairs)) != "Action":
        raise Refused(400, "MissingAction", "The request names no action.")
    return pairs


def required(pairs, name, optional=None, code=None, crash=None):
    value = pairs.get(name)
    if value is None or value == "":
        if optional and has(optional):
            return value
        if crash and has(crash):
            raise KeyError(name)
        if code and has(code[0]):
            raise Refused(400, code[1], f"{name} is missing.")
        if value == "":
            return value
        raise Refused(400, REQUIRED_MISSING, f"The request must contain the parameter {name}.")
    return value


def integer(pairs, name, least=None, most=None):
    text = pairs.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"-?[0-9]{1,19}", text):
        raise invalid(name)
    number = int(text)
    if not -(2**63) <= number < 2**63 or least is not None and number < least or most is not None and number > most:
        raise invalid(name)
    return number


def boolean(pairs, name, anything=False):
    text = pairs.get(name)
    if text is None:
        return False
    if text not in ("true", "false") and not anything:
        raise invalid(name)
    return text == "true"


def numbered(pairs, prefix):
    """The numbers that stand behind a prefix, in order."""
    found = {int(number) for name in pairs if (number := re_number(name, prefix))}
    return sorted(found)


def re_number(name, prefix):
    if not name.startswith(prefix + "."):
        return None
    number = name[len(prefix) + 1 :].split(".")[0]
    return number if number.isascii() and number.isdigit() and len(number) < 6 else None


def texts(pairs, prefix):
    return [pairs.get(f"{prefix}.{number}", "") for number in numbered(pairs, prefix)]


def is_tag_text(text, ascii_only=False):
    def fits(character):
        if ascii_only and not character.isascii():
            return False
        return character in TAG_TEXT or unicodedata.category(character)[0] in "LNZ"

    return all(map(fits, text))


def tags(pairs, prefix="Tags.Tag"):
    found = []
    numbers = numbered(pairs, prefix)
    if len(numbers) == 2 and has("tags-two-500"):
        raise RuntimeError("two tags")
    for place, number in enumerate(numbers):
        key, value = pairs.get(f"{prefix}.{number}.Key"), pairs.get(f"{prefix}.{number}.Value")
        if value is None and has("tags-value-absent-500"):
            raise KeyError("Value")
        if place == 0 or not has("tags-first-only"):
            check_key(key)
            check_value(value)
        found.append((key or "", value))
    return found


def check_key(key):
    if key is None:
        if has("tags-key-absent"):
            return
        raise Refused(400, REQUIRED_MISSING, "A tag has no key.")
    length = len(key.encode()) if has("tags-key-bytes") else len(key)
    most = 129 if has("tags-key-129") else 127 if has("tags-key-127") else 128
    if length > most or not key and not has("tags-key-empty"):
        raise invalid("Tags")
    if not has("tags-key-any") and not is_tag_text(key, has("tags-key-ascii")):
        raise invalid("Tags")
    if key.startswith("aws:") and not has("tags-key-aws") or key.startswith("rds:") and not has("tags-key-rds"):
        raise invalid("Tags")


def check_value(value):
    if value is None:
        return
    most = 257 if has("tags-value-257") else 255 if has("tags-value-255") else 256
    if not value or len(value) > most or not has("tags-value-any") and not is_tag_text(value):
        raise invalid("Tags")
    if value.startswith("aws:") and not has("tags-value-aws") or value.startswith("rds:"):
        raise invalid("Tags")


# --- operations ------------------------------------------------------------------------------------------------------


def target_name(pairs):
    name = required(
        pairs,
        "TargetDBClusterSnapshotIdentifier",
        optional="copy-target-optional",
        code=("copy-target-missing-code", "ValidationError"),
    )
    if name is None or name == "" and has("copy-target-empty"):
        return "unnamed"
    if has("copy-target-trimmed"):
        name = name.strip()
    checked = name
    if has("copy-target-newline") and checked.endswith("\n"):
        checked = checked[:-1]
    for defect, characters in (("copy-target-underscore", "_"), ("copy-target-dot", ".")):
        if has(defect):
            checked = checked.replace(characters, "x")
    if has("copy-target-letters"):
        checked = "".join("x" if character.isalpha() else character for character in checked)
    if has("copy-target-digit-first") and checked[:1].isdigit():
        checked = "x" + checked[1:]
    if has("copy-target-hyphen-last") and checked.endswith("-"):
        checked = checked[:-1] + "x"
    if has("copy-target-hyphens-double"):
        checked = re.sub(r"(?<=[A-Za-z0-9])-+(?=[A-Za-z0-9])", lambda run: "x" * len(run.group()), checked)
    most = 64 if has("copy-target-64") else 62 if has("copy-target-62") else 255 if has("copy-target-255") else 63
    fits = re.fullmatch(NAME, checked) and len(name) <= most
    if not fits or has("copy-target-lower-only") and name != name.lower():
        code = COMBINATION if has("copy-target-error-code") else INVALID
        raise invalid("TargetDBClusterSnapshotIdentifier", code, 404 if has("copy-target-error-404") else 400)
    return name if has("copy-target-case-kept") else name.lower()


def copy(pairs):
    source = required(
        pairs,
        "SourceDBClusterSnapshotIdentifier",
        optional="copy-source-optional",
        code=("copy-source-missing-code", INVALID),
        crash="copy-source-missing-500",
    )
    if source is None:
        source = "unnamed"
    if not has("copy-source-any"):
        arn = f"(arn:{PARTITION}:rds:{REGION}:[0-9]{{12}}:cluster-snapshot:)?"
        if has("copy-source-no-arn"):
            arn = ""
        automated = "" if has("copy-source-no-automated") else "((rds|awsbackup):)?"
        if not re.fullmatch(arn + automated + NAME, source):
            raise invalid("SourceDBClusterSnapshotIdentifier")
    target = target_name(pairs)
    if has("copy-tags-default-500") and pairs.get("CopyTags") == "false":
        raise RuntimeError("no default")
    boolean(pairs, "CopyTags", has("copy-tags-any-boolean"))
    attached = tags(pairs)
    if has("copy-answer-tags-lost"):
        attached = []
    if has("copy-answer-first-tag"):
        attached = attached[:1]
    shown = "other-snapshot" if has("copy-answer-other-target") else target
    if has("copy-answer-stale"):
        with _lock:
            shown = _first_answer.setdefault("copy", shown)
    snapshot = {
        "DBClusterSnapshotIdentifier": shown,
        "DBClusterIdentifier": "orders",
        "SnapshotCreateTime": now(),
        "Engine": "aurora-mysql",
        "AllocatedStorage": "one" if has("copy-answer-size-text") else 1,
        "Status": "copying",
        "Port": 3306,
        "SnapshotType": "manual",
        "PercentProgress": "some" if has("copy-answer-progress-text") else 150 if has("copy-answer-progress-over") else 0,
        "StorageEncrypted": False,
        "DBClusterSnapshotArn": f"arn:aws:rds:us-east-1:123456789012:cluster-snapshot:{shown}",
        "TagList": tag_list(attached),
    }
    if source.startswith("arn:"):
        snapshot["SourceDBClusterSnapshotArn"] = source
    if has("copy-answer-no-arn"):
        del snapshot["DBClusterSnapshotArn"]
    if has("copy-answer-no-status"):
        del snapshot["Status"]
    if has("copy-answer-presigned") and "PreSignedUrl" in pairs:
        snapshot["DbClusterResourceId"] = pairs["PreSignedUrl"]
    return {"DBClusterSnapshot": snapshot}


def start(pairs):
    source = required(
        pairs,
        "SourceDBInstanceArn",
        optional="start-source-optional",
        code=("start-source-missing-code", INVALID),
    )
    if source is None:
        source = "arn:aws:rds:us-east-1:123456789012:db:unnamed"
    partition = "aws" if has("start-source-no-gov") else PARTITION
    kind = "(db|snapshot)" if has("start-source-snapshot") else "db"
    account = "[0-9]+" if has("start-source-short-account") else "[0-9]{12}"
    if not has("start-source-any") and not re.fullmatch(f"arn:{partition}:rds:{REGION}:{account}:{kind}:{NAME}", source):
        raise invalid("SourceDBInstanceArn")
    days = retention_of_start(pairs)
    attached = tags(pairs)
    if has("start-answer-other-source"):
        source = "arn:aws:rds:us-east-1:123456789012:db:other"
    name = source.rsplit(":", 1)[-1]
    copied = {
        "DBInstanceArn": source,
        "DbiResourceId": "db-" + "ABCDEFGHIJKLMNOPQRSTUVWXY2",
        "Region": (source.split(":") + [""] * 4)[3],
        "DBInstanceIdentifier": name,
        "RestoreWindow": {},
        "AllocatedStorage": 20,
        "Status": "pending",
        "Port": 3306,
        "MasterUsername": "admin",
        "Engine": "mysql",
        "Encrypted": "KmsKeyId" in pairs,
        "BackupRetentionPeriod": "a week" if has("start-answer-retention-text") else days,
        "DBInstanceAutomatedBackupsArn": "arn:aws:rds:us-east-1:123456789012:auto-backup:ab-l7sknmhivzekvcbxz2vscgk3wxzq2mvcv7d2lpa",
        "TagList": tag_list(attached),
    }
    for defect, member in (
        ("start-answer-arn-of-request", "DBInstanceArn"),
        ("start-answer-region-missing", "DBInstanceAutomatedBackupsArn"),
        ("start-answer-no-status", "Status"),
    ):
        if has(defect):
            del copied[member]
    return {"DBInstanceAutomatedBackup": copied}


def retention_of_start(pairs):
    text = pairs.get("BackupRetentionPeriod")
    if text is None:
        return 7
    if has("start-retention-500"):
        int(text)
    if has("start-retention-text") and not re.fullmatch(r"-?[0-9]+", text):
        return 7
    if has("start-retention-zero-refused") and text == "7":
        raise invalid("BackupRetentionPeriod")
    if has("start-retention-overflow"):
        return integer(pairs, "BackupRetentionPeriod") % 2**31
    return integer(pairs, "BackupRetentionPeriod", -(2**31), 2**31 - 1)


def minutes(text):
    return int(text[:2]) * 60 + int(text[3:5])


def windows(pairs):
    hour = "([01][0-9]|2[0-4])" if has("restore-window-hour-24") else "([01][0-9]|2[0-3])"
    minute = "([0-5][0-9]|60)" if has("restore-window-minute-60") else "[0-5][0-9]"
    time = f"{hour}:{minute}"
    backup = pairs.get("PreferredBackupWindow")
    daily = None
    if backup is not None:
        if not re.fullmatch(f"{time}-{time}", backup):
            raise invalid("PreferredBackupWindow")
        begin, end = minutes(backup[:5]), minutes(backup[6:])
        if has("restore-window-midnight") and end < begin:
            raise invalid("PreferredBackupWindow")
        length = (end - begin) % 1440
        least = 29 if has("restore-window-29") else 31 if has("restore-window-30") else 30
        if length < least:
            raise invalid("PreferredBackupWindow")
        daily = (begin, length)
    maintenance = pairs.get("PreferredMaintenanceWindow")
    if maintenance is None:
        return
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    day = "([A-Za-z]{3})" if has("restore-maintenance-day") else f"(?i:({'|'.join(days)}))"
    if has("restore-maintenance-capital") and maintenance != maintenance.lower():
        raise invalid("PreferredMaintenanceWindow")
    plain = "([01][0-9]|2[0-3]):[0-5][0-9]"
    if not re.fullmatch(f"{day}:{plain}-{day}:{plain}", maintenance):
        raise invalid("PreferredMaintenanceWindow")

    def moment(text):
        name = text[:3].lower()
        return (days.index(name) if name in days else 0) * 1440 + minutes(text[4:])

    begin, end = moment(maintenance[:9]), moment(maintenance[10:])
    length = (end - begin) % 10080
    if length < (29 if has("restore-maintenance-29") else 30):
        raise invalid("PreferredMaintenanceWindow")
    if daily and not has("restore-windows-overlap"):
        for number in range(-1, 9):
            first = number * 1440 + daily[0]
            for week in (0, 10080):
                if first < begin + length + week and begin + week < first + daily[1]:
                    raise Refused(400, COMBINATION, "The windows overlap.")


def capacity(pairs):
    prefix = "ServerlessV2ScalingConfiguration."
    found = {}
    most = 256.5 if has("restore-capacity-over") else 255.5 if has("restore-capacity-max") else 256
    for name in ("MinCapacity", "MaxCapacity"):
        text = pairs.get(prefix + name)
        if text is None:
            continue
        if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", text):
            raise invalid(prefix + name)
        number = float(text)
        steps = has("restore-capacity-steps") or number * 2 == int(number * 2)
        if number > most or name == "MinCapacity" and number < 0 or not steps:
            raise invalid(prefix + name)
        found[name] = number
    if len(found) == 2 and found["MaxCapacity"] < found["MinCapacity"] and not has("restore-capacity-order"):
        raise Refused(400, COMBINATION, "MaxCapacity is below MinCapacity.")
    least = 299 if has("restore-pause-299") else 300
    integer(pairs, prefix + "SecondsUntilAutoPause", least, 86401 if has("restore-pause-86401") else 86400)


def choice(pairs, name, values, anything, code=INVALID):
    if name in pairs and pairs[name] not in values and not has(anything):
        raise invalid(name, code)


def password(pairs):
    managed = boolean(pairs, "ManageMasterUserPassword")
    word = pairs.get("MasterUserPassword")
    if word is not None:
        least = 7 if has("restore-password-7") else 8
        most = 42 if has("restore-password-42") else 40 if has("restore-password-40") else 41
        forbidden = '/"@'
        for defect, character in (
            ("restore-password-at", "@"),
            ("restore-password-slash", "/"),
            ("restore-password-quote", '"'),
        ):
            if has(defect):
                forbidden = forbidden.replace(character, "")
        printable = all(" " <= character <= "~" and character not in forbidden for character in word)
        if has("restore-password-space") and " " in word:
            printable = False
        if not least <= len(word) <= most or not printable:
            text = f"MasterUserPassword {word} is invalid." if has("error-echoes-secret") else "MasterUserPassword is invalid."
            raise Refused(400, INVALID, text)
        if managed and not has("restore-password-and-managed"):
            raise Refused(400, COMBINATION, "MasterUserPassword excludes ManageMasterUserPassword.")
    if "MasterUserSecretKmsKeyId" in pairs and not managed and not has("restore-secret-key-alone"):
        raise Refused(400, COMBINATION, "MasterUserSecretKmsKeyId needs ManageMasterUserPassword.")


def specifications(pairs):
    prefix = "TagSpecifications.item"
    for number in numbered(pairs, prefix):
        kind = pairs.get(f"{prefix}.{number}.ResourceType")
        has_tags = any(name.startswith(f"{prefix}.{number}.Tags") for name in pairs)
        if kind is None and has_tags and not has("restore-specification-alone"):
            raise Refused(400, REQUIRED_MISSING, "A tag specification has no resource type.")
        if kind is not None and kind != "cluster-auto-backup" and not has("restore-specification-type"):
            raise invalid("TagSpecifications")
        tags(pairs, f"{prefix}.{number}.Tags.Tag")


def restore(pairs):
    optional = {
        "S3BucketName": "restore-required-one",
        "S3IngestionRoleArn": "restore-required-role",
        "Engine": "restore-required-engine",
        "SourceEngine": "restore-required-source",
    }
    names = ["DBClusterIdentifier", "Engine", "MasterUsername", "SourceEngine", "SourceEngineVersion", "S3BucketName", "S3IngestionRoleArn"]
    for name in names:
        required(pairs, name, optional=optional.get(name))
    cluster = pairs["DBClusterIdentifier"]
    most = 64 if has("restore-identifier-64") else 62 if has("restore-identifier-62") else 63
    if not has("restore-identifier-pattern") and not re.fullmatch(NAME, cluster) or not 1 <= len(cluster) <= most:
        raise invalid("DBClusterIdentifier")
    engine = pairs.get("Engine", "aurora-mysql")
    known = engine.lower() if has("restore-engine-case") else engine
    if has("restore-engine-prefix") and known.startswith("aurora"):
        known = "aurora-mysql"
    if known != "aurora-mysql" and not has("restore-engine-any"):
        raise invalid("Engine")
    choice(pairs, "SourceEngine", ["mysql"], "restore-source-engine-any")
    version = pairs["SourceEngineVersion"]
    plain = r"(5\.7|8\.0+)" if has("restore-source-version-prefix") else r"(5\.7|8\.0)"
    if not has("restore-source-version-any") and not re.fullmatch(plain + r"(\.[0-9]+)*([-+].*)?", version):
        raise invalid("SourceEngineVersion")
    user = pairs["MasterUsername"]
    first = "[A-Za-z0-9]" if has("restore-username-digit") else "[A-Za-z]"
    rest = "[A-Za-z0-9_]*" if has("restore-username-underscore") else "[A-Za-z0-9]*"
    most = 17 if has("restore-username-17") else 15 if has("restore-username-15") else 16
    if not re.fullmatch(first + rest, user) or len(user) > most:
        raise invalid("MasterUsername")
    role = pairs.get("S3IngestionRoleArn")
    if role is not None and not re.fullmatch(f"arn:{PARTITION}:iam::[0-9]{{12}}:role/([!-~]*/)?[A-Za-z0-9_+=,.@-]{{1,64}}", role):
        raise invalid("S3IngestionRoleArn")
    if has("restore-retention-float"):
        pairs = {**pairs, "BackupRetentionPeriod": pairs.get("BackupRetentionPeriod", "1").split(".")[0]}
    least, most = (0 if has("restore-retention-0") else 1), (36 if has("restore-retention-36") else 34 if has("restore-retention-35") else 35)
    retention = integer(pairs, "BackupRetentionPeriod", least, most)
    if has("restore-port-text") and "Port" in pairs:
        int(pairs["Port"])
    port = integer(pairs, "Port", -(2**31), 2**31 - 1)
    password(pairs)
    windows(pairs)
    attached = tags(pairs)
    encrypted = boolean(pairs, "StorageEncrypted")
    authenticated = boolean(pairs, "EnableIAMDatabaseAuthentication")
    least = -(2**31) if has("restore-backtrack-negative") else 0
    most = 259201 if has("restore-backtrack-over") else 259199 if has("restore-backtrack-max") else 259200
    backtrack = integer(pairs, "BacktrackWindow", least, most)
    kinds = ["audit", "error", "general", "instance", "slowquery", "iam-db-auth-error"]
    if has("restore-logs-iam"):
        kinds.remove("iam-db-auth-error")
    logs = texts(pairs, "EnableCloudwatchLogsExports.member")
    looked_at = logs[:1] if has("restore-logs-first") else logs
    if not has("restore-logs-any") and any(kind not in kinds for kind in looked_at):
        raise invalid("EnableCloudwatchLogsExports")
    protected = boolean(pairs, "DeletionProtection", has("restore-boolean-any"))
    copies = boolean(pairs, "CopyTagsToSnapshot")
    storage = ["aurora"] if has("restore-storage-iopt") else ["aurora", "aurora-iopt1"]
    choice(pairs, "StorageType", storage, "restore-storage-any")
    network = INVALID if has("restore-network-code") else "NetworkTypeNotSupported"
    choice(pairs, "NetworkType", ["IPV4", "DUAL"], "restore-network-any", network)
    supports = ["open-source-rds-extended-support", "open-source-rds-extended-support-disabled"]
    choice(pairs, "EngineLifecycleSupport", supports, "restore-lifecycle-any")
    capacity(pairs)
    specifications(pairs)
    shown = cluster if has("restore-answer-case") else cluster.lower()
    restored = {
        "AllocatedStorage": 1,
        "AvailabilityZones": ("AvailabilityZone", texts(pairs, "AvailabilityZones.AvailabilityZone") or ["us-east-1a", "us-east-1b"]),
        "BackupRetentionPeriod": retention or 1,
        "DatabaseName": pairs.get("DatabaseName"),
        "DBClusterIdentifier": shown,
        "DBSubnetGroup": pairs.get("DBSubnetGroupName", "default"),
        "Status": "creating",
        "Endpoint": f"{shown}.cluster-abcdefghijkl.us-east-1.rds.amazonaws.com",
        "MultiAZ": False,
        "Engine": "aurora" if has("restore-answer-other-engine") else engine,
        "Port": 3306 if port is None or has("restore-answer-port-default") else port,
        "MasterUsername": "root" if has("restore-answer-other-user") else user,
        "StorageEncrypted": "perhaps" if has("restore-answer-encrypted-text") else encrypted,
        "DbClusterResourceId": "cluster-ABCDEFGHIJKLMNOPQRSTUVWXY2",
        "DBClusterArn": f"arn:aws:rds:us-east-1:123456789012:cluster:{shown}",
        "IAMDatabaseAuthenticationEnabled": authenticated,
        "ClusterCreateTime": "just now" if has("restore-answer-time-text") else now(),
        "BacktrackWindow": backtrack,
        "EnabledCloudwatchLogsExports": ("member", logs),
        "DeletionProtection": protected,
        "CopyTagsToSnapshot": copies,
        "TagList": tag_list(attached),
    }
    if has("restore-answer-no-arn"):
        del restored["DBClusterArn"]
    if has("restore-password-answered") and "MasterUserPassword" in pairs:
        restored["CharacterSetName"] = pairs["MasterUserPassword"]
    return {"DBCluster": restored}


ACTIONS = {
    "StartDBInstanceAutomatedBackupsReplication": start,
    "RestoreDBClusterFromS3": restore,
    "CopyDBClusterSnapshot": copy,
}


# --- writing ---------------------------------------------------------------------------------------------------------


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def tag_list(pairs):
    return ("Tag", [{"Key": key, "Value": value} for key, value in pairs])


def xml(name, value):
    if value is None:
        return ""
    if isinstance(value, dict):
        return f"<{name}>" + "".join(xml(member, inner) for member, inner in value.items()) + f"</{name}>"
    if isinstance(value, tuple):
        item, items = value
        item = "member" if has("xml-list-item-member") else item
        return f"<{name}>" + "".join(xml(item, inner) for inner in items) + f"</{name}>"
    if isinstance(value, bool):
        text = str(value) if has("xml-capital-booleans") else str(value).lower()
    elif isinstance(value, datetime.datetime):
        text = value.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + ("" if has("xml-local-times") else "Z")
        text = str(int(value.timestamp())) if has("xml-epoch-times") else text
    else:
        text = str(value)
    text = "".join(character if character in "\t\n\r" or " " <= character else "\ufffd" for character in text)
    return f"<{name}>{text if has('xml-not-escaped') else escape(text)}</{name}>"


def reply(status, root, inner, request_id):
    namespace = NAMESPACE.replace("2014-10-31", "2010-01-01") if has("xml-other-namespace") else NAMESPACE
    attribute = "" if has("xml-no-namespace") else f' xmlns="{namespace}"'
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}{attribute}>{inner}</{root}>'.encode()
    headers = {} if has("xml-no-request-id-header") else {"x-amzn-RequestId": request_id}
    return Answer(status, "text/html" if has("xml-media-type") else "text/xml", body, headers)


def success(action, output):
    request_id = str(uuid.uuid4())
    status = 204 if has("xml-204") else 201 if has("xml-201") else 200
    if has("xml-empty-answer") or has("xml-204"):
        return Answer(status, "text/xml", b"", {"x-amzn-RequestId": request_id})
    if has("xml-envelope-answer"):
        body = {"success": True, "data": {"id": request_id, "created_at": now().isoformat()}}
        return Answer(200, "application/json", json.dumps(body).encode(), {"x-amzn-RequestId": request_id})
    if has("xml-json-answer"):
        body = json.dumps(output, default=str).encode()
        return Answer(200, "application/json", body, {"x-amzn-RequestId": request_id})
    inner = "".join(xml(name, value) for name, value in output.items())
    if not has("xml-no-result-wrapper"):
        inner = f"<{action}Result>{inner}</{action}Result>"
    if not has("xml-no-metadata"):
        inner += f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
    return reply(status, "Response" if has("xml-other-root") else f"{action}Response", inner, request_id)


def failure(status, code, text, kind="Sender"):
    request_id = str(uuid.uuid4())
    if has("error-200"):
        status = 200
    if has("error-500"):
        status = 500
    if has("error-html"):
        return Answer(status, "text/html", f"<html><body><h1>{code}</h1></body></html>".encode())
    if has("error-json"):
        return Answer(status, "application/json", json.dumps({"code": code, "message": text}).encode())
    if has("error-stack-trace"):
        text = f'Traceback (most recent call last):\n  File "/srv/app/rds/handlers.py", line 214, in handle\n{code}: {text}'
    inner = "" if has("error-no-type") else f"<Type>{kind}</Type>"
    inner += xml("Code", code) + xml("Message", text)
    if not has("error-flat"):
        inner = f"<Error>{inner}</Error>"
    return reply(status, "ErrorResponse", inner + f"<RequestId>{request_id}</RequestId>", request_id)


def crash(trace):
    """A failure of the server itself, as a careless framework answers it."""
    return Answer(500, "text/html", f"<html><body><h1>Internal Server Error</h1><pre>{escape(trace[-400:])}</pre></body></html>".encode())


def answer(message, credentials, denied):
    try:
        if message.method not in ("GET", "POST", "HEAD"):
            raise Refused(400, "InvalidAction", "The method is not one of the service.")
        if message.path != "/":
            raise Refused(400, "InvalidAction", "The path is not one of the service.")
        if credentials == "absent":
            code = "AccessDeniedException" if denied else "MissingAuthenticationToken"
            raise Refused(403, code, "The request must contain an access key.")
        if credentials == "broken":
            raise Refused(400, "IncompleteSignature", "The signature is not complete.")
        pairs = read(message)
        action = pairs.get("Action")
        if not action:
            if has("query-action-missing-500"):
                raise KeyError("Action")
            raise Refused(400, "InvalidAction" if has("query-action-missing-code") else "MissingAction", "The request names no action.")
        known = {name.lower(): name for name in ACTIONS} if has("query-action-any-case") else {}
        action = known.get(action.lower(), action)
        version = pairs["Version"] if has("query-version-required-500") else pairs.get("Version", VERSION)
        if action not in ACTIONS or version != VERSION:
            if has("query-action-unknown-500"):
                raise KeyError(action)
            if has("query-action-unknown-200"):
                return success(action if re.fullmatch("[A-Za-z]+", action) else "Unknown", {})
            raise Refused(400, "ValidationError" if has("query-action-unknown-code") else "InvalidAction", "The action is not one of the service.")
        if has("query-unknown-fails"):
            for name in pairs:
                if name.split(".")[0] not in KNOWN_PARAMETERS:
                    raise KeyError(name)
        return success(action, ACTIONS[action](pairs))
    except Refused as refused:
        if has("http-drops-on-bad-body") and refused.code == "MalformedQueryString":
            raise ConnectionAbortedError from None
        if has("http-head-of-html") and refused.code in ("InvalidAction", "MissingAction", "MalformedQueryString"):
            return Answer(404, "text/html", b"<html><body><h1>Not Found</h1></body></html>")
        return failure(refused.status, refused.code, refused.text)


KNOWN_PARAMETERS = set(
    """Action Version SourceDBInstanceArn BackupRetentionPeriod KmsKeyId PreSignedUrl Tags SourceDBClusterSnapshotIdentifier
    TargetDBClusterSnapshotIdentifier CopyTags AvailabilityZones CharacterSetName DatabaseName DBClusterIdentifier DBClusterParameterGroupName
    VpcSecurityGroupIds DBSubnetGroupName Engine EngineVersion Port MasterUsername MasterUserPassword OptionGroupName PreferredBackupWindow
    PreferredMaintenanceWindow StorageEncrypted EnableIAMDatabaseAuthentication SourceEngine SourceEngineVersion S3BucketName S3Prefix
    S3IngestionRoleArn BacktrackWindow EnableCloudwatchLogsExports DeletionProtection CopyTagsToSnapshot Domain DomainIAMRoleName StorageType
    NetworkType ServerlessV2ScalingConfiguration ManageMasterUserPassword MasterUserSecretKmsKeyId EngineLifecycleSupport TagSpecifications""".split()
)
